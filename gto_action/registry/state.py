"""Events replayed: what each artifact's versions and stages are now, and were at each event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from semver import Version as SemVer

from gto_action.registry.events import Event, replay_order
from gto_action.registry.tagname import EventKind


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event, and what replay found out about it.

    ``version`` is the version that the event is about; for an (un)assignment at a commit without
    one, the commit's full SHA; for a deprecation ``None``. ``previous_version`` is, as of the
    event: the latest version before a registration, the latest one left by a deregistration, what
    the stage showed before an assignment, what it shows after an unassignment.
    ``also_at_commit`` are the other versions that an (un)assignment could have meant.
    """

    event: Event
    version: str | None
    previous_version: str | None
    also_at_commit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an artifact at a commit.

    ``registered`` is false for a commit that was assigned a stage without being a version: its
    ``name`` is the commit's full SHA. ``stages`` are those it was assigned last in, the stage
    assigned last first; they count only while the version is active.
    """

    name: str
    commit: str
    registered: bool
    active: bool
    stages: tuple[str, ...]
    origin: Event


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact as it is after all its events.

    ``versions`` are ordered by SemVer, the greatest first (of equals the one registered last), then
    the unregistered commits, the greatest SHA first.
    ``latest`` is the greatest active registered version. ``stages`` tells the version that each
    stage shows, for the stages that hold one. ``history`` is in the order of replay.
    """

    name: str
    active: bool
    latest: str | None
    versions: tuple[Version, ...]
    stages: Mapping[str, str]
    history: tuple[Occurrence, ...]
    newest: Mapping[str, str] = field(repr=False)

    def occurrence(self, tag: str) -> Occurrence:
        """Give the event that a tag of this artifact is. Raises KeyError."""
        for one in self.history:
            if one.event.tag.name == tag:
                return one
        raise KeyError(tag)

    def is_current(self, occurrence: Occurrence) -> bool:
        """Tell whether nothing newer has undone or replaced an event of this artifact."""
        event = occurrence.event
        if self.newest[_subject(event)] != event.tag.name:
            return False
        return event.kind is not EventKind.ASSIGNMENT or any(
            version.active and version.name == occurrence.version and version.commit == event.commit
            for version in self.versions
        )


@dataclass(frozen=True, slots=True)
class Registry:
    """All artifacts, by name, in the order of their names."""

    artifacts: Mapping[str, Artifact]

    def history(self) -> list[Occurrence]:
        """Give the events of all artifacts, in the order of replay."""
        events = (one for artifact in self.artifacts.values() for one in artifact.history)
        return sorted(events, key=lambda one: replay_order(one.event))


def replay(events: Iterable[Event]) -> Registry:
    """Work out the registry's state from its events, given in any order.

    The time it takes grows with n log n for n events.
    """
    by_artifact: dict[str, list[Event]] = {}
    for event in events:
        by_artifact.setdefault(event.name, []).append(event)
    return Registry(
        {name: _Replay(name, by_artifact[name]).artifact() for name in sorted(by_artifact)}
    )


def _subject(event: Event) -> str:
    """Name what an event changes: a stage, a version, or the artifact itself."""
    if event.parts.stage:
        return f"#{event.parts.stage}"
    return event.parts.version or ""


@dataclass(slots=True, eq=False)
class _Version:
    name: str
    commit: str
    rank: int
    origin: Event
    registered: bool
    active: bool = False
    registration: int = 0
    stages: dict[str, int] = field(default_factory=dict)

    def order(self) -> tuple[int, int, str]:
        return self.rank, self.registration, self.name


class _Replay:
    """One pass over the events of one artifact.

    Two questions are asked at nearly every event: which active version is the greatest, and which
    active version was assigned last to a stage. Each is answered from a heap whose top is thrown
    away once it no longer holds, so that an event costs the logarithm of their number.
    """

    def __init__(self, name: str, events: list[Event]) -> None:
        self.name = name
        self.events = sorted(events, key=replay_order)
        self.ranks = _semver_ranks(event.parts.version for event in events)
        self.later: dict[str, list[_Version]] = {}
        self.versions: dict[tuple[str, str], _Version] = {}
        self.by_name: dict[str, _Version] = {}
        self.at_commit: dict[str, list[_Version]] = {}
        self.active_by_rank: list[tuple[int, int, _Version]] = []
        self.assigned: dict[str, list[tuple[int, _Version]]] = {}
        self.newest: dict[str, str] = {}
        self.moment = 0
        self._foresee_registrations()

    def artifact(self) -> Artifact:
        history = tuple(map(self._occur, self.events))
        versions = sorted(self.versions.values(), key=_Version.order, reverse=True)
        shown = {stage: self._shown(stage) for stage in sorted(self.assigned)}
        return Artifact(
            name=self.name,
            active=self.events[-1].kind is not EventKind.DEPRECATION,
            latest=self._latest(),
            versions=tuple(map(_frozen, versions)),
            stages={stage: version for stage, version in shown.items() if version},
            history=history,
            newest={**self.newest, "": self.events[-1].tag.name},
        )

    def _occur(self, event: Event) -> Occurrence:
        self.moment += 1
        self.newest[_subject(event)] = event.tag.name
        match event.kind:
            case EventKind.REGISTRATION:
                before = self._latest()
                self._register(event)
                return Occurrence(event, event.parts.version, before)
            case EventKind.DEREGISTRATION:
                self._deregister(event)
                return Occurrence(event, event.parts.version, self._latest())
            case EventKind.ASSIGNMENT:
                return self._assign(event, event.parts.stage or "")
            case EventKind.UNASSIGNMENT:
                return self._unassign(event, event.parts.stage or "")
            case _:
                return Occurrence(event, None, None)

    def _register(self, event: Event) -> None:
        version = self._version(event)
        if not version.registered:
            version.registered, version.origin = True, event
        at_commit = self.at_commit.setdefault(event.commit, [])
        if version in at_commit:
            at_commit.remove(version)
        at_commit.append(version)
        self.by_name[version.name] = version
        version.active, version.registration = True, self.moment
        heappush(self.active_by_rank, (-version.rank, -self.moment, version))
        for stage, moment in version.stages.items():
            heappush(self.assigned[stage], (-moment, version))

    def _deregister(self, event: Event) -> None:
        name = event.parts.version or ""
        version = self.versions.get((name, event.commit))
        if version is None or not version.registered:
            version = self.by_name.get(name)
        if version is not None:
            version.active = False

    def _assign(self, event: Event, stage: str) -> Occurrence:
        version, others = self._meant(event)
        held = self.assigned.setdefault(stage, [])
        before = self._shown(stage)
        version.stages[stage] = self.moment
        heappush(held, (-self.moment, version))
        return Occurrence(event, version.name, before, others)

    def _unassign(self, event: Event, stage: str) -> Occurrence:
        version, others = self._meant(event, stage)
        self.assigned.setdefault(stage, [])
        version.stages.pop(stage, None)
        return Occurrence(event, version.name, self._shown(stage), others)

    def _meant(self, event: Event, held: str = "") -> tuple[_Version, tuple[str, ...]]:
        """Find the version that an (un)assignment is about, and the others at its commit.

        The version registered at that commit is meant, also where its registration came later.
        Of several the active one, and of several active ones the one registered last; but a stage
        that is taken, ``held``, is taken from the one that holds it.
        """
        there = self.at_commit.get(event.commit) or self.later.get(event.commit)
        if not there:
            return self._unregistered(event), ()
        active = [one for one in reversed(there) if one.active]
        holding = [one for one in active if held in one.stages]
        meant = (holding or active or there[-1:])[0]
        return meant, tuple(one.name for one in there if one is not meant)

    def _unregistered(self, event: Event) -> _Version:
        key = event.commit, event.commit
        if key not in self.versions:
            self.versions[key] = _Version(
                event.commit, event.commit, -1, event, registered=False, active=True
            )
        return self.versions[key]

    def _version(self, event: Event) -> _Version:
        name = event.parts.version or ""
        key = name, event.commit
        if key not in self.versions:
            self.versions[key] = _Version(
                name, event.commit, self.ranks[name], event, registered=False
            )
        return self.versions[key]

    def _foresee_registrations(self) -> None:
        for event in self.events:
            if event.kind is EventKind.REGISTRATION and event.commit not in self.later:
                self.later[event.commit] = [self._version(event)]

    def _latest(self) -> str | None:
        heap = self.active_by_rank
        while heap and not heap[0][-1].active:
            heappop(heap)
        return heap[0][-1].name if heap else None

    def _shown(self, stage: str) -> str | None:
        heap = self.assigned[stage]
        while heap and not (heap[0][-1].active and heap[0][-1].stages.get(stage) == -heap[0][0]):
            heappop(heap)
        return heap[0][-1].name if heap else None


def _frozen(version: _Version) -> Version:
    stages = sorted(version.stages, key=version.stages.__getitem__, reverse=True)
    return Version(
        name=version.name,
        commit=version.commit,
        registered=version.registered,
        active=version.active,
        stages=tuple(stages),
        origin=version.origin,
    )


def _semver_ranks(names: Iterable[str | None]) -> dict[str, int]:
    """Rank versions by SemVer's precedence, from 1; build metadata makes no difference to it.

    Only versions with the same three numbers are compared by the library: it takes its time.
    """
    parsed = {name: SemVer.parse(name[1:]) for name in names if name}
    by_numbers: dict[tuple[int, int, int], list[str]] = {}
    for name, version in parsed.items():
        by_numbers.setdefault((version.major, version.minor, version.patch), []).append(name)
    ranks: dict[str, int] = {}
    rank = 0
    for numbers in sorted(by_numbers):
        below = None
        for name in sorted(by_numbers[numbers], key=parsed.__getitem__):
            rank += below is None or parsed[name] != below
            below = parsed[name]
            ranks[name] = rank
    return ranks
