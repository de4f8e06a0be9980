"""Download an artifact's file or directory: from Git what Git has, and by DVC what DVC tracks."""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gto_action.annotations.entry import is_url, path_from_root
from gto_action.artifacts.dvc.config_files import DvcRemote
from gto_action.artifacts.dvc.installation import find_dvc
from gto_action.artifacts.dvc.project import Project, find_roots, read_project, write_project
from gto_action.artifacts.dvc.pull import CACHE, DvcRunner
from gto_action.artifacts.dvc.tracked_output import find_output
from gto_action.artifacts.file_transaction import make_writable, parents
from gto_action.artifacts.request import DownloadContext, DownloadRequest
from gto_action.errors import PullError, UnreadableFileError
from gto_action.git.runner import printable_url
from gto_action.git.source import Source
from gto_action.git.tree import (
    LINK,
    SUBMODULE,
    TreeEntry,
    fetch_contents,
    read_tree,
    stays_within,
    write_contents,
)
from gto_action.util.scratch import scratch_directory
from gto_action.util.text import truncate_inline


@dataclass(frozen=True, slots=True)
class ArtifactLocation:
    """The location of an artifact: Git's files by their paths, and the DVC project that tracks it.

    ``path`` is the requested one with Git's symbolic links followed, which are ``links``. The
    project is ``None`` if DVC tracks none of it.
    """

    source: Source
    request: DownloadRequest
    path: str
    links: Mapping[str, TreeEntry]
    in_git: Mapping[str, TreeEntry]
    project: Project | None

    @property
    def root(self) -> str:
        """The path of the one file or directory that is to be downloaded. Raises PullError."""
        if not self.project or self.path not in self.project.files:
            return self.path
        outputs = self.project.outputs_of(self.path)
        if len(outputs) > 1:
            raise PullError(f"{self.path} has more than one output: {', '.join(outputs)}")
        return outputs[0]


def find_location(
    source: Source, request: DownloadRequest, tree: Mapping[str, TreeEntry] | None = None
) -> ArtifactLocation:
    """Find out where a requested artifact is; ``tree`` has the entries of the commit, if known.

    Raises PullError, FetchError.
    """
    if is_url(request.path):
        raise PullError(
            f"{printable_url(request.path)} is a URL, and DVC pulls what it tracks in the "
            "repository: fetch it with the storage's own program, or track it by dvc import-url"
        )
    if len(request.path) > MAX_PATH:
        raise PullError(f"the path {truncate_inline(request.path)} is too long for any system")
    if tree is None:
        tree = read_tree(source.all_objects(), request.commit)
    path, links = _followed(tree, source, request.path)
    root, nested = find_roots(tree, path)
    if path == "." or nested:
        what = "is the whole repository" if path == "." else f"holds the DVC project {nested[0]}"
        raise PullError(f"the path {path} {what}: name a file or a directory in it")
    if path in tree and (root is None or not path.endswith(".dvc")):
        return ArtifactLocation(source, request, path, links, {path: tree[path]}, None)
    in_git = {file: entry for file, entry in tree.items() if file.startswith(f"{path}/")}
    if root is None and not in_git:
        raise PullError(
            f"there is no {path} at {request.ref.removeprefix('refs/tags/')}: Git has no such file "
            "there, and no directory above it is a DVC project"
        )
    project = None if root is None else _project(source, request, tree, root, path)
    if in_git and project and not project.may_have_outputs_below(path, in_git):
        project = None
    return ArtifactLocation(source, request, path, links, in_git, project)


def _project(
    source: Source, request: DownloadRequest, tree: Mapping[str, TreeEntry], root: str, path: str
) -> Project:
    try:
        return read_project(source, request, tree, root, path)
    except UnreadableFileError as error:
        raise PullError(str(error)) from error


def download(
    location: ArtifactLocation,
    entries: Mapping[str, TreeEntry],
    context: DownloadContext,
    directory: str,
) -> dict[str, str]:
    """Download what DVC tracks, and ``entries`` of what Git has, into an empty directory.

    Returns the path of each part on disk: a file of Git, or an output of DVC with all its files,
    by its path from the repository's root. Raises PullError, FetchError, OSError.
    """
    parts = _from_git(location, entries, os.path.join(directory, "git"))
    if location.project:
        parts |= _by_dvc(location, location.project, context, directory)
    for path in parts:
        links = [parent for parent in parents(path) if _is_link(location.in_git, parent)]
        if links or not stays_within(path):
            raise PullError(f"{path} is not a valid path in a work tree: {links or path}")
    return parts


def refuse_pointer(path: str) -> None:
    """Refuse a file that is only a pointer of Git LFS. Raises PullError."""
    if os.path.isfile(path) and os.path.getsize(path) < _MAX_POINTER_SIZE:
        with open(path, "rb") as file:
            if file.read(len(_POINTER)) == _POINTER:
                raise PullError(
                    f"Git LFS holds {os.path.basename(path)}, and here is only its pointer: take "
                    "it from a checkout of the tag's commit with Git LFS (lfs: true)"
                )


def _from_git(
    location: ArtifactLocation, entries: Mapping[str, TreeEntry], directory: str
) -> dict[str, str]:
    if not entries:
        return {}
    submodules = [path for path, entry in entries.items() if entry.mode == SUBMODULE]
    if submodules:
        raise PullError(
            f"{submodules[0]} is a submodule, whose files are in another repository: take them "
            "from a checkout with submodules"
        )
    source = location.source
    fetch_contents(source, location.request.commit, location.request.ref, entries.values())
    paths_on_disk = {path: os.path.join(directory, path) for path in entries}
    write_contents(source.all_objects(), {paths_on_disk[path]: entries[path] for path in entries})
    for path_on_disk in paths_on_disk.values():
        refuse_pointer(path_on_disk)
    return paths_on_disk


def _by_dvc(
    location: ArtifactLocation, project: Project, context: DownloadContext, directory: str
) -> dict[str, str]:
    request = location.request
    remotes = project.remotes(request.remote)
    project.check_lists()
    if not location.in_git:
        project.check_remotes(request.remote)
    laid_out, private_dir = os.path.join(directory, "project"), os.path.join(directory, "dvc")
    with scratch_directory("gto-action-") as private:
        root = write_project(project, laid_out, os.path.join(private_dir, CACHE), private)
        schemes = {remote.scheme for remote in remotes}
        dvc = find_dvc(schemes, request.environment, directory=context.programs, log=context.log)
        start = time.monotonic()
        runner = DvcRunner(dvc, root, private_dir, request.environment, project.has_directories)
        paths = _parts(location, project, runner)
        if not paths:
            return {}
        if location.in_git:  # only now it is known that DVC has a part
            project.check_remotes(request.remote)
        requested = [location.path] if location.path in project.files else paths
        size = project.size_of(location.path) if context.watch else 0
        targets = [project.target(path) for path in requested]
        wrong = runner.pull(targets, request.remote, size, context.watch)
    what = f"{location.path}{_origin(location, project, remotes)}"
    if wrong:
        raise PullError(f"could not pull {what}: {wrong}")
    paths_on_disk = {path: os.path.join(laid_out, path) for path in paths}
    absent = [
        path for path, path_on_disk in paths_on_disk.items() if not os.path.lexists(path_on_disk)
    ]
    if absent:
        raise PullError(
            f"could not pull {what}: DVC is content, and there is no {absent[0]}; its output has "
            "no such file, or names another remote than dvc-remote"
        )
    make_writable(paths_on_disk.values())
    context.log(f"pulled {what} with {dvc.name} in {time.monotonic() - start:.1f} s")
    return paths_on_disk


def _origin(location: ArtifactLocation, project: Project, remotes: Sequence[DvcRemote]) -> str:
    """Return where DVC downloads an artifact from: an import comes from its source."""
    try:
        source = find_output(project.files, location.path).imported_from or {}
    except PullError:
        source = {}
    repository = source.get("repo")
    url = repository.get("url") if isinstance(repository, dict) else source.get("path")
    if isinstance(url, str):
        return f", which is imported from {printable_url(url)}"
    kind = "remotes" if len(remotes) > 1 else "remote"
    return f" from the DVC {kind} {', '.join(map(str, remotes))}" if remotes else ""


def _parts(location: ArtifactLocation, project: Project, runner: DvcRunner) -> list[str]:
    """Return the paths of the outputs that DVC has to download."""
    if location.path in project.files:
        return project.outputs_of(location.path)
    if not location.in_git:
        return [location.path]
    outputs = [
        posixpath.normpath(posixpath.join(project.root, output)) for output in runner.outputs()
    ]
    for output in outputs:
        if f"{location.path}/".startswith(f"{output}/"):
            first = next(iter(location.in_git))
            raise PullError(
                f"both Git and DVC hold {output}: take what Git has there ({first}) out of Git"
            )
    below = f"{location.path}/"
    return [
        output for output in outputs if output.startswith(below) and output not in location.in_git
    ]


def _followed(
    tree: Mapping[str, TreeEntry], source: Source, path: str
) -> tuple[str, dict[str, TreeEntry]]:
    """Follow the links of Git that a path is, or leads through; return them too.

    Raises PullError.
    """
    links: dict[str, TreeEntry] = {}
    for _ in range(_MAX_LINKS):
        link = next(
            (candidate for candidate in (*parents(path), path) if _is_link(tree, candidate)), None
        )
        if link is None:
            return path, links
        links[link] = tree[link]
        with source.objects() as objects:
            target = os.fsdecode(objects.read(tree[link].sha) or b"")
        led_to = path_from_root(posixpath.dirname(link), target)
        if not led_to or is_url(led_to):
            raise PullError(f"{link} is a link that leads out of the repository")
        path = posixpath.normpath(led_to + path[len(link) :])
    raise PullError(f"{path} is a link that leads to itself")


def _is_link(tree: Mapping[str, TreeEntry], path: str) -> bool:
    return path in tree and tree[path].mode == LINK


MAX_PATH = 4096
"""The most characters of a path, as Linux has it."""
_MAX_LINKS = 20
_MAX_POINTER_SIZE = 1024
_POINTER = b"version https://git-lfs.github.com/spec/"
