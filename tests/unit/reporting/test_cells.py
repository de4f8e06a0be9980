"""How long a cell may be, and how an empty one looks."""

from __future__ import annotations

import pytest

from gto_action.registry.events import Tag, read_events
from gto_action.registry.replay import replay
from gto_action.reporting import markdown, table
from gto_action.reporting.markdown import Links
from gto_action.reporting.outputs import Outputs
from gto_action.reporting.rows import Rows, artifact_rows
from gto_action.reporting.tag_summary import summary


@pytest.mark.parametrize("extra", [0, 1])
def test_a_cell_of_the_log_is_cut_after_its_limit(extra: int) -> None:
    drawn = table.table(Rows(("a",), (("x" * (table.MAX_CELL + extra),),)))
    cell = drawn.splitlines()[3].strip("│ ")
    assert cell == "x" * (table.MAX_CELL - extra) + "…" * extra
    assert len(cell) == table.MAX_CELL


@pytest.mark.parametrize("extra", [0, 1])
def test_a_text_of_the_summary_is_cut_after_its_limit(extra: int) -> None:
    text = summary(replay([]), None, Outputs(), "x" * (markdown.MAX_CELL + extra))
    shown = "x" * (markdown.MAX_CELL - extra) + "…" * extra
    assert text.startswith(f"{shown}\n\n#### Registry\n\nNothing yet.\n\n")


@pytest.mark.parametrize("too_much", [0, 1])
def test_a_summary_of_more_than_its_limit_is_cut_between_its_parts(
    too_much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def text() -> str:
        return summary(replay([]), None, Outputs(), "é")

    complete = text()
    # two line feeds after each part are counted, and one is written after the last
    monkeypatch.setattr(markdown, "LARGEST", len(complete.encode()) + 1 - too_much)
    cut = "é\n\n#### Registry\n\nNothing yet.\n\n"
    notice = "… the rest was cut: GitHub shows no more.\n"
    assert text() == (cut + notice if too_much else complete)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://github.com/org/models", "https://github.com/org/models"),
        ("http://host:8080/a/b", "http://host:8080/a/b"),
        ("ssh://host/org/models", ""),
        ("https://host", ""),
        ("", ""),
    ],
)
def test_links_lead_to_a_web_page_of_a_repository(url: str, base: str) -> None:
    assert Links.of(url) == Links(base)


def test_a_table_counts_the_versions_that_it_leaves_out() -> None:
    tags = [Tag(f"m@v{number}.0.0", str(number) * 40, time=number) for number in (1, 2, 3)]
    artifact = replay(read_events(tags)).artifacts["m"]
    drawn = table.table(artifact_rows(artifact, 2)).splitlines()
    assert [line.split()[1] for line in drawn[3:5]] == ["v3.0.0", "v2.0.0"]
    assert drawn[6:] == ["… and 1 older"]
    assert len(table.table(artifact_rows(artifact, 3)).splitlines()) == 7
