"""The rules: which events a request needs, given its artifact as it is; or the reason why not.

They, and the messages of tags, are those of gto 1.10.1; docs/differences.md lists differences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gto_action.errors import QueryError, RefusedError
from gto_action.registry.events import replay_order
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.replay import Artifact, Version
from gto_action.registry.requests import (
    Assign,
    Bump,
    Deprecate,
    Deregister,
    Register,
    Request,
    Rollback,
    Unassign,
)
from gto_action.registry.selectors import is_artifact_name, is_stage_name, is_version
from gto_action.registry.tag_names import EventKind
from gto_action.util.text import quote_inline

if TYPE_CHECKING:
    from semver import Version as SemVer


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be created: what it is about, its commit, and ``simple`` as in a request."""

    kind: EventKind
    commit: str
    version: str = ""
    stage: str | None = None
    simple: bool | None = None

    def message(self, name: str) -> str:
        """Return the message of its tag if the user gives none, for an artifact of a name."""
        match self.kind:
            case EventKind.REGISTRATION:
                return f"Registering artifact {name} version {self.version}"
            case EventKind.DEREGISTRATION:
                return f"Deregistering artifact {name} version {self.version}"
            case EventKind.ASSIGNMENT:
                return f"Assigning stage {self.stage} to artifact {name} version {self.version}"
            case EventKind.UNASSIGNMENT:
                what = f"artifact '{name}' version '{self.version}'"
                return f"Unassigning stage '{self.stage}' to {what}"
            case EventKind.DEPRECATION:
                return f"Deprecating artifact '{name}'"


@dataclass(frozen=True, slots=True)
class Change:
    """The events to create, in their order, and the names of the tags to delete."""

    events: tuple[NewEvent, ...] = ()
    deleted: tuple[str, ...] = ()


def find_change(artifact: Artifact | None, request: Request, commits: Mapping[str, str]) -> Change:
    """Return the events to create and the tags to delete, so that a request is fulfilled.

    ``artifact`` is the request's as it is, ``None`` if it has no events; ``commits`` are the SHAs
    of the requests' refs. Raises RefusedError if that state does not allow it, QueryError if the
    request makes no sense.
    """
    _check(request)
    return _of_request(_Subject(request.name, artifact), request, commits)


@dataclass(frozen=True, slots=True)
class _Subject:
    """The artifact that a request is about: its name, and what it is if it has events."""

    name: str
    artifact: Artifact | None

    def existing(self, hint: str = "") -> Artifact:
        if self.artifact is None:
            raise RefusedError(f"Cannot find artifact '{self.name}'{hint}")
        return self.artifact


def _check(request: Request) -> None:
    """Raise QueryError if a request has a value that no tag can hold."""
    if not is_artifact_name(request.name):
        raise QueryError(
            f"{quote_inline(request.name)} is not a name that tags can hold: write letters "
            "and digits, and between them also '-', '_' and '/', or "
            f"DIR:NAME{did_you_mean(request.name)}"
        )
    stage = getattr(request, "stage", None)
    if stage is not None and not is_stage_name(stage):
        raise QueryError(
            f"{quote_inline(stage)} is not a name that a stage can have: write letters and "
            "digits, and between them also '-', '_' and '/'"
        )
    for version in (getattr(request, "version", ""), getattr(request, "to", "")):
        if version and not is_version(version):
            raise QueryError(
                f"version {quote_inline(version)} is not valid: write 'v' and a version of "
                "SemVer, as v1.0.0"
            )
    if "\0" in request.message:
        raise QueryError("the message has a null character, which Git does not allow")
    if _HALF_PAIR.search(request.message):
        raise QueryError("the message has half of a surrogate pair, which is no character")


_HALF_PAIR = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")


def _of_request(subject: _Subject, request: Request, commits: Mapping[str, str]) -> Change:
    match request:
        case Register():
            return _register(subject, request, commits)
        case Assign():
            return _assign(subject, request, commits)
        case Unassign():
            return _unassign(subject, request)
        case Deregister():
            return _deregister(subject, request)
        case Deprecate():
            return _deprecate(subject, request, commits)
        case Rollback():
            return _rollback(subject, request)
        case _:
            raise TypeError(request)


def _register(subject: _Subject, request: Register, commits: Mapping[str, str]) -> Change:
    if request.version and request.bump:
        raise QueryError("a version and a bump exclude each other: choose one")
    commit = commits[request.ref]
    artifact = subject.artifact
    found = _version_at(artifact, commit)
    if found and found.active and not request.force:
        is_same = request.version in {"", found.name}
        if request.if_needed and is_same:
            return Change()
        raise RefusedError(
            f"'{subject.name}' is already registered in this commit with version '{found.name}'"
        )
    if found and request.version not in {"", found.name}:
        raise RefusedError(
            f"the commit of {request.ref} had version '{found.name}': only that one can be "
            "registered there"
        )
    version = request.version or (found.name if found else _next_version(artifact, request.bump))
    if _is_elsewhere(artifact, version, commit):
        raise RefusedError(f"Version '{version}' already was registered at another commit")
    event = NewEvent(EventKind.REGISTRATION, commit, version, simple=request.simple)
    return Change((event,))


def _assign(subject: _Subject, request: Assign, commits: Mapping[str, str]) -> Change:
    stage = request.stage
    if request.ref and request.version and request.skip_registration:
        raise QueryError("--version names a version to register: leave out --skip-registration")
    registration: tuple[NewEvent, ...] = ()
    if request.version and not request.ref:
        found = _version_named(subject.artifact, request.version)
        if found is None:
            raise RefusedError(f"Version '{request.version}' is not registered")
        version, commit = found.name, found.commit
    else:
        commit = commits[request.ref or "HEAD"]
        found = _version_at(subject.artifact, commit)
        if found:
            if request.version and not (request.if_needed and found.name == request.version):
                raise RefusedError(
                    f"Can't register '{request.version}', since '{found.name}' is registered "
                    "already at this ref"
                )
            version = found.name
        elif request.skip_registration:
            version = commit
        else:
            first = Register(name=subject.name, ref=request.ref or "HEAD", version=request.version)
            registration = _register(subject, first, commits).events
            version = registration[0].version
    if found and not found.active and not request.force:
        raise RefusedError(
            f"Version '{version}' is deregistered: register it again, or use the '--force' flag"
        )
    if request.if_needed and not request.force and _shows(subject.artifact, stage, version, commit):
        return Change()
    is_in_stage = found is not None and stage in found.stages
    if is_in_stage and not request.force and not request.if_needed:
        shown = subject.artifact.stages.get(stage) if subject.artifact else None
        instead = f", which shows '{shown}' now" if shown not in {None, version} else ""
        raise RefusedError(
            f"Version '{version}' is already in stage '{stage}'{instead}. Use the '--force' flag "
            "to create a new Git tag nevertheless."
        )
    assignment = NewEvent(EventKind.ASSIGNMENT, commit, version, stage, simple=request.simple)
    return Change((*registration, assignment))


def _unassign(subject: _Subject, request: Unassign) -> Change:
    artifact = subject.existing()
    stage = request.stage
    version = request.version or artifact.stages.get(stage, "")
    if not version and request.if_needed:
        return Change()
    if not version:
        raise RefusedError(f"No version in stage '{stage}' was found for '{subject.name}'")
    found = _version_named(artifact, version)
    if found is None:
        raise RefusedError(f"No versions found for '{subject.name}': there is no {version}")
    events = [
        replayed.event
        for replayed in artifact.history
        if replayed.event.parts.stage == stage
        and (replayed.version, replayed.event.commit) == (found.name, found.commit)
    ]
    if request.if_needed and stage not in found.stages:
        return Change()
    if not events and not request.force:
        raise RefusedError(f"Stage '{stage}' is not assigned to a version '{version}'")
    if request.delete:
        return Change(deleted=tuple(event.tag.name for event in events))
    event = NewEvent(EventKind.UNASSIGNMENT, found.commit, version, stage, request.simple)
    return Change((event,))


def _deregister(subject: _Subject, request: Deregister) -> Change:
    found = _version_named(subject.artifact, request.version)
    if found is None or not found.registered:
        raise RefusedError(
            f"No versions found for '{subject.name}': {request.version} was never registered"
        )
    if request.if_needed and not found.active:
        return Change()
    if not found.active and not request.force:
        raise RefusedError(f"The version at ref '{found.commit}' was deregistered already")
    if request.delete:
        return Change(deleted=tuple(_tags_of(subject.existing(), found)))
    event = NewEvent(EventKind.DEREGISTRATION, found.commit, found.name, simple=request.simple)
    return Change((event,))


def _deprecate(subject: _Subject, request: Deprecate, commits: Mapping[str, str]) -> Change:
    simple = request.simple
    if request.force:
        if simple:
            raise QueryError("--force and --simple true exclude each other: choose one")
        simple = False
    elif not subject.existing(did_you_mean(subject.name)).active:
        if request.if_needed:
            return Change()
        raise RefusedError("Artifact was deprecated already")
    if request.delete:
        history = subject.existing().history
        return Change(deleted=tuple(replayed.event.tag.name for replayed in history))
    if request.ref or not subject.artifact:
        commit = commits[request.ref or "HEAD"]
    else:
        commit = subject.artifact.history[-1].event.commit
    return Change((NewEvent(EventKind.DEPRECATION, commit, simple=simple),))


def _rollback(subject: _Subject, request: Rollback) -> Change:
    artifact = subject.existing(did_you_mean(subject.name))
    stage = request.stage
    before = [entry for entry in stack_of(artifact, stage)[:-1] if request.to in {"", entry[0]}]
    if request.to and request.if_needed and artifact.stages.get(stage) == request.to:
        return Change()
    if not before:
        raise RefusedError(_why_no_rollback(artifact, request))
    version, commit = before[-1]
    event = NewEvent(EventKind.ASSIGNMENT, commit, version, stage, request.simple)
    return Change((event,))


def _why_no_rollback(artifact: Artifact, request: Rollback) -> str:
    """Return why a stage can't go back."""
    stage, name = request.stage, artifact.name
    shown = artifact.stages.get(stage)
    inactive = [
        version
        for version, _ in _complete_stack(artifact, stage)
        if version != shown and request.to in {"", version}
    ]
    if inactive:
        return (
            f"version '{inactive[-1]}', which stage '{stage}' of '{name}' showed before, is "
            "deregistered: register it again, or assign another version"
        )
    if not request.to:
        return f"stage '{stage}' of '{name}' showed nothing before what it shows now"
    possible = ", ".join(version for version, _ in stack_of(artifact, stage)[:-1]) or "nothing"
    return (
        f"a rollback of stage '{stage}' of '{name}' goes back to what led to the version shown, "
        f"{possible}, and not to '{request.to}': assign that version"
    )


def stack_of(artifact: Artifact, stage: str) -> list[tuple[str, str]]:
    """Return the active versions that a stage showed, and their commits; the last is shown now."""
    active = {(version.name, version.commit) for version in artifact.versions if version.active}
    return [entry for entry in _complete_stack(artifact, stage) if entry in active]


def _complete_stack(artifact: Artifact, stage: str) -> list[tuple[str, str]]:
    """Return the versions that a stage showed and their commits, whether they are active or not.

    An assignment puts its version on top or, if it is on the stack already, removes those above it;
    an unassignment removes its version.
    """
    stack: list[tuple[str, str]] = []
    for replayed in artifact.history:
        event = replayed.event
        if event.parts.stage != stage:
            continue
        entry = replayed.version or "", event.commit
        if event.kind is EventKind.ASSIGNMENT:
            stack = stack[: stack.index(entry)] if entry in stack else stack
            stack.append(entry)
        elif entry in stack:
            stack.remove(entry)
    return stack


def _version_at(artifact: Artifact | None, commit: str) -> Version | None:
    """Return the version registered at a commit: the active one, or the one registered last."""
    if artifact is None:
        return None
    last = {
        replayed.version: number
        for number, replayed in enumerate(artifact.history)
        if replayed.event.kind is EventKind.REGISTRATION and replayed.event.commit == commit
    }
    candidates = [
        version
        for version in artifact.versions
        if version.registered and version.commit == commit and version.name in last
    ]
    return max(candidates, key=lambda version: (version.active, last[version.name]), default=None)


def _version_named(artifact: Artifact | None, name: str) -> Version | None:
    """Return the version of a name: the active one, of several the one that was made last."""
    named = [version for version in (artifact.versions if artifact else ()) if version.name == name]
    return max(
        named, key=lambda version: (version.active, replay_order(version.origin)), default=None
    )


def _is_elsewhere(artifact: Artifact | None, name: str, commit: str) -> bool:
    """Return whether a version was registered at another commit and never at this one."""
    versions = artifact.versions if artifact else ()
    commits = {version.commit for version in versions if version.name == name}
    return bool(commits) and commit not in commits


def _next_version(artifact: Artifact | None, bump: Bump | None) -> str:
    """Return the version after the latest one, skipping those that were ever registered."""
    from semver import Version as SemVer  # noqa: PLC0415 - reading a registry needs it seldom

    ever = {version.name for version in (artifact.versions if artifact else ())}
    if artifact is None or artifact.latest is None:
        if bump:
            raise RefusedError(
                "Can't apply bump, because this is the first version being registered"
            )
        version, bump = SemVer(0, 0, 1), Bump.PATCH
    else:
        version, bump = SemVer.parse(artifact.latest[1:]), bump or Bump.PATCH
        version = _bumped(version, bump)
    while f"v{version}" in ever:
        version = _bumped(version, bump)
    return f"v{version}"


def _bumped(version: SemVer, bump: Bump) -> SemVer:
    match bump:
        case Bump.MAJOR:
            return version.bump_major()
        case Bump.MINOR:
            return version.bump_minor()
        case Bump.PATCH:
            return version.bump_patch()


def _shows(artifact: Artifact | None, stage: str, version: str, commit: str) -> bool:
    if artifact is None or not artifact.active:
        return False
    shown = artifact.stages.get(stage), artifact.stage_commits.get(stage)
    return shown == (version, commit)


def _tags_of(artifact: Artifact, version: Version) -> Iterable[str]:
    for replayed in artifact.history:
        event = replayed.event
        if (replayed.version, event.commit) == (version.name, version.commit):
            yield event.tag.name
