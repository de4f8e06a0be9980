"""Which artifacts changed: those whose content at a commit is not that of their latest version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from gto_action.annotations import Annotation
from gto_action.annotations.entry import is_url
from gto_action.annotations.find import FILES, entries, find_annotation
from gto_action.artifacts.download import ArtifactLocation, find_location
from gto_action.artifacts.dvc.tracked_output import find_output
from gto_action.artifacts.request import DownloadRequest
from gto_action.errors import PullError, QueryError, UnreadableFileError
from gto_action.git.commits import ALL_TREES, files_named
from gto_action.git.tree import TreeEntry, read_tree
from gto_action.registry.replay import Registry
from gto_action.registry.requests import (
    Assign,
    AssignChanged,
    NumberedRequest,
    Register,
    RegisterChanged,
    Request,
    at_line,
)
from gto_action.registry.selectors import is_artifact_name
from gto_action.services.session import RegistrySession


def expand(
    session: RegistrySession,
    registry: Registry,
    requests: Iterable[NumberedRequest],
    commits: Mapping[str, str],
) -> list[NumberedRequest]:
    """Replace the requests about what changed by one for each artifact.

    ``commits`` are the SHAs of the requests' refs. Raises QueryError for an artifact whose path is
    missing, or whose annotation can't be read; FetchError, UnreadableRepositoryError.
    """
    expanded: list[NumberedRequest] = []
    registered: list[str] | None = None
    for numbered in requests:
        request = numbered.request
        try:
            match request:
                case RegisterChanged():
                    names = _changed(session, registry, request.ref, commits[request.ref])
                    registered = [*(registered or []), *names]
                    new: list[Request] = [
                        Register(
                            name=name,
                            ref=request.ref,
                            bump=request.bump if _has_versions(registry, name) else None,
                            message=request.message,
                            if_needed=True,
                        )
                        for name in names
                    ]
                case AssignChanged():
                    names = (
                        _not_shown(session, registry, request, commits[request.ref])
                        if registered is None
                        else registered
                    )
                    new = [
                        Assign(
                            name=name,
                            ref=request.ref,
                            stage=request.stage,
                            message=request.message,
                            if_needed=True,
                        )
                        for name in names
                    ]
                case _:
                    new = [request]
        except QueryError as error:
            raise at_line(error, numbered.line) from error
        expanded += (replace(numbered, request=each) for each in new)
    return expanded


def _has_versions(registry: Registry, name: str) -> bool:
    return name in registry.artifacts and registry.artifacts[name].latest is not None


def _changed(session: RegistrySession, registry: Registry, ref: str, commit: str) -> list[str]:
    """Return the annotated artifacts without an active version, or with other content than it."""
    annotated = _annotated(session, ref, commit)
    registered: dict[str, list[str]] = {}
    for name in annotated:
        latest = _latest_commit(registry, name)
        if latest:
            registered.setdefault(latest, []).append(name)
    session.source.fetch_commits(registered, ALL_TREES)
    contents = _ComparedCommit(session, ref, commit)
    now = {name: contents.of(name, annotation) for name, annotation in annotated.items()}
    before: dict[str, object] = {name: now[name] for name in registered.pop(commit, ())}
    for latest, names in registered.items():
        before |= _contents_before(session, names, latest)
    return [name for name in annotated if before.get(name) != now[name]]


def _not_shown(
    session: RegistrySession, registry: Registry, request: AssignChanged, commit: str
) -> list[str]:
    """Return the annotated artifacts with an active version at a commit that a stage lacks."""
    names = []
    for name in _annotated(session, request.ref, commit):
        artifact = registry.artifacts.get(name)
        active = [
            version.name
            for version in (artifact.versions if artifact and artifact.active else ())
            if version.registered and version.active and version.commit == commit
        ]
        if artifact and active and artifact.stages.get(request.stage) not in active:
            names.append(name)
    return names


def _annotated(session: RegistrySession, ref: str, commit: str) -> dict[str, Annotation]:
    """Return the annotation of every artifact that files at a commit annotate, by its name.

    Raises QueryError if one of them has the name ``ref``, which may be meant to be the artifact.
    """
    session.source.fetch_commits([commit], ALL_TREES)
    annotated: dict[str, Annotation] = {}
    with session.source.files(commit, ref) as read:
        for path in files_named(session.source, commit, FILES):
            try:
                names = list(entries(path, read))
            except UnreadableFileError as error:
                raise QueryError(f"it is not known what changed: {error}") from error
            for name in names:
                if not is_artifact_name(name):
                    raise QueryError(f"{path} at {ref} has {name!r}, a name that no tag can have")
                annotation, diagnostics = find_annotation(name, read)
                if annotation is None:
                    reasons = "; ".join(diagnostic.located for diagnostic in diagnostics)
                    raise QueryError(f"the annotation of {name} can't be used: {reasons}")
                annotated[name] = annotation
    if ref in annotated:
        raise QueryError(
            f"{ref} is an artifact, and --changed is about all of them: leave it out, or write the "
            f"branch as refs/heads/{ref}"
        )
    return annotated


def _latest_commit(registry: Registry, name: str) -> str | None:
    artifact = registry.artifacts.get(name)
    latest = artifact.latest_version if artifact and artifact.active else None
    return latest.commit if latest else None


def _contents_before(
    session: RegistrySession, names: Iterable[str], commit: str
) -> dict[str, object]:
    """Return what identifies the contents of artifacts at an earlier commit, of those with one."""
    contents = _ComparedCommit(session, commit, commit)
    identified: dict[str, object] = {}
    with session.source.files(commit, commit) as read:
        for name in names:
            annotation, _ = find_annotation(name, read)
            if annotation:
                with suppress(QueryError):
                    identified[name] = contents.of(name, annotation)
    return identified


class _ComparedCommit:
    """What identifies the contents of artifacts at a commit, which ``ref`` leads to."""

    def __init__(self, session: RegistrySession, ref: str, commit: str) -> None:
        self._session = session
        self._ref = ref
        self._commit = commit

    @cached_property
    def _tree(self) -> Mapping[str, TreeEntry]:
        return read_tree(self._session.source.all_objects(), self._commit)

    def of(self, name: str, annotation: Annotation) -> object:
        """Return what identifies an artifact's content. Raises QueryError if its path is missing.

        For a path that Git holds, that is the objects' SHAs; for one that DVC tracks, the hash in
        its metadata; for a URL or what is declared to be elsewhere, the annotation.
        """
        path = annotation.path
        if not path or is_url(path):
            return annotation
        environment = self._session.environment
        request = DownloadRequest(path, self._commit, self._ref, None, environment)
        try:
            return _identity(find_location(self._session.source, request, self._tree))
        except PullError as error:
            if annotation.virtual:
                return annotation
            raise QueryError(f"the path of {name} in {annotation.file}: {error}") from error


def _identity(location: ArtifactLocation) -> object:
    shas = tuple(sorted((path, entry.sha) for path, entry in location.in_git.items()))
    return shas, tuple(_dvc_identity(location))


def _dvc_identity(location: ArtifactLocation) -> Iterator[object]:
    if location.project is None:
        return
    files = location.project.files
    try:
        output = find_output(files, location.path)
    except PullError:
        if not location.in_git:
            raise
        # outputs below a directory that Git has: their hashes are in these files
        yield from sorted((path, hashlib.sha256(text).hexdigest()) for path, text in files.items())
        return
    yield repr(sorted(output.metadata.items(), key=str))
