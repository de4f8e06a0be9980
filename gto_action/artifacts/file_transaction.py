"""Move files into place: all of them, or none."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from gto_action.errors import PullError
from gto_action.git.tree import stays_within
from gto_action.util.scratch import ScratchError, scratch_directory


@contextmanager
def staging(destination: str) -> Iterator[str]:
    """Create an empty directory on the file system of a destination; remove it in the end.

    Raises PullError.
    """
    ancestor = os.path.dirname(destination)
    while not os.path.isdir(ancestor):
        ancestor = os.path.dirname(ancestor)
    try:
        with scratch_directory(".gto-action-", ancestor) as directory:
            yield directory
    except ScratchError as error:
        raise PullError(f"could not make a directory in {ancestor}: {error.strerror}") from error


class FileTransaction:
    """Moves files and directories to their places; if one of the moves fails, all are undone.

    All of it is on the file system of the directory ``trash``, which takes replaced files. So
    anyone who looks at a file sees the old or the new one, and never a part.
    """

    def __init__(self, trash: str) -> None:
        self._trash = trash
        self._moved: list[tuple[str, str | None]] = []
        self._made: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            return
        for destination, kept in reversed(self._moved):
            if kept is None:
                with suppress(FileNotFoundError):
                    os.rename(destination, self._kept_name())
            elif os.path.lexists(kept):
                if os.path.lexists(destination) and (
                    os.path.isdir(destination) or os.path.isdir(kept)
                ):
                    os.rename(destination, self._kept_name())
                os.replace(kept, destination)
        for directory in reversed(self._made):
            with suppress(OSError):
                os.rmdir(directory)

    def put(self, source: str, destination: str, top: str | None = None) -> None:
        """Move a file or a directory to its destination, and create the directories above it.

        A file in the way of a directory, at ``top`` or below it, is removed. Raises OSError.
        """
        parent = os.path.dirname(destination)
        missing = []
        while not os.path.isdir(parent) or (top and _is_in(parent, top) and os.path.islink(parent)):
            if top and _is_in(parent, top) and os.path.lexists(parent):
                self.remove(parent)
            missing.append(parent)
            parent = os.path.dirname(parent)
        for directory in reversed(missing):
            os.mkdir(directory)
            self._made.append(directory)
        if not os.path.lexists(destination):
            os.replace(source, destination)
            self._moved.append((destination, None))
            return
        is_directory = os.path.isdir(source) or (
            os.path.isdir(destination) and not os.path.islink(destination)
        )
        if is_directory or not self._keep(destination):
            self.remove(destination)
        os.replace(source, destination)

    def give_to_owner_of(self, directory: str) -> None:
        """Change the owner of all new files and directories to that of a directory.

        A container runs as root, and the user of a self-hosted runner could not remove its files.
        """
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            return  # only root may give files away
        owner = os.stat(directory)
        for destination in (*self._made, *(destination for destination, _ in self._moved)):
            for path in _all_below(destination):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def remove(self, destination: str) -> None:
        """Remove what is at a path. Raises OSError."""
        kept = self._kept_name()
        self._moved.append((destination, kept))
        os.rename(destination, kept)

    def _keep(self, destination: str) -> bool:
        """Keep a file without removing it; return whether the file system can."""
        kept = self._kept_name()
        try:
            os.link(destination, kept, follow_symlinks=False)
        except OSError:
            return False
        self._moved.append((destination, kept))
        return True

    def _kept_name(self) -> str:
        return os.path.join(tempfile.mkdtemp(dir=self._trash), "kept")


def inside(directory: str, path: str) -> str:
    """Return a path of a repository as one in a directory. Raises PullError if it leads elsewhere.

    A link may lead anywhere, and Git's own directory must not receive an artifact.
    """
    directory = os.path.realpath(directory)
    if not stays_within(path):
        raise PullError(f"{path} is not a path for an artifact: it is in a directory of Git's own")
    link = link_above(directory, path)
    if link:
        raise PullError(f"{path} leads through the link {link}: replace it by a directory")
    return os.path.join(directory, path)


def link_above(directory: str, path: str) -> str | None:
    """Return the first link that a path of a directory leads through; ``None`` if there is none."""
    places = (os.path.join(directory, parent) for parent in parents(path))
    return next(filter(os.path.islink, places), None)


def parents(path: str) -> list[str]:
    """Return the directories that a path of a repository is in, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


@contextmanager
def writing(what: str, ancestor: str) -> Iterator[None]:
    """Convert errors in the context to one about ``what`` could not be written, and where.

    Raises PullError.
    """
    try:
        yield
    except OSError as error:
        destination = error.filename2 or error.filename or ancestor
        raise PullError(f"could not write {what}: {destination}: {error.strerror}") from error


def _is_in(path: str, top: str) -> bool:
    return path == top or path.startswith(top + os.sep)


def _all_below(path: str) -> Iterator[str]:
    """Yield a path, and all files and directories below it; nothing if it is not there."""
    if os.path.lexists(path):
        yield path
    if os.path.isdir(path) and not os.path.islink(path):
        for directory, directories, files in os.walk(path):
            yield from (os.path.join(directory, name) for name in (*directories, *files))


def files_below(path: str) -> Iterator[str]:
    """Yield all files at a path or below it, in order; links to directories are files."""
    if not os.path.isdir(path) or os.path.islink(path):
        if os.path.lexists(path):
            yield path
        return
    for name in sorted(os.listdir(path)):
        yield from files_below(os.path.join(path, name))


def make_writable(paths: Iterable[str]) -> None:
    """Make all files at some paths or below writable for their owner.

    DVC protects what it links to its cache, and links files that are alike to the same one.
    """
    seen: set[int] = set()
    for file in (file for path in paths for file in files_below(path) if not os.path.islink(file)):
        state = os.stat(file)
        os.chmod(file, state.st_mode | stat.S_IWUSR)
        if state.st_ino in seen:
            copy = os.path.join(os.path.dirname(file), os.urandom(16).hex())
            shutil.copy2(file, copy)
            os.replace(copy, file)
        seen.add(state.st_ino)
