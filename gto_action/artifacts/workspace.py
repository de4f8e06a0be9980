"""Pull an artifact's file into the checkout."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from gto_action.artifacts.download import ArtifactLocation, download, find_location, refuse_pointer
from gto_action.artifacts.file_transaction import (
    FileTransaction,
    files_below,
    inside,
    link_above,
    staging,
    writing,
)
from gto_action.artifacts.request import DownloadContext, DownloadRequest
from gto_action.errors import UnreadableRepositoryError
from gto_action.git.source import Source
from gto_action.git.tree import SUBMODULE, TreeEntry, filtered, is_in_place, read_tree


def pull_into_checkout(
    source: Source, request: DownloadRequest, workspace: str, context: DownloadContext
) -> tuple[str, ...]:
    """Download a requested artifact to its path in a workspace, and replace what is there.

    Files that are already as in the commit are not touched. Returns the paths of all files, from
    the workspace. Raises PullError, FetchError.
    """
    with writing(f"{request.path} into the checkout", workspace):
        location = find_location(source, request)
        path_on_disk = inside(workspace, location.path)
        head = _head(source)
        other = _not_in_place(source, head, {**location.links, **location.in_git}, workspace)
        stale = [path for path in _stale(location, head) if _is_own_file(workspace, path)]
        downloaded: dict[str, str] = {}
        if location.project or other or stale:
            with staging(path_on_disk) as directory:
                downloaded = download(location, other, context, directory)
                _put(location, downloaded, stale, workspace, directory)
        else:
            context.log(f"Git holds {location.path}, and the checkout has it")
        return tuple(_files(location, downloaded, workspace))


def _put(
    location: ArtifactLocation,
    downloaded: Mapping[str, str],
    stale: Iterable[str],
    workspace: str,
    directory: str,
) -> None:
    """Put all files in place, or leave everything as it was."""
    with FileTransaction(directory) as transaction:
        for path in stale:
            transaction.remove(os.path.join(workspace, path))
        for path, part in downloaded.items():
            top = location.path if path.startswith(f"{location.path}/") else path
            destination = inside(workspace, top)
            transaction.put(part, os.path.normpath(destination + path[len(top) :]), destination)
        transaction.give_to_owner_of(workspace)


def _files(
    location: ArtifactLocation, downloaded: Mapping[str, str], workspace: str
) -> Iterable[str]:
    """Return the files that the artifact has in the workspace, in order."""
    paths = {path for path, entry in location.in_git.items() if entry.mode != SUBMODULE}
    for part in downloaded:
        if part not in location.links:
            paths_on_disk = files_below(os.path.join(workspace, part))
            paths |= {
                os.path.relpath(path, workspace).replace(os.sep, "/") for path in paths_on_disk
            }
    return sorted(paths)


def _head(source: Source) -> dict[str, TreeEntry]:
    try:
        return read_tree(source.checkout.repository, "HEAD") if source.checkout else {}
    except UnreadableRepositoryError:  # nothing is checked out yet
        return {}


def _not_in_place(
    source: Source, head: Mapping[str, TreeEntry], entries: Mapping[str, TreeEntry], workspace: str
) -> dict[str, TreeEntry]:
    """Return those files of Git that the work tree lacks, or has with other content."""
    other = {
        path: entry
        for path, entry in entries.items()
        if link_above(workspace, path) or not is_in_place(os.path.join(workspace, path), entry)
    }
    if source.checkout and other:
        for path in filtered(source.checkout.repository, other):
            path_on_disk = os.path.join(workspace, path)
            # what a filter made of the same content when it was checked out
            is_own = os.path.isfile(path_on_disk) and not link_above(workspace, path)
            if head.get(path) == other[path] and is_own:
                del other[path]
    for path in entries.keys() - other.keys():
        refuse_pointer(os.path.join(workspace, path))
    return other


def _stale(location: ArtifactLocation, head: Mapping[str, TreeEntry]) -> list[str]:
    """Return the files that Git has at HEAD in the directory, and not at the requested commit."""
    if not location.in_git or location.path in location.in_git:
        return []
    below = f"{location.path}/"
    return [path for path in head if path.startswith(below) and path not in location.in_git]


def _is_own_file(workspace: str, path: str) -> bool:
    """Return whether there is a file or a link at a path of the workspace itself."""
    path_on_disk = os.path.join(workspace, path)
    is_file = os.path.islink(path_on_disk) or os.path.isfile(path_on_disk)
    return is_file and not link_above(workspace, path)
