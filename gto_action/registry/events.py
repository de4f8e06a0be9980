"""Tags, and the events of the registry among them.

Tags, their names and events are named tuples: there may be a million of each, and a frozen
dataclass takes three times as long to make. Where all of them are made, `tuple.__new__` is called
instead of the class, which takes half as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from gto_action.registry.tag_names import EventKind, TagName, parse_tag_name


class Tag(NamedTuple):
    """A tag as Git stores it.

    ``name`` has no ``refs/tags/``; ``commit`` is the peeled target's full SHA, and ``target`` what
    the target is (``commit``, ``tree`` or ``blob``). For a lightweight tag the author and the time
    are the commit's. ``time`` is in seconds since 1970 (UTC), ``offset`` the tagger's time zone in
    minutes east of UTC.
    """

    name: str
    commit: str
    annotated: bool = True
    author: str = ""
    author_email: str = ""
    time: int = 0
    offset: int = 0
    message: str = ""
    target: str = "commit"


class Event(NamedTuple):
    """An event of an artifact: its tag, and the parts of the tag's name."""

    tag: Tag
    parts: TagName

    @property
    def kind(self) -> EventKind:
        """The kind of the event."""
        return self.parts.kind

    @property
    def name(self) -> str:
        """The artifact's name, ``DIR:NAME`` for one in a directory."""
        return self.parts.name

    @property
    def commit(self) -> str:
        """The full SHA of the tagged commit."""
        return self.tag.commit

    @property
    def created_at(self) -> str:
        """The event's time in ISO 8601, with its offset."""
        return iso8601(self.tag.time, self.tag.offset)


def read_events(tags: Iterable[Tag], *, lightweight: bool = False) -> Iterator[Event]:
    """Yield the events among tags, in the order of the tags.

    Other names are skipped, as are tags of a tree or a blob (a version
    belongs to a commit) and, unless ``lightweight``, tags that are not annotated.
    """
    for tag in tags:
        if tag.target != "commit" or not (tag.annotated or lightweight):
            continue
        parts = parse_tag_name(tag.name)
        if parts is not None:
            yield tuple.__new__(Event, (tag, parts))


def replay_order(event: Event) -> tuple[int, int, int, str]:
    """Return a key that orders events by time, within a second by kind, counter and tag name."""
    counter = event.parts.counter
    return (
        event.tag.time,
        _RANK[event.parts.kind],
        -1 if counter is None else counter,
        event.tag.name,
    )


def in_replay_order(items: Iterable[T], event_of: Callable[[T], Event]) -> list[T]:
    """Sort items that have an event each in the order of replay.

    Times alone are sorted first, for few events share a second: a key of all that orders them takes
    three times as long to make, and its memory.
    """
    ordered = sorted(items, key=lambda item: event_of(item).tag.time)
    times = [event_of(item).tag.time for item in ordered]
    start = 0
    for end in range(1, len(times) + 1):
        if end == len(times) or times[end] != times[start]:
            if end - start > 1:
                ordered[start:end] = sorted(
                    ordered[start:end], key=lambda item: replay_order(event_of(item))
                )
            start = end
    return ordered


def iso8601(time: int, offset: int) -> str:
    """Return a time of Git (seconds since 1970, minutes east of UTC) in ISO 8601.

    An offset of a day or more, which ISO 8601 has not, becomes UTC. Git's clock has no bounds and
    ``datetime`` has: the Gregorian calendar repeats every 400 years, so any time is some cycles
    away from one that ``datetime`` knows.
    """
    if abs(offset) >= _DAY_IN_MINUTES:
        offset = 0
    cycles, seconds = divmod(time + offset * 60, _CYCLE)
    local = datetime.fromtimestamp(seconds, UTC)
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    return f"{local.year + 400 * cycles:04d}{local:-%m-%dT%H:%M:%S}{sign}{hours:02d}:{minutes:02d}"


T = TypeVar("T")
_RANK = {kind: rank for rank, kind in enumerate(EventKind)}
_CYCLE = 146_097 * 86_400
_DAY_IN_MINUTES = 24 * 60
