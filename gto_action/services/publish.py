"""Publish an event at the host: its release, its deployment, an event for another repository."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gto_action.annotations.entry import is_url
from gto_action.forges.forge import Deployment, Forge, Record, Release
from gto_action.interpretation import Interpretation
from gto_action.registry.events import Event
from gto_action.registry.replay import Artifact, ReplayedEvent
from gto_action.registry.tag_names import EventKind


@dataclass(frozen=True, slots=True)
class Published:
    """What the host has of an event, and a notice about why it has nothing."""

    record: Record | None = None
    notice: str = ""


def find_changes(interpretation: Interpretation, forge: Forge) -> Sequence[tuple[str, str]]:
    """Return the SHAs and subjects of the commits of a version that changed its path.

    They are those since the version before it, the newest first; of a path that DVC tracks, those
    of its .dvc file. Raises ForgeError.
    """
    replayed, artifact = _event_of(interpretation)
    before = [
        version.commit
        for version in artifact.versions
        if version.registered and version.name == replayed.previous_version
    ]
    path = interpretation.path
    if not before or not path or is_url(path):
        return ()
    return forge.changes((path, f"{path}.dvc"), replayed.event.commit, before[0])


def publish_release(
    interpretation: Interpretation, forge: Forge, body: str, *, is_latest: bool
) -> Published:
    """Publish the release of a registration, or update it; mark that of a deregistered version.

    ``body`` is its text in Markdown. Raises ForgeError.
    """
    replayed, artifact = _event_of(interpretation)
    event = replayed.event
    if event.kind is EventKind.DEREGISTRATION:
        return _mark_release(replayed, artifact, forge)
    if event.kind is not EventKind.REGISTRATION:
        return Published()
    is_active = artifact.is_registered(replayed.version, event.commit)
    is_latest = is_latest and is_active and replayed.version == artifact.latest
    if not is_active:
        body = _with_note(body, _deregistration(replayed, artifact))
    title = f"{event.name} {replayed.version}"
    release = Release(
        event.tag.name,
        event.commit,
        title,
        body,
        is_prerelease=not is_active,
        is_latest=is_latest,
    )
    return Published(forge.publish_release(release))


def deploy(interpretation: Interpretation, forge: Forge, *, log_url: str) -> Published:
    """Create the deployment of an assignment; make that of an unassignment inactive.

    An event that is no longer current is not deployed. Raises ForgeError.
    """
    replayed, artifact = _event_of(interpretation)
    event = replayed.event
    stage = event.parts.stage
    if stage is None:
        return Published()
    if event.kind is EventKind.UNASSIGNMENT:
        if (artifact.stages.get(stage), artifact.stage_commits.get(stage)) == _version(replayed):
            return Published(notice=f"{stage} shows {replayed.version} again: it stays deployed")
        tags = {
            each.tag.name
            for each in _events(EventKind.ASSIGNMENT, replayed, artifact)
            if each.parts.stage == stage
        }
        forge.deactivate(task_of(event), stage, tags, log_url)
        return Published()
    if not artifact.is_current(replayed):
        return Published(notice=f"{event.tag.name} is no longer current, so it is not deployed")
    description = f"{event.name} {replayed.version}"[:_MAX_DESCRIPTION]
    deployment = Deployment(event.tag.name, event.commit, stage, task_of(event), description)
    return Published(forge.deploy(deployment))


def task_of(event: Event) -> str:
    """Return the task of the deployments of an event's artifact."""
    return f"deploy:{event.name}"


def payload_of(values: Mapping[str, object]) -> dict[str, object]:
    """Return what another repository receives of an event: the step outputs, within the limit.

    Over it, ``message`` and then ``meta`` are null, and ``truncated`` is true. Source: GitHub's
    documentation, "Create a repository dispatch event".
    """
    event = dict(values)
    payload: dict[str, object] = {"event": event, "truncated": False}
    for name in ("message", "meta", "description", "labels", "image-labels", "files", "stages"):
        if len(json.dumps(payload)) <= MAX_PAYLOAD:
            break
        event[name] = None
        payload["truncated"] = True
    return payload


MAX_PAYLOAD = 65_535
"""The most characters of a payload."""
_MAX_DESCRIPTION = 140


def _event_of(interpretation: Interpretation) -> tuple[ReplayedEvent, Artifact]:
    assert interpretation.replayed
    assert interpretation.artifact
    return interpretation.replayed, interpretation.artifact


def _version(replayed: ReplayedEvent) -> tuple[str | None, str]:
    return replayed.version, replayed.event.commit


def _events(kind: EventKind, replayed: ReplayedEvent, artifact: Artifact) -> list[Event]:
    """Return the events of one kind that an event's version has had, the oldest first."""
    return [
        each.event
        for each in artifact.history
        if each.event.kind is kind and _version(each) == _version(replayed)
    ]


def _mark_release(replayed: ReplayedEvent, artifact: Artifact, forge: Forge) -> Published:
    """Mark the release of a deregistered version as a pre-release, with a note, once."""
    if artifact.is_registered(replayed.version, replayed.event.commit):
        again = f"{artifact.name} {replayed.version} is registered again, so its release stays"
        return Published(notice=again)
    for event in reversed(_events(EventKind.REGISTRATION, replayed, artifact)):
        release = forge.find_release(event.tag.name, event.commit)
        if release:
            body = _with_note(release.body, replayed.event.tag.name)
            return Published(forge.publish_release(replace(release, body=body, is_prerelease=True)))
    return Published(notice=f"{artifact.name} {replayed.version} has no release to mark")


def _deregistration(registration: ReplayedEvent, artifact: Artifact) -> str:
    """Return the tag that deregistered a version last; empty if its artifact is deprecated."""
    events = _events(EventKind.DEREGISTRATION, registration, artifact)
    return events[-1].tag.name if events else ""


def _with_note(body: str, tag: str) -> str:
    note = f"> Deregistered by the tag `{tag}`."
    return body if not tag or note in body else f"{note}\n\n{body}"
