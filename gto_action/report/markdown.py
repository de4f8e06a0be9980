"""The job summary: Markdown for a person."""

from __future__ import annotations

import re

from gto_action.registry.state import Artifact, Occurrence, Registry
from gto_action.report.mermaid import mermaid
from gto_action.report.outputs import Outputs
from gto_action.report.rows import Rows, artifact_rows, history_rows, registry_rows
from gto_action.report.sentence import sentence
from gto_action.report.table import cut
from gto_action.visible import visible

MOST_ROWS = 100
"""The most rows of each table."""
LARGEST = 1_000_000
"""The most bytes of the summary, a little under GitHub's 1 MiB."""
LONGEST_CELL = 1000
"""The most characters of a cell."""


def summary(
    registry: Registry, occurrence: Occurrence | None, outputs: Outputs, reason: str
) -> str:
    """Write the job summary; ``reason`` says why there is no event where there is none."""
    parts = [f"### {_escape(_capital(sentence(occurrence) if occurrence else reason))}"]
    if occurrence:
        artifact = registry.artifacts[occurrence.event.name]
        parts.append(_facts(outputs))
        parts += _artifact(artifact)
    parts += ["#### Registry", _table(registry_rows(registry, MOST_ROWS))]
    parts.append(
        _folded("History", _table(history_rows(registry.newest(MOST_ROWS), len(registry))))
    )
    return "\n\n".join(_within_limit(parts)) + "\n"


def _within_limit(parts: list[str]) -> list[str]:
    """Keep the parts that fit; GitHub refuses a summary over 1 MiB as a whole."""
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part.encode(errors="replace")) + 2
        if size > LARGEST:
            return [*kept, "… the rest was cut: GitHub shows no more than 1 MiB."]
        kept.append(part)
    return kept


def _facts(outputs: Outputs) -> str:
    texts = outputs.texts()
    del texts["json"]
    rows = tuple((name, text) for name, text in texts.items() if text)
    return _table(Rows(("output", "value"), rows))


def _artifact(artifact: Artifact) -> list[str]:
    parts = [f"#### {_escape(artifact.name)}", _table(artifact_rows(artifact, MOST_ROWS))]
    picture = mermaid(artifact)
    if picture:
        parts.append(f"```mermaid\n{picture}\n```")
    return parts


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _table(rows: Rows) -> str:
    if not rows.rows:
        return "Nothing yet."
    lines = [rows.heading, ("---",) * len(rows.heading)]
    text = "\n".join(
        f"| {' | '.join(cells)} |"
        for cells in (
            tuple(map(_escape, lines[0])),
            lines[1],
            *(tuple(map(_escape, row)) for row in rows.rows),
        )
    )
    return "\n\n".join([text, *cut(rows)])


def _escape(text: str) -> str:
    """Write a text so that Markdown and HTML take nothing in it for theirs.

    Every punctuation mark but a hyphen and a slash becomes a character reference, so that there is
    no mark-up, no link, no mention and no end of a cell; a line break becomes a visible one, and a
    control character an escape.
    """
    short = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", short)
    return "<br>".join(_PUNCTUATION.sub(_reference, visible(one)) for one in lines)


def _reference(match: re.Match[str]) -> str:
    """Write a mark as a character reference; an @ stands alone, or it would make an address."""
    reference = f"&#{ord(match[0])};"
    return f"<!-- -->{reference}<!-- -->" if match[0] == "@" else reference


_PUNCTUATION = re.compile(r"[!-,.:-@\[-`{-~\x00-\x08\x0e-\x1f\x7f]")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
