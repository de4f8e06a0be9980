"""Queries that gto answers: versions, commits without one, stages, and the history.

Source: what gto 1.10.1 prints. docs/differences.md lists where we differ, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gto_action.registry.annotated_commits import AnnotatedCommit, Commit
from gto_action.registry.events import Event, replay_order
from gto_action.registry.replay import Artifact, Registry, ReplayedEvent
from gto_action.registry.selectors import Selector
from gto_action.registry.tag_names import EventKind


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The options of ``show``. A negative number of assignments or versions means all.

    ``points_at`` is the commit whose versions are listed, by a name that Git knows, if not all are.
    """

    registered_only: bool = False
    deprecated: bool = False
    assignments_per_version: int = -1
    versions_per_stage: int = 1
    by_semver: bool = False
    points_at: str | None = None


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """A version, or a commit without one that is in a stage or whose files annotate.

    ``stages`` are those it is in, in the order of assignment; ``events`` are about it, in the
    order of time and of their tags' names; ``found`` is the commit that annotates.
    """

    artifact: str
    name: str
    commit: str
    registered: bool
    active: bool
    stages: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    found: Commit | None = None
    # a version may be in thousands of stages
    _events_by: dict[tuple[EventKind, str | None], list[Event]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, kind: EventKind, stage: str | None = None) -> Sequence[Event]:
        """Return the events of one kind, in one stage."""
        if not self._events_by:
            for event in self.events:
                self._events_by.setdefault((event.kind, event.parts.stage), []).append(event)
        return self._events_by.get((kind, stage), ())

    def assigned(self, stage: str) -> Event:
        """Return the last assignment of a stage that it is in."""
        return max(self.of(EventKind.ASSIGNMENT, stage), key=replay_order)

    @property
    def ref(self) -> str:
        """A ref that leads to its commit, or the commit's SHA if no tag does."""
        origin = self.origin()
        return f"refs/tags/{origin.tag.name}" if isinstance(origin, Event) else origin.sha

    def origin(self) -> Event | Commit:
        """Return its last registration, or else the newest event or commit that is known."""
        registrations = self.of(EventKind.REGISTRATION)
        if registrations:
            return registrations[-1]
        if self.events and (self.found is None or self.events[-1].tag.time >= self.found.time):
            return self.events[-1]
        assert self.found is not None
        return self.found


@dataclass(frozen=True, slots=True)
class Enrichment:
    """A commit, and an artifact's entry in artifacts.yaml there, as YAML made it."""

    commit: Commit
    entry: Mapping[object, object] | None


Enrichments = Mapping[tuple[str, str], Enrichment]
"""Enrichments by an artifact's name and a commit's SHA."""


def list_versions(
    registry: Registry, name: str, found: Iterable[AnnotatedCommit] = ()
) -> list[VersionEntry]:
    """List all versions of an artifact, the greatest first, then the commits without a version."""
    artifact = registry.artifacts.get(name)
    versions = _versions(artifact) if artifact else []
    for annotated in found:
        if annotated.name == name:
            _add(versions, annotated)
    numbered = [annotated for annotated in versions if annotated.registered]
    commits = [annotated for annotated in versions if not annotated.registered]
    return numbered + sorted(commits, key=lambda annotated: annotated.name, reverse=True)


def select(
    registry: Registry, versions: Sequence[VersionEntry], options: ListOptions, selector: Selector
) -> list[tuple[VersionEntry, list[str]]]:
    """Select versions of one artifact, each with the stages that show it."""
    artifact = registry.artifacts.get(selector.name)
    if artifact and not artifact.active and not options.deprecated:
        return []
    stages: dict[int, list[str]] = {}
    for stage, shown in in_stages(versions, options).items():
        for version in shown:
            stages.setdefault(id(version), []).append(stage)
    listed = [
        (version, stages.get(id(version), []))
        for version in versions
        if (version.active or options.deprecated)
        and (version.registered or not options.registered_only)
    ]
    if selector.latest:
        return listed[:1]
    return [
        (version, shown_in)
        for version, shown_in in listed
        if selector.version in {None, version.name}
        and (selector.stage is None or selector.stage in shown_in)
    ]


def version_of(replayed: ReplayedEvent, versions: Sequence[VersionEntry]) -> VersionEntry | None:
    """Return the version that an event is about; ``None`` if it is about none, or an unknown one.

    A deregistration may be at another commit than the version: then it is about the version of
    that name that was registered last before it.
    """
    event = replayed.event
    same_name = [version for version in versions if version.name == replayed.version]
    for version in same_name:
        if version.commit == event.commit:
            return version
    before = [
        (replay_order(registration), version)
        for version in same_name
        for registration in version.of(EventKind.REGISTRATION)
        if replay_order(registration) < replay_order(event)
    ]
    return max(before, key=lambda pair: pair[0])[1] if before else None


def select_version(
    versions: Sequence[VersionEntry], options: ListOptions, selected: VersionEntry
) -> list[tuple[VersionEntry, list[str]]]:
    """Select one version, active or not, with the stages that show it."""
    stages = in_stages(versions, options)
    return [(selected, [stage for stage, shown in stages.items() if selected in shown])]


def in_stages(
    versions: Iterable[VersionEntry], options: ListOptions
) -> dict[str, list[VersionEntry]]:
    """Find which versions each stage shows, in the order in which it shows them."""
    limit = options.assignments_per_version
    assignments = [
        (entry, stage)
        for entry in versions
        if entry.active and (entry.registered or not options.registered_only)
        for stage in (entry.stages if limit < 0 else entry.stages[:limit])
    ]
    if not options.by_semver:
        assignments.sort(key=lambda entry: replay_order(entry[0].assigned(entry[1])), reverse=True)
    shown: dict[str, list[VersionEntry]] = {}
    for entry, stage in assignments:
        matching = shown.setdefault(stage, [])
        if options.versions_per_stage < 0 or len(matching) < options.versions_per_stage:
            matching.append(entry)
    return shown


def shown_by_stages(
    registry: Registry, name: str, options: ListOptions
) -> Mapping[str, Sequence[str]]:
    """Return the names of the versions that each stage of an artifact with tags shows."""
    if options in {ListOptions(), ListOptions(deprecated=True)}:
        return {stage: (shown,) for stage, shown in registry.artifacts[name].stages.items()}
    shown = in_stages(list_versions(registry, name), options)
    return {stage: [version.name for version in versions] for stage, versions in shown.items()}


def used_stages(registry: Registry) -> list[str]:
    """Return the stages that show a version of any artifact, in the order of their names."""
    stages = {
        stage
        for artifact in registry.artifacts.values()
        for version in artifact.versions
        if version.active
        for stage in version.stages
    }
    return sorted(stages)


HistoryEntry = ReplayedEvent | AnnotatedCommit
"""An entry of a history: an event, or a commit that changed an annotation."""


def list_history(
    registry: Registry, found: Sequence[AnnotatedCommit], name: str | None, *, newest_first: bool
) -> list[HistoryEntry]:
    """Return the history of one artifact, or of all, in the order of replay or reversed."""
    artifact = registry.artifacts.get(name or "")
    events = registry.history() if name is None else list(artifact.history if artifact else ())
    commits = [annotated for annotated in found if name in {None, annotated.name}]
    entries: list[HistoryEntry] = [*commits, *events]
    if commits:
        entries.sort(key=_second)
    if newest_first:
        entries.reverse()
    return entries


def _second(entry: HistoryEntry) -> tuple[int, bool]:
    """Return a key that orders commits before the events of the same second."""
    if isinstance(entry, AnnotatedCommit):
        return entry.commit.time, False
    return entry.event.tag.time, True


def version_at(registry: Registry, found: AnnotatedCommit) -> str:
    """Return the name of the version at a commit; the SHA if there is none."""
    artifact = registry.artifacts.get(found.name)
    versions = artifact.versions if artifact else ()
    matching = (version.name for version in versions if version.commit == found.commit.sha)
    return next(matching, found.commit.sha)


def by_appearance(registry: Registry, found: Iterable[AnnotatedCommit]) -> list[str]:
    """Return the names of all artifacts in the order in which gto encounters them.

    It reads deprecations, then (de)registrations, then (un)assignments, each in the order of time;
    files come last.
    """
    first = {
        name: min(map(_phase, artifact.history)) for name, artifact in registry.artifacts.items()
    }
    names = sorted(first, key=first.__getitem__)
    return list(dict.fromkeys([*names, *(annotated.name for annotated in found)]))


def time_and_name(event: Event) -> tuple[int, str]:
    """Return a key that orders events as gto encounters them."""
    return event.tag.time, event.tag.name


def _versions(artifact: Artifact) -> list[VersionEntry]:
    events: dict[tuple[str, str], list[Event]] = {}
    for replayed in artifact.history:
        if replayed.version:
            events.setdefault((replayed.version, replayed.event.commit), []).append(replayed.event)
    return [
        VersionEntry(
            artifact=artifact.name,
            name=replayed.name,
            commit=replayed.commit,
            registered=replayed.registered,
            active=replayed.active,
            stages=replayed.stages[::-1],
            events=tuple(sorted(events[replayed.name, replayed.commit], key=time_and_name)),
        )
        for replayed in artifact.versions
    ]


def _add(versions: list[VersionEntry], found: AnnotatedCommit) -> None:
    """Add a commit that annotates, unless it is listed already."""
    sha = found.commit.sha
    matching = [number for number, version in enumerate(versions) if version.commit == sha]
    if not matching:
        versions.append(
            VersionEntry(found.name, sha, sha, registered=False, active=True, found=found.commit)
        )
    elif not versions[matching[0]].registered:
        versions[matching[0]] = replace(versions[matching[0]], found=found.commit)


def _phase(replayed: ReplayedEvent) -> tuple[int, int, str]:
    event = replayed.event
    phase = 0 if event.kind is EventKind.DEPRECATION else 2 if event.parts.stage else 1
    return phase, *time_and_name(event)
