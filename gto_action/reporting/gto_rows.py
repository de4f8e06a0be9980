"""Tables as gto prints them.

Source: what gto 1.10.1 prints. docs/differences.md lists where we differ, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gto_action.registry.annotated_commits import AnnotatedCommit, Commit
from gto_action.registry.events import Event
from gto_action.registry.queries import (
    HistoryEntry,
    ListOptions,
    VersionEntry,
    shown_by_stages,
    version_at,
)
from gto_action.registry.replay import Registry
from gto_action.reporting.rows import Row, Rows, event_row, in_table
from gto_action.reporting.sentence import short
from gto_action.util.text import escape_control_characters

MISSING = "-"
"""The content of an empty cell."""


def registry_rows(
    registry: Registry,
    found: Sequence[AnnotatedCommit],
    options: ListOptions,
    stages: Sequence[str],
) -> Rows:
    """Return a row for each artifact, in the order of their names."""
    rows: list[Row] = []
    for name in sorted({*registry.artifacts, *(annotated.name for annotated in found)}):
        artifact = registry.artifacts.get(name)
        if artifact and not artifact.active and not options.deprecated:
            continue
        versions = shown_by_stages(registry, name, options) if artifact else {}
        shown = (", ".join(map(short, versions.get(stage, ()))) for stage in stages)
        latest = artifact.latest if artifact else None
        cells = (latest, *shown)
        rows.append((_marked(registry, name), *(cell or MISSING for cell in cells)))
    return Rows(
        ("name", "latest", *(f"#{escape_control_characters(stage)}" for stage in stages)),
        tuple(rows),
    )


def versions_rows(registry: Registry, selected: Iterable[tuple[VersionEntry, list[str]]]) -> Rows:
    """Return a row for each version."""
    rows = (
        (
            _marked(registry, version.artifact),
            short(version.name),
            ", ".join(shown_in),
            in_table(version.origin().created_at),
            _ref(version.origin()),
        )
        for version, shown_in in selected
    )
    return Rows(("artifact", "version", "stage", "created_at", "ref"), tuple(rows))


HISTORY = ("timestamp", "artifact", "event", "version", "stage", "commit", "ref")
"""The heading of a journal."""


def history_row(registry: Registry, entry: HistoryEntry) -> Row:
    """Return the row of an event, or of a commit that changed an annotation."""
    if isinstance(entry, AnnotatedCommit):
        commit = entry.commit
        version, sha = short(version_at(registry, entry)), short(commit.sha)
        return (in_table(commit.created_at), entry.name, "commit", version, MISSING, sha, sha)
    return event_row(entry, MISSING)


def _marked(registry: Registry, name: str) -> str:
    return name if name in registry.artifacts else f"*{name}"


def _ref(origin: Event | Commit) -> str:
    return short(origin.sha) if isinstance(origin, Commit) else origin.tag.name
