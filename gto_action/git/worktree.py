"""Files of a work tree on disk."""

from __future__ import annotations

import os
import stat

from gto_action.errors import UnreadableFileError
from gto_action.git.objects import MAX_FILE_SIZE, too_large
from gto_action.git.runner import GitRunner


def work_tree(repository: GitRunner) -> str | None:
    """Return the root of the work tree that a directory is in; ``None`` in a bare repository."""
    root = repository.output("rev-parse", "--show-toplevel").rstrip(b"\n")
    return os.fsdecode(root) or None


def read_within(directory: str, name: str) -> bytes | None:
    """Read a file of a work tree, which may be anything: the repository is not trusted.

    Raises UnreadableFileError.
    """
    path = os.path.realpath(os.path.join(directory, name))
    if os.path.commonpath([path, os.path.realpath(directory)]) != os.path.realpath(directory):
        raise UnreadableFileError(name, "it is a link that leads out of the repository")
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableFileError(name, "it is not a file")
            content = file.read(MAX_FILE_SIZE + 1)
    except FileNotFoundError:
        if os.path.islink(os.path.join(directory, name)):
            raise UnreadableFileError(name, "it is a link that leads to no file") from None
        return None
    except OSError as error:
        raise UnreadableFileError(name, str(error.strerror)) from error
    if len(content) > MAX_FILE_SIZE:
        raise too_large(name)
    return content
