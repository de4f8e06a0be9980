"""Plan a change: from a registry's tags and requests to new tags, or the reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from gto_action.errors import QueryError, RefusedError
from gto_action.registry.changes import NewEvent, find_change
from gto_action.registry.events import Event, Tag, iso8601, read_events, replay_order
from gto_action.registry.references import read_ref
from gto_action.registry.replay import Artifact, replay
from gto_action.registry.requests import (
    NumberedRequest,
    Request,
    at_line,
)
from gto_action.registry.tag_names import EventKind, TagName, parse_tag_name


@dataclass(frozen=True, slots=True)
class PlannedTag:
    """A tag to be created: the parts of its name, its target's SHA, its message and its time.

    ``version`` is the version that the event is about, empty for a deprecation; ``time`` is in
    seconds since 1970.
    """

    parts: TagName
    commit: str
    message: str
    version: str
    time: int

    @property
    def name(self) -> str:
        """The tag's name."""
        return str(self.parts)


@dataclass(frozen=True, slots=True)
class Plan:
    """The tags to be created, in their order, and the names of those to be deleted."""

    created: tuple[PlannedTag, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of the judge, in seconds since 1970, and whether a user has set it.

    With ``allow_future`` a new event may follow one that is far ahead of the clock.
    """

    now: int
    is_explicit: bool = False
    allow_future: bool = False


MAX_PART = 250
"""The most bytes of a part of a ref's name: with .lock it is 255, as file systems allow."""

TOLERANCE = 300
"""How far the last event may be ahead of the clock, in seconds."""
_SHORT_WAY_AHEAD = 60
"""How far many new events may be ahead of it before they begin earlier, in seconds."""


def plan(
    tags: Iterable[Tag],
    requests: Iterable[NumberedRequest],
    commits: Mapping[str, str],
    clock: Clock,
) -> Plan:
    """Plan requests, each of which sees the effect of those before it.

    ``tags`` are all tags of the artifacts, ``commits`` the full SHAs of the requests' refs. Raises
    RefusedError for a request that is refused, QueryError for one that makes no sense; they name
    its line.
    """
    state = _PlanState(tags, commits, clock)
    for numbered in requests:
        assert isinstance(numbered.request, Request)
        try:
            state.add(numbered.request)
        except QueryError as error:
            raise at_line(error, numbered.line) from error
    return state.plan()


class _PlanState:
    """The registry as it is after the requests that were planned so far."""

    def __init__(self, tags: Iterable[Tag], commits: Mapping[str, str], clock: Clock) -> None:
        self._commits = commits
        self._clock = clock
        self._artifacts: dict[str, _PlannedArtifact] = {}
        self._created: list[PlannedTag] = []
        self._deleted: list[str] = []
        for tag in tags:
            parts = parse_tag_name(tag.name)
            if parts is not None:
                self._artifact_of(parts.name).read(tag, parts)

    def add(self, request: Request) -> None:
        """Plan one more request. Raises RefusedError, QueryError."""
        state = self._artifact_of(request.name)
        change = find_change(state.artifact, request, self._commits)
        for name in change.deleted:
            state.delete(name)
            planned = [tag for tag in self._created if tag.name != name]
            if len(planned) == len(self._created):
                self._deleted.append(name)
            self._created = planned
        for new in change.events:
            # a registration that an assignment needs has no message of the user's
            is_requested = new is change.events[-1]
            message = request.message if is_requested else ""
            tag = state.create(new, message or new.message(state.name), self._clock)
            if tag.name in self._deleted:
                raise QueryError(
                    f"tag '{tag.name}' is deleted before, and can't be created in the same step"
                )
            self._created.append(tag)

    def plan(self) -> Plan:
        """Return what was planned. Raises RefusedError if there are too many events at once."""
        earlier = {
            name: artifact.seconds_to_begin_earlier(self._clock)
            for name, artifact in self._artifacts.items()
        }
        created = (replace(tag, time=tag.time - earlier[tag.parts.name]) for tag in self._created)
        return Plan(tuple(created), tuple(self._deleted))

    def _artifact_of(self, name: str) -> _PlannedArtifact:
        return self._artifacts.setdefault(name, _PlannedArtifact(name))


@dataclass
class _PlannedArtifact:
    """One artifact: its events and the names of all its tags, and what is planned."""

    name: str
    events: list[Event] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    counter: int = 0
    planned_time: int = 0
    _first_planned: int = 0
    _first_possible: int = 0
    _artifact: Artifact | None = None

    def read(self, tag: Tag, parts: TagName) -> None:
        self.names.add(tag.name)
        self.counter = max(self.counter, parts.counter or 0)
        self.events.extend(read_events([tag]))

    @property
    def artifact(self) -> Artifact | None:
        if self._artifact is None and self.events:
            self._artifact = replay(self.events).artifacts[self.name]
        return self._artifact

    def delete(self, name: str) -> None:
        self.names.discard(name)
        self.events = [event for event in self.events if event.tag.name != name]
        self._artifact = None

    def create(self, new: NewEvent, message: str, clock: Clock) -> PlannedTag:
        parts = self._named(new)
        time = self._time(clock)
        self._first_planned = self._first_planned or time
        planned = PlannedTag(parts, new.commit, message, new.version, time)
        self.read(Tag(planned.name, new.commit, message=message, time=time), parts)
        self.planned_time = time
        self._artifact = None
        return planned

    def _named(self, new: NewEvent) -> TagName:
        is_about_version = new.kind in {EventKind.REGISTRATION, EventKind.DEREGISTRATION}
        version = new.version if is_about_version else None
        plain = TagName(new.kind, self.name, version, new.stage)
        counted = plain._replace(counter=self.counter + 1)
        is_taken = str(plain) in self.names
        if new.simple is None:
            parts = counted if new.stage or is_taken else plain
        elif new.simple and is_taken:
            raise RefusedError(f"tag '{plain}' already exists; leave out --simple")
        else:
            parts = plain if new.simple else counted
        reference = read_ref(str(parts))
        if reference.parts != parts or str(parts).startswith("-"):
            raise QueryError(f"'{parts}' is not a name that Git allows for a tag: choose another")
        longest = max(str(parts).split("/"), key=len)
        if len(longest) > MAX_PART:
            raise QueryError(
                f"the tag's name has a part of {len(longest)} characters, and file systems allow "
                f"{MAX_PART}: choose a shorter name"
            )
        self._check_directories(str(parts))
        return parts

    def _check_directories(self, name: str) -> None:
        """Raise RefusedError for a tag beside one that its name is a directory of."""
        for existing in self.names:
            if existing.startswith(f"{name}/") or name.startswith(f"{existing}/"):
                raise RefusedError(
                    f"tag '{existing}' of the artifact exists, and Git allows no tag '{name}' "
                    "beside it, because one name is a directory of the other: choose another name"
                )

    def _time(self, clock: Clock) -> int:
        """Return a time after all events of the artifact. Raises RefusedError."""
        if self.planned_time:
            return max(clock.now, self.planned_time + 1)
        last = max(self.events, key=replay_order, default=None)
        self._first_possible = last.tag.time + 1 if last else 0
        if last is None or last.tag.time < clock.now:
            return clock.now
        when = iso8601(last.tag.time, last.tag.offset)
        if clock.is_explicit:
            raise RefusedError(
                f"GIT_COMMITTER_DATE is {iso8601(clock.now, 0)}, and the last event of "
                f"{self.name}, '{last.tag.name}', is of {when}: set a later date, or none"
            )
        if last.tag.time > clock.now + TOLERANCE and not clock.allow_future:
            raise RefusedError(
                f"tag '{last.tag.name}' is of {when}, more than five minutes after this machine's "
                f"clock ({iso8601(clock.now, 0)}): if the clock is right, delete the tag (git tag "
                f"-d '{last.tag.name}', git push --delete origin 'refs/tags/{last.tag.name}'); "
                "at a terminal, --allow-future writes after it"
            )
        return last.tag.time + 1

    def seconds_to_begin_earlier(self, clock: Clock) -> int:
        """Return how much earlier the planned events have to be, so as not to be far ahead.

        Each has a second of its own, so that every reader replays them in their order. Raises
        RefusedError if they would be ahead of the clock by more than is allowed.
        """
        ahead = self.planned_time - clock.now
        if ahead <= _SHORT_WAY_AHEAD or clock.is_explicit:
            return 0
        possible = self._first_planned - self._first_possible
        earlier = max(0, min(ahead - _SHORT_WAY_AHEAD, possible))
        # one event may follow a last one that is as far ahead as is allowed
        if ahead - earlier > TOLERANCE + 1 and not clock.allow_future:
            raise RefusedError(
                f"each event of {self.name} takes a second after its last one, so the new ones "
                f"would be {ahead - earlier} seconds ahead of the clock, and five minutes are "
                "allowed: create fewer at once, or wait; at a terminal, --allow-future creates them"
            )
        return earlier
