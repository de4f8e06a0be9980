"""The job summary of a change of the registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gto_action.interpretation import Interpretation
from gto_action.registry.replay import Registry
from gto_action.reporting.markdown import (
    Links,
    code,
    folded,
    markdown_table,
    table_of,
    within_limit,
)
from gto_action.reporting.rows import Row, registry_rows
from gto_action.reporting.tag_summary import headline

MAX_ROWS = 100
"""The most rows of each table."""


def apply_summary(
    interpretations: Sequence[Interpretation],
    deleted: Sequence[str],
    registry: Registry,
    *,
    dry_run: bool,
) -> str:
    """Return the job summary of the events of new tags, and of deleted tags.

    ``registry`` is the one after the change; in a dry run nothing was changed.
    """
    parts = [f"### {_heading(interpretations, deleted, dry_run=dry_run)}"]
    if interpretations:
        parts.append(table_of(("event", "tag", "commit", "annotation"), _rows(interpretations)))
        cut = len(interpretations) - MAX_ROWS
        if cut > 0:
            parts.append(f"… and {cut} more")
    parts += (f"Deleted: {code(tag)}" for tag in deleted[:MAX_ROWS])
    stages = markdown_table(registry_rows(registry, MAX_ROWS))
    title = "What each stage would show" if dry_run else "What each stage shows now"
    parts.append(
        folded(title, stages) if len(registry.artifacts) > _FEW else f"{title}\n\n{stages}"
    )
    return "\n\n".join(within_limit(parts)) + "\n"


def _heading(
    interpretations: Sequence[Interpretation], deleted: Sequence[str], *, dry_run: bool
) -> str:
    counts = [
        f"{len(changed)} {noun}{'' if len(changed) == 1 else 's'} {change}"
        for changed, noun, change in (
            (interpretations, "event", "would be created" if dry_run else "created"),
            (deleted, "tag", "would be deleted" if dry_run else "deleted"),
        )
        if changed
    ]
    return ", ".join(counts) or "Nothing to do: the registry is as requested"


def _rows(interpretations: Sequence[Interpretation]) -> Iterator[Row]:
    for interpretation in interpretations[:MAX_ROWS]:
        replayed = interpretation.replayed
        assert replayed
        event, links = replayed.event, Links.of(interpretation.source_url)
        file = interpretation.annotation.file if interpretation.annotation else ""
        yield (
            headline(replayed),
            links.to(code(event.tag.name), "tree", event.tag.name),
            links.to(code(event.commit[:7]), "commit", event.commit),
            links.to(code(file), "blob", event.commit, file) if file else "",
        )


_FEW = 10
