"""Append to files that other programs read."""

from __future__ import annotations

import os
from contextlib import suppress


def append_all(path: str, data: bytes, *, create: bool = False) -> None:
    """Append all data to a file, or leave it as it was; ``create`` makes one. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | (os.O_CREAT if create else 0), 0o644)
    try:
        size = os.fstat(descriptor).st_size
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        except BaseException:  # a full disk, a time limit, a cancelled run
            with suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
