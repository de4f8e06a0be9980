"""Append to files that other programs read."""

from __future__ import annotations

import os
from contextlib import suppress


def append_all(descriptor: int, data: bytes) -> None:
    """Append all data to an open file, or leave the file as it was. Raises OSError."""
    size = os.fstat(descriptor).st_size
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except BaseException:  # a full disk, a time limit, a cancelled run
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise
