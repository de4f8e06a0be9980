"""How long a cell may be, and how an empty one looks."""

from __future__ import annotations

import pytest

from gto_action.registry.state import replay
from gto_action.reporting import markdown, table
from gto_action.reporting.markdown import summary
from gto_action.reporting.outputs import Outputs
from gto_action.reporting.rows import Rows


@pytest.mark.parametrize("extra", [0, 1])
def test_a_cell_of_the_log_is_cut_after_its_limit(extra: int) -> None:
    drawn = table.table(Rows(("a",), (("x" * (table.LONGEST_CELL + extra),),)))
    cell = drawn.splitlines()[3].strip("│ ")
    assert cell == "x" * (table.LONGEST_CELL - extra) + "…" * extra
    assert len(cell) == table.LONGEST_CELL


@pytest.mark.parametrize("extra", [0, 1])
def test_a_text_of_the_summary_is_cut_after_its_limit(extra: int) -> None:
    text = summary(replay([]), None, Outputs(), "x" * (markdown.LONGEST_CELL + extra))
    shown = "x" * (markdown.LONGEST_CELL - extra) + "…" * extra
    assert text.startswith(f"{shown}\n\n#### Registry\n\nNothing yet.\n\n")


@pytest.mark.parametrize("too_much", [0, 1])
def test_a_summary_of_more_than_its_limit_is_cut_between_its_parts(
    too_much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def text() -> str:
        return summary(replay([]), None, Outputs(), "é")

    whole = text()
    # two line feeds after each part are counted, and one is written after the last
    monkeypatch.setattr(markdown, "LARGEST", len(whole.encode()) + 1 - too_much)
    cut = "é\n\n#### Registry\n\nNothing yet.\n\n"
    notice = "… the rest was cut: GitHub shows no more than 1 MiB.\n"
    assert text() == (cut + notice if too_much else whole)
