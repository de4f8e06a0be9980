"""Texts of the repository's, where a terminal or a runner would obey control characters."""

from __future__ import annotations


def visible(line: str) -> str:
    """Show the control characters of a line as escapes; a tab stays."""
    if line.isprintable():
        return line
    return "".join(
        one if one.isprintable() or one == "\t" else one.encode("unicode_escape").decode()
        for one in line
    )
