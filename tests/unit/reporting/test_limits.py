"""Reports of a large registry format what they show, and nothing that is cut."""

from __future__ import annotations

import pytest

from gto_action.action import report
from gto_action.interpretation import Interpretation
from gto_action.registry.events import Tag, read_events
from gto_action.registry.replay import replay
from gto_action.reporting import rows, tag_summary
from gto_action.reporting.markdown import Links
from gto_action.reporting.outputs import outputs_of
from gto_action.reporting.table import table
from gto_action.reporting.tag_summary import summary

TAGS = 5000
"""Of 2,500 versions of one artifact, each with an assignment."""


def _tags() -> list[Tag]:
    names = (
        name
        for number in range(TAGS // 2)
        for name in (f"churn@v{number}.0.0", f"churn#prod#{number + 1}")
    )
    return [
        Tag(name, f"{number // 2:040x}", time=number, author="Ann")
        for number, name in enumerate(names)
    ]


def test_no_more_times_are_formatted_than_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = replay(read_events(_tags()))
    artifact = registry.artifacts["churn"]
    replayed = artifact.find_event("churn#prod#1")
    formatted: list[str] = []

    def in_table(time: str) -> str:
        formatted.append(time)
        return time

    monkeypatch.setattr(rows, "in_table", in_table)
    limit = report.MAX_ROWS
    for shown in (
        rows.artifact_rows(artifact, limit),
        rows.history_rows(registry.newest(limit), len(registry)),
    ):
        assert table(shown).count("\n") <= limit + 5
    assert len(formatted) == 2 * limit
    formatted.clear()
    outputs = outputs_of(Interpretation(registry, "", replayed))
    summary(registry, replayed, outputs, "", Links.of(""))
    assert len(formatted) <= 4 * tag_summary.MAX_ROWS
