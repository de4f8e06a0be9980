"""Text from a repository, which may hold what a terminal or a runner would obey."""

from __future__ import annotations


def escape_control_characters(line: str) -> str:
    """Return a line with its control characters as escapes; a tab stays."""
    if line.isprintable():
        return line
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in line
    )


def escape_lines(text: str) -> str:
    """Return text of several lines with the control characters in each line as escapes."""
    return "\n".join(map(escape_control_characters, text.split("\n")))


MAX_INLINE = 300
"""The most characters of such text within a sentence of ours."""


def quote_inline(text: str) -> str:
    """Return what a user wrote, in quotes and on one line; a long text is cut."""
    return repr(text if len(text) <= MAX_INLINE else f"{text[:MAX_INLINE]}…")


def truncate_inline(text: str) -> str:
    """Return text of many lines, or of any length, as a part of one line."""
    return escape_control_characters(text if len(text) <= MAX_INLINE else f"{text[:MAX_INLINE]}…")
