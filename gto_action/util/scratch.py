"""Directories for intermediate files, which are removed in any case but a kill."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gto_action.util.interrupts import uninterrupted
from gto_action.util.process import ending_programs


class ScratchError(OSError):
    """A scratch directory could not be made."""


@contextmanager
def scratch_directory(prefix: str, parent: str | None = None) -> Iterator[str]:
    """Create an empty directory, by default among the temporary files; remove it at the end.

    Programs that were started meanwhile are ended first: they may write into it. No signal cuts the
    removal short. Raises ScratchError if it can't be created; a failed removal is not an error.
    """
    path = ""
    try:
        with ending_programs():
            with uninterrupted():
                path = _make(prefix, parent)
            yield path
    finally:
        with uninterrupted():
            _remove(path)


def remove_leftovers() -> None:
    """Remove what an interruption at an unlucky moment left; for the end of the program."""
    with uninterrupted():
        for path in list(_present):
            _remove(path)


def _make(prefix: str, parent: str | None) -> str:
    try:
        path = tempfile.mkdtemp(prefix=prefix, dir=parent)
    except OSError as error:
        raise ScratchError(error.errno, error.strerror, error.filename) from error
    _present.add(path)
    return path


def _remove(path: str) -> None:
    """Remove a directory; what ended programs had started may still write into it for a moment."""
    if not path:
        return
    end = time.monotonic() + _PATIENCE
    while os.path.lexists(path) and time.monotonic() < end:
        with suppress(OSError):
            if sys.version_info >= (3, 12):
                shutil.rmtree(path, onexc=_make_removable)
            else:
                shutil.rmtree(path, onerror=_make_removable)
            break
        time.sleep(_PAUSE)
    _present.discard(path)


def _make_removable(function: object, path: str, error: object) -> None:
    """Remove a read-only file, which Windows refuses; go on if a file is gone by now."""
    cause = error[1] if isinstance(error, tuple) else error
    if isinstance(cause, FileNotFoundError):
        return
    if function not in {os.unlink, os.remove}:
        assert isinstance(cause, BaseException)
        raise cause
    os.chmod(path, stat.S_IWUSR)
    os.unlink(path)


_present: set[str] = set()
_PATIENCE, _PAUSE = 5.0, 0.02
