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


LONGEST = 300
"""The most characters of a text of the repository's within a sentence of ours."""


def in_a_sentence(text: str) -> str:
    """Show a text of many lines, or of any length, as a part of one line."""
    return visible(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
