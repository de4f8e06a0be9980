"""Putting files where they belong: whole, or not at all."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gto_action.errors import PullError


@contextmanager
def staging(destination: str) -> Iterator[str]:
    """Give an empty folder on the file system of a destination, which goes in the end.

    Raises PullError.
    """
    near = os.path.dirname(destination)
    while not os.path.isdir(near):
        near = os.path.dirname(near)
    try:
        folder = tempfile.mkdtemp(prefix=".gto-action-", dir=near)
    except OSError as error:
        raise PullError(f"could not make a folder in {near}: {error.strerror}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, onerror=_force)


def put(source: str, destination: str, trash: str) -> None:
    """Move a file or a folder to its place; what is there goes into the folder ``trash``.

    Both are on one file system, so that whoever looks sees the old or the new, and never a part.
    Raises OSError.
    """
    os.makedirs(os.path.dirname(destination), exist_ok=True)
    old = os.path.join(tempfile.mkdtemp(dir=trash), "old")
    if os.path.isdir(source) or os.path.isdir(destination):
        with suppress(FileNotFoundError):
            os.rename(destination, old)
    try:
        os.replace(source, destination)
    except BaseException:
        if os.path.lexists(old):
            os.rename(old, destination)
        raise


def inside(folder: str, path: str) -> str:
    """Give a path of a repository's as one in a folder. Raises PullError if it leads out of it.

    A link that the repository holds may lead anywhere.
    """
    folder = os.path.realpath(folder)
    destination = os.path.join(folder, path)
    parent = os.path.realpath(os.path.dirname(destination))
    if os.path.commonpath([parent, folder]) != folder:
        raise PullError(f"{path} leads out of the checkout by a link: {parent} is not in {folder}")
    return destination


def files_below(path: str) -> Iterator[str]:
    """Give all files at a path or below it, in order; links to folders are files."""
    if not os.path.isdir(path) or os.path.islink(path):
        if os.path.lexists(path):
            yield path
        return
    for name in sorted(os.listdir(path)):
        yield from files_below(os.path.join(path, name))


def make_writable(path: str) -> None:
    """Let the owner write to all files below a path: DVC protects those that it may link to."""
    for file in files_below(path):
        if not os.path.islink(file):
            os.chmod(file, os.stat(file).st_mode | stat.S_IWUSR)


def _force(function: object, path: str, _: object) -> None:
    """Remove what is read-only, as Windows does not."""
    if function in {os.unlink, os.remove}:
        os.chmod(path, stat.S_IWUSR)
        os.unlink(path)
