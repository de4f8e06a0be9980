"""Markdown for the job summary: links, tables, names and text in which nothing is markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from gto_action.reporting.rows import Row, Rows
from gto_action.reporting.table import cut
from gto_action.util.text import escape_control_characters

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


NO_LINKS = Links()


def link(text: str, url: str) -> str:
    """Return Markdown as a link to a page, if its URL is one of HTTP."""
    return f"[{text}]({url})" if _URL.fullmatch(url) else text


def within_limit(parts: list[str], limit: int = 0) -> list[str]:
    """Return the parts that fit into a number of bytes, by default those of a summary.

    GitHub refuses what is longer as a whole.
    """
    limit = limit or LARGEST
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part.encode(errors="replace")) + 2
        if size > limit:
            return [*kept, "… the rest was cut: GitHub shows no more."]
        kept.append(part)
    return kept


def folded(title: str, text: str) -> str:
    """Return text that is hidden until the title is chosen."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def markdown_table(rows: Rows) -> str:
    """Return a table, with names as code; "Nothing yet." without a row."""
    if not rows.rows:
        return "Nothing yet."
    writers = [_code_list if _is_of_names(title) else escape for title in rows.heading]
    cells = (
        tuple(write(cell) for write, cell in zip(writers, row, strict=True)) for row in rows.rows
    )
    return "\n\n".join([table_of(tuple(map(escape, rows.heading)), cells), *cut(rows)])


def table_of(heading: Row, rows: Iterable[Row]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = (heading, ("---",) * len(heading), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _is_of_names(title: str) -> bool:
    """Return whether a column holds names, versions, tags or SHAs."""
    return title in _NAMES or title.startswith("#")


def _code_list(text: str) -> str:
    return ", ".join(map(code, text.split(", "))) if text else ""


def code(text: str) -> str:
    """Return a name, version, tag or SHA as a code span, and anything else as escaped text."""
    return f"`{text}`" if _NAME.fullmatch(text) and len(text) <= MAX_CELL else escape(text)


def escape(text: str, limit: int = 0) -> str:
    """Return text in which nothing is markup of Markdown or HTML, after other text on its line.

    It is cut after ``limit`` characters, by default those of a cell.

    What would be markup, a link, a mention or an emoji becomes a character reference; a line break
    becomes a visible one, and a control character an escape. Source: GitHub Flavored Markdown.
    """
    limit = limit or MAX_CELL
    short_text = text if len(text) <= limit else text[: limit - 1] + "…"
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", short_text)
    return "<br>".join(_MARKUP.sub(_reference, escape_control_characters(line)) for line in lines)


def _reference(match: re.Match[str]) -> str:
    """Return a character reference; an @ is separated, or it would make an address."""
    reference = f"&#{ord(match[0])};"
    return f"<!-- -->{reference}<!-- -->" if match[0] == "@" else reference


_NAMES = frozenset({"name", "latest", "version", "stage", "tag", "commit", "artifact"})
_NAME = re.compile(r"[A-Za-z0-9_./+@#!=:-]+")
_URL = re.compile(r"https?://[^\s()<>\[\]]+")
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
