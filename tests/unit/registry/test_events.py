from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.registry.events import Event, Tag, iso8601, read_events, replay_order
from gto_action.registry.tag_names import parse_tag_name

TIMES = {
    (0, 0): "1970-01-01T00:00:00+00:00",
    (1_700_000_000, 120): "2023-11-15T00:13:20+02:00",
    (-5, -330): "1969-12-31T18:29:55-05:30",
    (253_402_300_800, 0): "10000-01-01T00:00:00+00:00",
    (-62_167_219_200, 0): "0000-01-01T00:00:00+00:00",
    (0, 24 * 60 - 1): "1970-01-01T23:59:00+23:59",
    (0, 24 * 60): "1970-01-01T00:00:00+00:00",
    (0, -100 * 60): "1970-01-01T00:00:00+00:00",
}


@pytest.mark.parametrize("time", TIMES)
def test_a_time_of_gits_is_written_in_iso_8601(time: tuple[int, int]) -> None:
    assert iso8601(*time) == TIMES[time]


@given(st.integers(-(10**10), 10**11), st.integers(-14 * 60, 14 * 60))
def test_a_time_that_datetime_knows_is_written_as_it_does(time: int, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    there = datetime.fromtimestamp(0, UTC) + timedelta(seconds=time)
    assert iso8601(time, offset) == there.astimezone(zone).isoformat()


def test_only_annotated_tags_of_commits_are_events() -> None:
    tags = [
        Tag("churn@v1.0.0", "a"),
        Tag("churn@v2.0.0", "a", annotated=False),
        Tag("churn@v3.0.0", "a", target="tree"),
        Tag("churn@v4.0.0", "a", target="blob", annotated=False),
        Tag("release", "a"),
    ]
    assert [read_event.tag.name for read_event in read_events(tags)] == ["churn@v1.0.0"]
    lightweight = [read_event.tag.name for read_event in read_events(tags, lightweight=True)]
    assert lightweight == ["churn@v1.0.0", "churn@v2.0.0"]


def test_events_are_ordered_by_time_then_kind_then_counter_then_name() -> None:
    expected = [
        (1, "z#prod!#9"),
        (2, "a@deprecated"),
        (2, "b@deprecated"),
        (2, "a@v2.0.0"),
        (2, "a@v1.0.0#0"),
        (2, "a@v1.0.0#2"),
        (2, "a@v1.0.0#10"),
        (2, "a@v1.0.0!"),
        (2, "a#prod"),
        (2, "a#prod#1"),
        (2, "a#prod!"),
        (3, "a@deprecated#1"),
    ]
    events = []
    for time, name in reversed(expected):
        parts = parse_tag_name(name)
        assert parts is not None
        events.append(Event(Tag(name, "c", time=time), parts))
    ordered = [(item.tag.time, item.tag.name) for item in sorted(events, key=replay_order)]
    assert ordered == expected
