"""JSON as gto prints it, which scripts read.

Source: what gto 1.10.1 prints. docs/differences.md lists where we differ, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gto_action.registry.annotated_commits import AnnotatedCommit, Commit
from gto_action.registry.events import Event
from gto_action.registry.queries import (
    Enrichment,
    Enrichments,
    HistoryEntry,
    ListOptions,
    VersionEntry,
    by_appearance,
    list_versions,
    shown_by_stages,
    time_and_name,
    version_at,
)
from gto_action.registry.replay import Registry, ReplayedEvent
from gto_action.registry.tag_names import EventKind, TagName
from gto_action.util.json_values import plain

Json = dict[str, object]


def registry_json(
    registry: Registry,
    found: Sequence[AnnotatedCommit],
    options: ListOptions,
    stages: Sequence[str],
) -> dict[str, Json]:
    """Return an object for each artifact, by name: its latest version, and what its stages show."""
    shown: dict[str, Json] = {}
    for name in by_appearance(registry, found):
        artifact = registry.artifacts.get(name)
        if artifact and not artifact.active and not options.deprecated:
            continue
        versions = shown_by_stages(registry, name, options) if artifact else {}
        shown[name] = {
            "version": artifact.latest if artifact else None,
            "stage": {stage: ", ".join(versions.get(stage, ())) or None for stage in stages},
            "registered": artifact is not None,
            "active": artifact.active if artifact else True,
        }
    return shown


def versions_json(
    selected: Iterable[tuple[VersionEntry, list[str]]], enrichments: Enrichments
) -> list[Json]:
    """Return an object for each version, with all its events."""
    return [
        {
            **_version_json(version, enrichments),
            "stages": [
                {
                    **_stage_json(version, stage, named=True),
                    "is_active": True,
                    "activated_at": version.assigned(stage).created_at,
                    **_origin_json(version.assigned(stage)),
                }
                for stage in shown_in
            ],
            "is_active": version.active,
            "activated_at": _first_known(version, enrichments),
            **_origin_json(version.origin()),
            "discovered": not version.registered,
        }
        for version, shown_in in selected
    ]


def history_json(registry: Registry, entry: HistoryEntry) -> Json:
    """Return the object that ``history`` shows for an event or a commit."""
    if isinstance(entry, AnnotatedCommit):
        return _commit_json(registry, entry)
    event = entry.event
    return {
        "timestamp": event.created_at,
        "artifact": event.name,
        "event": str(event.kind),
        "priority": _PRIORITY[event.kind],
        "version": entry.version,
        "stage": event.parts.stage,
        "commit": event.commit,
        "author": event.tag.author,
        "author_email": event.tag.author_email,
        "message": event.tag.message,
        "ref": event.tag.name,
    }


def event_json(replayed: ReplayedEvent) -> Json:
    """Return the object that ``check-ref`` shows for an event."""
    document = _event_json(replayed.event, replayed.version, named=True)
    return {key: value for key, value in document.items() if key not in {"priority", "addition"}}


def tag_json(parts: TagName) -> Json:
    """Return the object that ``parse-tag`` shows for a tag's name."""
    document = {
        "name": parts.name,
        "version": parts.version,
        "stage": parts.stage,
        "action": _ACTION[parts.kind],
        "counter": parts.counter,
    }
    return {key: value for key, value in document.items() if value is not None}


def state_json(
    registry: Registry, found: Sequence[AnnotatedCommit], enrichments: Enrichments
) -> Json:
    """Return all that is known about all artifacts."""
    return {
        "artifacts": {
            name: _artifact_json(registry, name, found, enrichments)
            for name in by_appearance(registry, found)
        }
    }


def _artifact_json(
    registry: Registry, name: str, found: Sequence[AnnotatedCommit], enrichments: Enrichments
) -> Json:
    artifact = registry.artifacts.get(name)
    history = artifact.history if artifact else ()
    versions = sorted(list_versions(registry, name, found), key=_appearance_of_version)
    return {
        "artifact": name,
        "versions": [
            {
                **_version_json(version, enrichments),
                "stages": {stage: _stage_json(version, stage) for stage in _ever_in(version)},
            }
            for version in versions
        ],
        "creations": [],
        "deprecations": [
            _event_json(replayed.event, None)
            for replayed in sorted(history, key=lambda replayed: time_and_name(replayed.event))
            if replayed.event.kind is EventKind.DEPRECATION
        ],
    }


def _appearance_of_version(version: VersionEntry) -> tuple[int, int, str]:
    direct = [event for event in version.events if event.parts.stage is None]
    if direct:
        return 1, *time_and_name(direct[0])
    if version.events:
        return 2, *time_and_name(version.events[0])
    return 3, 0, version.name


def _ever_in(version: VersionEntry) -> list[str]:
    stages = (event.parts.stage for event in version.events)
    return list(dict.fromkeys(stage for stage in stages if stage))


def _version_json(version: VersionEntry, enrichments: Enrichments) -> Json:
    enrichment = enrichments.get((version.artifact, version.commit))
    registrations = version.of(EventKind.REGISTRATION)
    deregistrations = version.of(EventKind.DEREGISTRATION)
    return {
        "artifact": version.artifact,
        "commit_hexsha": version.commit,
        "version": version.name,
        "enrichments": [_enrichment_json(version, enrichment)] if enrichment else [],
        "registrations": [_event_json(event, version.name) for event in registrations],
        "deregistrations": [_event_json(event, version.name) for event in deregistrations],
    }


def _stage_json(version: VersionEntry, stage: str, *, named: bool = False) -> Json:
    assignments = version.of(EventKind.ASSIGNMENT, stage)
    unassignments = version.of(EventKind.UNASSIGNMENT, stage)
    return {
        "artifact": version.artifact,
        "commit_hexsha": version.commit,
        "version": version.name,
        "stage": stage,
        "assignments": [_event_json(entry, version.name, named=named) for entry in assignments],
        "unassignments": [_event_json(event, version.name, named=named) for event in unassignments],
    }


def _event_json(event: Event, version: str | None, *, named: bool = False) -> Json:
    document: Json = {
        "priority": _PRIORITY[event.kind],
        "addition": event.kind in _ADDING,
        "artifact": event.name,
        "created_at": event.created_at,
        "author": event.tag.author,
        "author_email": event.tag.author_email,
        "message": event.tag.message,
        "commit_hexsha": event.commit,
        "tag": event.tag.name,
    }
    if version is not None:
        document["version"] = version
    if event.parts.stage is not None:
        document["stage"] = event.parts.stage
    if named:
        document["event"] = str(event.kind)
    return document


def _enrichment_json(version: VersionEntry, enrichment: Enrichment) -> Json:
    commit, entry = enrichment.commit, enrichment.entry
    document = (
        {"source": "gto", "artifact": {**_ENTRY, **_known(entry)}} if entry is not None else None
    )
    return {
        "priority": 0,
        "addition": True,
        "artifact": version.artifact,
        "created_at": commit.created_at,
        "author": commit.author,
        "author_email": commit.author_email,
        "message": commit.message,
        "commit_hexsha": commit.sha,
        "version": version.name,
        "enrichments": [document] if document else [],
        "committer": commit.committer,
        "committer_email": commit.committer_email,
    }


def _known(entry: Mapping[object, object]) -> Json:
    return {field: plain(entry[field]) for field in _ENTRY if field in entry}


def _origin_json(origin: Event | Commit) -> Json:
    who = origin if isinstance(origin, Commit) else origin.tag
    return {
        "created_at": origin.created_at,
        "author": who.author,
        "author_email": who.author_email,
        "message": who.message,
        "ref": origin.sha if isinstance(origin, Commit) else origin.tag.name,
    }


def _first_known(version: VersionEntry, enrichments: Enrichments) -> str:
    """Return the time of the first registration, or else of the first event or commit."""
    registrations = version.of(EventKind.REGISTRATION)
    if registrations:
        return registrations[0].created_at
    enrichment = enrichments.get((version.artifact, version.commit))
    commits = [enrichment.commit] if enrichment else []
    times = [
        *((commit.time, commit.created_at) for commit in commits),
        *((event.tag.time, event.created_at) for event in version.events),
    ]
    return min(times)[1]


def _commit_json(registry: Registry, annotated: AnnotatedCommit) -> Json:
    commit = annotated.commit
    return {
        "timestamp": commit.created_at,
        "artifact": annotated.name,
        "event": "commit",
        "priority": 0,
        "version": version_at(registry, annotated),
        "stage": None,
        "commit": commit.sha,
        "author": commit.author,
        "author_email": commit.author_email,
        "message": commit.message,
        "ref": commit.sha,
    }


_PRIORITY = {
    EventKind.DEPRECATION: 2,
    EventKind.REGISTRATION: 3,
    EventKind.DEREGISTRATION: 4,
    EventKind.ASSIGNMENT: 5,
    EventKind.UNASSIGNMENT: 6,
}
_ACTION = {
    EventKind.DEPRECATION: "deprecate",
    EventKind.REGISTRATION: "register",
    EventKind.DEREGISTRATION: "deregister",
    EventKind.ASSIGNMENT: "assign",
    EventKind.UNASSIGNMENT: "unassign",
}
_ADDING = frozenset({EventKind.REGISTRATION, EventKind.ASSIGNMENT})
_ENTRY: Json = {
    "type": None,
    "path": None,
    "virtual": True,
    "labels": [],
    "description": "",
    "custom": None,
}
