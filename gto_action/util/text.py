"""Text from a repository, which may hold what a terminal or a runner would obey."""

from __future__ import annotations

import re
import shlex


def escape_control_characters(line: str) -> str:
    """Return a line with its control characters as escapes; a tab stays."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() or char == "\t" else _escape(char) for char in line)


def _escape(char: str) -> str:
    """Return the escape of a character; of a byte that is not UTF-8, that of the byte.

    Source: PEP 383.
    """
    escape = char.encode("unicode_escape").decode()
    return _ESCAPED_BYTE.sub(r"\\x\1", escape)


def escape_lines(text: str) -> str:
    """Return text of several lines with the control characters in each line as escapes."""
    return "\n".join(map(escape_control_characters, text.split("\n")))


def quote_for_shell(text: str) -> str:
    """Return text as one word of a command; with what is not printable as escapes of bash."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{escape_control_characters(escaped)}'"


MAX_INLINE = 300
"""The most characters of such text within a sentence of ours."""


def quote_inline(text: str) -> str:
    """Return what a user wrote, in quotes and on one line; a long text is cut."""
    shown = repr(text if len(text) <= MAX_INLINE else f"{text[:MAX_INLINE]}…")
    return _ESCAPED_BYTE.sub(r"\\x\1", shown)


_ESCAPED_BYTE = re.compile(r"\\udc([89a-f][0-9a-f])")


def truncate_inline(text: str) -> str:
    """Return text of many lines, or of any length, as a part of one line."""
    return escape_control_characters(text if len(text) <= MAX_INLINE else f"{text[:MAX_INLINE]}…")
