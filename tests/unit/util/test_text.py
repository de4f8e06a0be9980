"""Text from a repository, within a sentence of ours."""

from __future__ import annotations

import pytest

from gto_action.util.text import (
    MAX_INLINE,
    escape_control_characters,
    quote_inline,
    truncate_inline,
)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain é", "plain é"),
        ("a\tb", "a\tb"),
        ("a\nb\r", "a\\nb\\r"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e", "\\u202e"),
        ("\udce9", "\\xe9"),
    ],
)
def test_control_characters_become_escapes(line: str, shown: str) -> None:
    assert escape_control_characters(line) == shown


def test_a_byte_that_is_not_utf_8_is_quoted_as_a_byte() -> None:
    assert quote_inline("a\udce9") == "'a\\xe9'"


def test_a_text_is_cut_after_its_limit() -> None:
    assert truncate_inline("x" * MAX_INLINE) == "x" * MAX_INLINE
    assert truncate_inline("x" * (MAX_INLINE + 1)) == "x" * MAX_INLINE + "…"
    assert truncate_inline("a\n") == "a\\n"
