"""Download the file or directory of a version to a place on disk."""

from __future__ import annotations

import os
import posixpath
from dataclasses import replace

from gto_action.annotations.find import find_annotation
from gto_action.artifacts.download import ArtifactLocation, download, find_location
from gto_action.artifacts.file_transaction import FileTransaction, staging, writing
from gto_action.artifacts.request import DownloadContext, DownloadRequest
from gto_action.errors import QueryError
from gto_action.git.worktree import work_tree
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.queries import VersionEntry
from gto_action.registry.replay import ReplayedEvent
from gto_action.registry.selectors import is_artifact_name, parse_selector
from gto_action.registry.tag_names import EventKind
from gto_action.services.session import RegistrySession


def retrieve(  # noqa: PLR0913 - the options of the command
    session: RegistrySession,
    name: str,
    context: DownloadContext,
    *,
    out: str,
    remote: str,
    force: bool,
) -> str:
    """Download what a version's annotation names to ``out``; return its path.

    ``name`` is as for the command get, ``remote`` a DVC remote. An existing file or directory is
    replaced only with ``force``. Raises GtoActionError.
    """
    request = replace(_request(session, name), remote=remote)
    location = find_location(session.source, request)
    destination = _destination(out, _own_name(location))
    _check_free(destination, force=force)
    with (
        writing(destination, destination),
        staging(os.path.abspath(destination)) as directory,
        FileTransaction(directory) as transaction,
    ):
        content = os.path.join(directory, "content")
        for path, part in download(location, location.in_git, context, directory).items():
            transaction.put(part, os.path.normpath(content + path[len(location.root) :]))
        _check_free(destination, force=force)
        transaction.put(content, os.path.abspath(destination))
    return destination


def _check_free(destination: str, *, force: bool) -> None:
    if os.path.lexists(destination):
        if not _is_replaceable(destination):
            raise QueryError(
                f"{destination} is neither a file nor a directory, nor a link to one: name another "
                "path with --out"
            )
        if not force:
            raise QueryError(f"{destination} is there already: --force replaces it")
    ancestor = os.path.dirname(os.path.abspath(destination))
    while not os.path.lexists(ancestor):
        ancestor = os.path.dirname(ancestor)
    if not os.path.isdir(ancestor):
        raise QueryError(f"{ancestor} is not a directory, so {destination} can't be written")


def _is_replaceable(destination: str) -> bool:
    """Return whether a path is a file or a directory, or a link to one or to nothing."""
    return (
        os.path.isfile(destination) or os.path.isdir(destination) or not os.path.exists(destination)
    )


def _own_name(location: ArtifactLocation) -> str:
    """Return the name of what is requested; of a .dvc file, that of its output."""
    path = location.request.path
    return posixpath.basename(location.root if path.endswith(".dvc") else path)


def _request(session: RegistrySession, name: str) -> DownloadRequest:
    """Find the version that a selector names, by default the latest one, and its path."""
    selector = parse_selector(name)
    if not is_artifact_name(selector.name):
        hint = did_you_mean(name) or ": write NAME, NAME@VERSION, NAME#STAGE or a tag's name"
        raise QueryError(f"'{name}' does not name an artifact{hint}")
    if selector.is_artifact:
        selector = replace(selector, latest=True)
    version = session.find_version(selector, name)
    if selector.tag:
        _check_active(session.find_event(selector.tag, selector.name), version)
    commit, ref = version.commit, version.ref
    with session.source.files(commit, ref) as read:
        annotation, diagnostics = find_annotation(selector.name, read)
    for diagnostic in diagnostics:
        session.warn(diagnostic)
    if annotation is None or not annotation.path:
        raise QueryError(
            f"no annotation at {ref.removeprefix('refs/tags/')} says where {selector.name} is: "
            "dvc.yaml or artifacts.yaml has to give it a path"
        )
    top = work_tree(session.source.repository) if session.source.checkout else None
    return DownloadRequest(annotation.path, commit, ref, top, session.environment)


def _check_active(replayed: ReplayedEvent, version: VersionEntry) -> None:
    """Refuse to download the version of a tag that withdraws it, or that was deregistered since.

    Raises QueryError.
    """
    event = replayed.event
    version_of = f"version {version.name} of {event.name}"
    if event.kind is EventKind.DEREGISTRATION:
        raise QueryError(
            f"tag '{event.tag.name}' deregisters {version_of}: name the version to download"
        )
    if event.kind is EventKind.UNASSIGNMENT:
        raise QueryError(
            f"tag '{event.tag.name}' unassigns {version_of} from {event.parts.stage}: name the "
            "version to download"
        )
    if not version.active:
        raise QueryError(
            f"{version_of}, which tag '{event.tag.name}' is about, "
            "is deregistered: name the version to download"
        )


def _destination(out: str, name: str) -> str:
    """Return where to write: ``out``, or ``name`` in it if it is a directory, or is to be one."""
    is_dir = os.path.isdir(out) or out.endswith(("/", os.sep))
    return os.path.normpath(os.path.join(out, name) if is_dir else out)
