"""Replay events: compute the versions and stages of each artifact, now and at each event."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush, merge
from itertools import islice
from typing import NamedTuple

from gto_action.registry.events import Event, in_replay_order, replay_order
from gto_action.registry.tag_names import EventKind

MAX_OTHERS = 100


class ReplayedEvent(NamedTuple):
    """An event, and what the replay computed for it.

    ``version`` is the version that the event is about; for an (un)assignment at a commit without
    one, the commit's full SHA; for a deprecation ``None``. ``previous_version`` is, as of the
    event: the latest version before a registration, the latest one left by a deregistration, what
    the stage showed before an assignment, what it shows after an unassignment.
    ``also_at_commit`` are the other versions that an (un)assignment could have meant, MAX_OTHERS
    of them at most. ``previous_commit`` is the commit of an (un)assignment's previous version.
    """

    event: Event
    version: str | None
    previous_version: str | None
    also_at_commit: tuple[str, ...] = ()
    previous_commit: str | None = None


class Version(NamedTuple):
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
    ``latest`` is the greatest active registered version. ``stages`` maps the stages that show a
    version to its name, and ``stage_commits`` to its commit. ``history`` is in the order of replay.
    """

    name: str
    active: bool
    latest: str | None
    versions: tuple[Version, ...]
    stages: Mapping[str, str]
    stage_commits: Mapping[str, str]
    history: tuple[ReplayedEvent, ...]

    @property
    def latest_version(self) -> Version | None:
        """The version that ``latest`` names."""
        active = (each for each in self.versions if each.active and each.registered)
        return next((version for version in active if version.name == self.latest), None)

    def find_event(self, tag: str) -> ReplayedEvent:
        """Return the event that a tag of this artifact is. Raises KeyError."""
        for replayed in self.history:
            if replayed.event.tag.name == tag:
                return replayed
        raise KeyError(tag)

    def is_current(self, replayed: ReplayedEvent) -> bool:
        """Return whether nothing newer has undone or replaced an event of this artifact.

        An assignment is current while its stage shows its version, an unassignment while its stage
        shows what it showed right after it, neither for a deprecated artifact; a registration or
        deregistration is while it is the newest of its version, a deprecation while it is the
        artifact's newest event.
        """
        event = replayed.event
        if event.kind is _ASSIGNMENT:
            shown = replayed.version, event.commit
        elif event.kind is _UNASSIGNMENT:
            shown = replayed.previous_version, replayed.previous_commit or ""
        else:
            return event == self._newest(event)
        stage = event.parts.stage or ""
        now = self.stages.get(stage), self.stage_commits.get(stage, "")
        return self.active and now == shown

    def is_registered(self, name: str | None, commit: str) -> bool:
        """Return whether a version at a commit is a registered, active one."""
        return any(
            version.registered and version.active
            for version in self.versions
            if version.name == name and version.commit == commit
        )

    def _newest(self, event: Event) -> Event:
        """Return the newest event of the version that an event is about, or of the artifact."""
        if event.kind is EventKind.DEPRECATION:
            return self.history[-1].event
        version = event.parts.version
        return next(
            replayed.event
            for replayed in reversed(self.history)
            if replayed.event.parts.version == version
        )


@dataclass(frozen=True, slots=True)
class Registry:
    """All artifacts, by name, in the order of their names."""

    artifacts: Mapping[str, Artifact]

    def history(self) -> list[ReplayedEvent]:
        """Return the events of all artifacts, in the order of replay."""
        events = (replayed for artifact in self.artifacts.values() for replayed in artifact.history)
        return in_replay_order(events, _event_of)

    def newest(self, limit: int) -> list[ReplayedEvent]:
        """Return the newest events of all artifacts, the newest first, without sorting them all."""
        histories = (reversed(artifact.history) for artifact in self.artifacts.values())
        return list(islice(merge(*histories, key=_order, reverse=True), limit))

    def __len__(self) -> int:
        """Count the events of all artifacts."""
        return sum(len(artifact.history) for artifact in self.artifacts.values())


def _event_of(replayed: ReplayedEvent) -> Event:
    return replayed.event


def _itself(event: Event) -> Event:
    return event


def _order(replayed: ReplayedEvent) -> tuple[int, int, int, str]:
    return replay_order(replayed.event)


def replay(events: Iterable[Event]) -> Registry:
    """Compute the registry's state from its events, given in any order.

    The time it takes grows with n log n for n events.
    """
    by_artifact: dict[str, list[Event]] = {}
    for event in events:
        by_artifact.setdefault(event.parts.name, []).append(event)
    return Registry(
        {name: _Replay(name, by_artifact[name]).artifact() for name in sorted(by_artifact)}
    )


Shown = Mapping[str, tuple[str, str]]
"""The version that each stage shows, and its commit."""


def replay_steps(events: Iterable[Event]) -> list[tuple[ReplayedEvent, Shown, Shown]]:
    """Replay the events of one artifact: each with what the stages show before and after it."""
    ordered = list(events)
    if not ordered:
        return []
    replaying = _Replay(ordered[0].parts.name, ordered)
    steps = []
    shown: Shown = {}
    for event in replaying.events:
        replayed = replaying.occur(event)
        after = replaying.shown()
        after = shown if after == shown else after
        steps.append((replayed, shown, after))
        shown = after
    return steps


class _Version:
    """A version during a replay; ``stages`` has the position of its last assignment to each."""

    __slots__ = (
        "active",
        "commit",
        "name",
        "origin",
        "rank",
        "registered",
        "registration",
        "stages",
    )

    def __init__(self, name: str, rank: int, origin: Event, *, registered: bool) -> None:
        self.name = name
        self.commit = origin.tag.commit
        self.rank = rank
        self.origin = origin
        self.registered = registered
        self.active = not registered
        self.registration = 0
        self.stages: dict[str, int] = {}

    def order(self) -> tuple[int, int, str]:
        return self.rank, self.registration, self.name

    def frozen(self) -> Version:
        stages = tuple(self.stages)
        if len(stages) > 1:
            stages = tuple(sorted(stages, key=self.stages.__getitem__, reverse=True))
        parts = (self.name, self.commit, self.registered, self.active, stages, self.origin)
        return tuple.__new__(Version, parts)


class _Replay:
    """One pass over the events of one artifact.

    Nearly every event needs the greatest active version, which is at the top of a heap, or the
    version assigned last to a stage, which is at the end of a list. An entry that is out of date is
    removed once it is there, so an event takes at most the logarithm of their number.
    """

    def __init__(self, name: str, events: list[Event]) -> None:
        self.name = name
        self.events = in_replay_order(events, _itself)
        self.ranks = _semver_ranks({event.parts.version for event in events})
        self.versions: dict[tuple[str, str], _Version] = {}
        self.by_name: dict[str, _Version] = {}
        self.at_commit: dict[str, list[_Version]] = {}
        self.later: dict[str, _Version] | None = None
        self.active_by_rank: list[tuple[int, int, _Version]] = []
        self.assigned: dict[str, list[tuple[int, _Version]]] = {}
        self.position = 0

    def artifact(self) -> Artifact:
        history = tuple(map(self.occur, self.events))
        versions = sorted(self.versions.values(), key=_Version.order, reverse=True)
        shown = self.shown()
        return Artifact(
            name=self.name,
            active=self.events[-1].parts.kind is not EventKind.DEPRECATION,
            latest=self._latest(),
            versions=tuple(map(_Version.frozen, versions)),
            stages={stage: name for stage, (name, _) in shown.items()},
            stage_commits={stage: commit for stage, (_, commit) in shown.items()},
            history=history,
        )

    def shown(self) -> Shown:
        holders = ((stage, self._holder(stage)) for stage in sorted(self.assigned))
        return {stage: (version.name, version.commit) for stage, version in holders if version}

    def occur(self, event: Event) -> ReplayedEvent:
        self.position += 1
        kind, _, version, stage, _ = event.parts
        if kind is _ASSIGNMENT:
            return self._assign(event, stage or "")
        if kind is _REGISTRATION:
            before = self._latest()
            self._register(event, version or "")
            return tuple.__new__(ReplayedEvent, (event, version, before, (), None))
        if kind is _UNASSIGNMENT:
            return self._unassign(event, stage or "")
        if kind is _DEREGISTRATION:
            self._deregister(event, version or "")
            return ReplayedEvent(event, version, self._latest())
        return ReplayedEvent(event, None, None)

    def _register(self, event: Event, name: str) -> None:
        version = self._version(event, name)
        if not version.registration:
            version.origin = event
        commit = event.tag.commit
        at_commit = self.at_commit.get(commit)
        if at_commit is None:
            self.at_commit[commit] = [version]
        else:
            if version in at_commit:
                at_commit.remove(version)
            at_commit.append(version)
        self.by_name[name] = version
        version.active, version.registration = True, self.position
        heappush(self.active_by_rank, (-version.rank, -self.position, version))
        for stage, position in version.stages.items():
            insort(self.assigned[stage], (position, version))

    def _deregister(self, event: Event, name: str) -> None:
        version = self.versions.get((name, event.tag.commit))
        if version is None or not version.registration:
            version = self.by_name.get(name)
        if version is not None:
            version.active = False

    def _assign(self, event: Event, stage: str) -> ReplayedEvent:
        version, others = self._find_target(event)
        assignments = self.assigned.setdefault(stage, [])
        before = self._holder(stage)
        version.stages[stage] = self.position
        assignments.append((self.position, version))
        previous = (before.name, before.commit) if before else (None, None)
        fields = (event, version.name, previous[0], others, previous[1])
        return tuple.__new__(ReplayedEvent, fields)

    def _unassign(self, event: Event, stage: str) -> ReplayedEvent:
        version, others = self._find_target(event, stage)
        self.assigned.setdefault(stage, [])
        for candidate in self.at_commit.get(event.tag.commit, (version,)):
            candidate.stages.pop(stage, None)
        after = self._holder(stage)
        previous = (after.name, after.commit) if after else (None, None)
        return ReplayedEvent(event, version.name, previous[0], others, previous[1])

    def _find_target(self, event: Event, stage_held: str = "") -> tuple[_Version, tuple[str, ...]]:
        """Find the version that an (un)assignment is about, and the others at its commit.

        It is the version registered at that commit, even if its registration came later; of
        several, the active one that was registered last. But an unassignment of ``stage_held`` is
        about the version that holds the stage, active or not.
        """
        versions = self.at_commit.get(event.tag.commit)
        if versions is None:
            return self._registered_later(event) or self._unregistered(event), ()
        if len(versions) == 1:
            return versions[0], ()
        active = [version for version in reversed(versions) if version.active]
        holding = [
            version for version in (*active, *reversed(versions)) if stage_held in version.stages
        ]
        target = (holding or active or versions[-1:])[0]
        others = (version.name for version in versions if version is not target)
        return target, tuple(islice(others, MAX_OTHERS))

    def _unregistered(self, event: Event) -> _Version:
        commit = event.tag.commit
        version = self.versions.get((commit, commit))
        if version is None:
            version = _Version(commit, -1, event, registered=False)
            self.versions[commit, commit] = version
        return version

    def _version(self, event: Event, name: str) -> _Version:
        key = name, event.tag.commit
        version = self.versions.get(key)
        if version is None:
            version = self.versions[key] = _Version(name, self.ranks[name], event, registered=True)
        return version

    def _registered_later(self, event: Event) -> _Version | None:
        if self.later is None:
            self.later = {}
            for later in self.events[self.position :]:
                if later.parts.kind is _REGISTRATION and later.tag.commit not in self.later:
                    self.later[later.tag.commit] = self._version(later, later.parts.version or "")
        return self.later.get(event.tag.commit)

    def _latest(self) -> str | None:
        heap = self.active_by_rank
        while heap and not heap[0][2].active:
            heappop(heap)
        return heap[0][2].name if heap else None

    def _holder(self, stage: str) -> _Version | None:
        """Return the version that a stage shows now."""
        assigned = self.assigned[stage]
        while assigned:
            position, version = assigned[-1]
            if version.active and version.stages.get(stage) == position:
                return version
            assigned.pop()
        return None


_REGISTRATION = EventKind.REGISTRATION
_DEREGISTRATION = EventKind.DEREGISTRATION
_ASSIGNMENT = EventKind.ASSIGNMENT
_UNASSIGNMENT = EventKind.UNASSIGNMENT


def _semver_ranks(names: Iterable[str | None]) -> dict[str, int]:
    """Rank versions by SemVer's precedence, from 1; build metadata makes no difference to it.

    The three numbers are compared here, and versions with the same three by the library.
    """
    by_numbers: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        if name:
            by_numbers.setdefault(_numbers(name), []).append(name)
    ranks: dict[str, int] = {}
    for numbers in sorted(by_numbers):
        same = by_numbers[numbers]
        if len(same) == 1:
            ranks[same[0]] = len(ranks) + 1
        else:
            _rank_by_library(same, ranks)
    return ranks


def _numbers(name: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, name[1:].split(".")))
    except ValueError:  # more than three numbers
        core = name[1:].partition("+")[0].partition("-")[0]
        return tuple(map(int, core.split(".")))


def _rank_by_library(names: list[str], ranks: dict[str, int]) -> None:
    """Rank names of the same three numbers after those below them; equal ones share a rank."""
    from semver import Version as SemVer  # noqa: PLC0415 - few registries need it, and it is slow

    versions = {name: SemVer.parse(name[1:]) for name in names}
    below = None
    rank = 0
    for name in sorted(names, key=versions.__getitem__):
        if versions[name] != below:
            rank, below = len(ranks) + 1, versions[name]
        ranks[name] = rank
