"""The job summary in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from gto_action.registry.replay import Artifact, Registry, ReplayedEvent
from gto_action.registry.tag_names import EventKind
from gto_action.reporting.mermaid import mermaid
from gto_action.reporting.outputs import Outputs
from gto_action.reporting.rows import (
    Row,
    Rows,
    artifact_rows,
    history_rows,
    in_table,
    registry_rows,
)
from gto_action.reporting.sentence import short
from gto_action.reporting.table import cut
from gto_action.util.text import escape_control_characters

MAX_ROWS = 100
"""The most rows of each table."""
LARGEST = 1_000_000
"""The most bytes of the summary, a little under GitHub's 1 MiB."""
MAX_CELL = 1000
"""The most characters of a cell."""


@dataclass(frozen=True, slots=True)
class Links:
    """The URLs of the repository's pages; without a ``base`` there are no links."""

    base: str = ""

    @classmethod
    def of(cls, url: str) -> Links:
        """Return the links of the repository at a URL, if its server has web pages."""
        return cls(url if _WEB_PAGE.fullmatch(url) else "")

    def to(self, text: str, kind: str, *path: str) -> str:
        """Return Markdown as a link to a page, if there are pages."""
        if not self.base:
            return text
        return f"[{text}]({'/'.join((self.base, kind, *(quote(part) for part in path)))})"


def summary(
    registry: Registry,
    replayed: ReplayedEvent | None,
    outputs: Outputs,
    reason: str,
    links: Links = Links(),
) -> str:
    """Return the job summary; ``reason`` is why there is no event, if there is none."""
    history = _table(history_rows(registry.newest(MAX_ROWS), len(registry)))
    all_artifacts = _table(registry_rows(registry, MAX_ROWS))
    if replayed:
        artifact = registry.artifacts[replayed.event.name]
        parts = [
            f"### {_headline(replayed)}",
            _facts(replayed, artifact, outputs, links),
            *_message(outputs),
            *_diagram(artifact),
            f"#### {_code(artifact.name)}",
            _table(artifact_rows(artifact, MAX_ROWS)),
            _folded("Outputs", _outputs(outputs)),
            _folded("Registry", all_artifacts),
        ]
    else:
        parts = [_escape(reason), "#### Registry", all_artifacts]
    return "\n\n".join(_within_limit([*parts, _folded("History", history)])) + "\n"


def _headline(replayed: ReplayedEvent) -> str:
    """Return what happened: `churn` `v1.0.0` → `v1.1.0` in `prod`."""
    event = replayed.event
    name, version = _code(event.name), _code(short(replayed.version or ""))
    previous = _code(short(replayed.previous_version or ""))
    stage = _code(event.parts.stage or "")
    match event.kind:
        case EventKind.ASSIGNMENT:
            moved = f"{previous} → {version}" if previous not in {"", version} else version
            return f"{name} {moved} in {stage}{' again' if previous == version else ''}"
        case EventKind.UNASSIGNMENT:
            is_moved = previous not in {"", version}
            outcome = f" → {previous} in {stage}" if is_moved else f" removed from {stage}"
        case EventKind.DEREGISTRATION:
            outcome = " deregistered"
        case EventKind.REGISTRATION:
            outcome = f" registered{f', after {previous}' if previous else ''}"
        case _:
            return f"{name} deprecated"
    return f"{name} {version}{outcome}"


def _facts(replayed: ReplayedEvent, artifact: Artifact, outputs: Outputs, links: Links) -> str:
    """Return a line about the event: whether it is current, its author and time, and links."""
    event = replayed.event
    commit = links.to(_code(short(event.commit)), "commit", event.commit)
    facts = [
        "**Current**" if outputs.current else f"**Stale**: {_replacement(replayed, artifact)}",
        f"by {_escape(event.tag.author or 'unknown')}, {in_table(event.created_at)}",
        f"tag {links.to(_code(event.tag.name), 'tree', event.tag.name)}",
        f"commit {commit}",
    ]
    if outputs.annotation_file:
        file = outputs.annotation_file
        facts.append(f"annotation {links.to(_code(file), 'blob', event.commit, file)}")
    return " · ".join(facts)


def _replacement(replayed: ReplayedEvent, artifact: Artifact) -> str:
    stage = replayed.event.parts.stage
    if not artifact.active:
        return "the artifact is deprecated"
    if not stage:
        return "a newer event has undone or replaced it"
    shown = artifact.stages.get(stage)
    return f"{_code(stage)} shows {_code(short(shown)) if shown else 'nothing'} now"


def _message(outputs: Outputs) -> list[str]:
    return [f"Message: {_escape(outputs.message)}"] if outputs.message else []


def _diagram(artifact: Artifact) -> list[str]:
    diagram = mermaid(artifact)
    return [f"```mermaid\n{diagram}\n```"] if diagram else []


def _outputs(outputs: Outputs) -> str:
    texts = outputs.texts()
    del texts["json"]
    cells = (
        (name, _code(text) if name in _NAME_OUTPUTS else _escape(text))
        for name, text in texts.items()
        if text
    )
    return _lines(("output", "value"), cells)


def _within_limit(parts: list[str]) -> list[str]:
    """Return the parts that fit; GitHub refuses a summary over 1 MiB as a whole."""
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part.encode(errors="replace")) + 2
        if size > LARGEST:
            return [*kept, "… the rest was cut: GitHub shows no more than 1 MiB."]
        kept.append(part)
    return kept


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _table(rows: Rows) -> str:
    if not rows.rows:
        return "Nothing yet."
    writers = [_code_list if _is_of_names(title) else _escape for title in rows.heading]
    cells = (
        tuple(write(cell) for write, cell in zip(writers, row, strict=True)) for row in rows.rows
    )
    return "\n\n".join([_lines(tuple(map(_escape, rows.heading)), cells), *cut(rows)])


def _lines(heading: Row, rows: Iterable[Row]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = (heading, ("---",) * len(heading), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _is_of_names(title: str) -> bool:
    """Return whether a column holds names, versions, tags or SHAs."""
    return title in _NAMES or title.startswith("#")


def _code_list(text: str) -> str:
    return ", ".join(map(_code, text.split(", "))) if text else ""


def _code(text: str) -> str:
    """Return a name, version, tag or SHA as a code span, and anything else as escaped text."""
    return f"`{text}`" if _NAME.fullmatch(text) and len(text) <= MAX_CELL else _escape(text)


def _escape(text: str) -> str:
    """Return text in which nothing is markup of Markdown or HTML.

    What would be markup, a link, a mention or an emoji becomes a character reference; a line break
    becomes a visible one, and a control character an escape. Source: GitHub Flavored Markdown.
    """
    short_text = text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", short_text)
    return "<br>".join(_MARKUP.sub(_reference, escape_control_characters(line)) for line in lines)


def _reference(match: re.Match[str]) -> str:
    """Return a character reference; an @ is separated, or it would make an address."""
    reference = f"&#{ord(match[0])};"
    return f"<!-- -->{reference}<!-- -->" if match[0] == "@" else reference


_NAME_OUTPUTS = frozenset(
    {
        *("name", "version", "stage", "tag", "commit", "annotation-file", "previous-version"),
        *("slug", "image-name", "image-tag"),
    }
)
_NAMES = frozenset({"name", "latest", "version", "stage", "tag", "commit", "artifact"})
_NAME = re.compile(r"[A-Za-z0-9_./+@#!=:-]+")
_WEB_PAGE = re.compile(
    r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._-]+)*/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+"
)
_MARKUP = re.compile(
    r"[&<>\\`*\[\]|~$^@]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # emphasis; not between the letters of a word
    r"|#(?=[0-9])|(?<=GH)-(?=[0-9])"  # an issue
    r"|(?<=www)\."
    # a URL or an emoji; not in a time
    r"|:(?=\S)(?!(?<=[0-9]:)[0-9]{2}(?![0-9]))",
    re.IGNORECASE,
)
