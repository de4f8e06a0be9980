"""The progress of a fetch or a pull, for a person who waits for it."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from subprocess import Popen, TimeoutExpired
from typing import IO, Self

import click

PATIENCE = 1.0
"""The duration of a fetch, in seconds, after which a progress bar is shown."""


def shows_progress() -> bool:
    """Return whether progress is visible: whether standard error is a terminal."""
    return sys.stderr.isatty()


def watch(process: Popen[bytes], patience: float = PATIENCE) -> str:
    """Wait for a fetch, and draw a bar once it takes too long; return its errors."""
    assert process.stderr is not None
    start = time.monotonic()
    errors: deque[str] = deque(maxlen=_MAX_ERRORS)
    with _Bars() as bars:
        for line in _lines(process.stderr):
            step = _STEP.match(line)
            if step is None:
                if not _NOT_AN_ERROR.match(line):
                    errors.append(line)
            elif time.monotonic() - start >= patience:
                bars.show(step["label"], int(step["count"]), int(step["all"]))
    process.wait()
    return "\n".join(errors).strip()


def push_bar() -> Callable[[str, int, int], None]:
    """Return a function that draws how far a push is, once it takes too long."""
    start = time.monotonic()
    bars = _Bars()

    def show(label: str, count: int, total: int) -> None:
        if time.monotonic() - start >= PATIENCE:
            bars.show(label, count, total)
            if count == total:
                bars.__exit__()

    return show


def watch_download(
    process: Popen[bytes], directory: str, size: int, patience: float = PATIENCE
) -> None:
    """Wait for a process that fills a directory, and draw a bar once it takes too long.

    ``size`` is how many bytes are to come, 0 if that is unknown; then the bytes so far are shown.
    """
    start = time.monotonic()
    bar = None
    while True:
        try:
            process.wait(_PAUSE)
            break
        except TimeoutExpired:
            if time.monotonic() - start < patience:
                continue
        bar = bar or click.progressbar(length=size, label="Pulling", file=sys.stderr)
        count = _size(directory)
        if size:
            bar.update(min(count, size) - bar.pos)
        else:
            bar.label = f"Pulling: {count / 1e6:.1f} MB"
            bar.render_progress()
    if bar:
        bar.render_finish()


def _size(directory: str) -> int:
    """Return the size of all files below a directory in bytes; files may vanish meanwhile."""
    size = 0
    for parent, _, names in os.walk(directory):
        for name in names:
            with suppress(OSError):
                size += os.stat(os.path.join(parent, name)).st_size
    return size


class _Bars:
    """A bar for each phase of a fetch, one after another on one line."""

    def __init__(self) -> None:
        self._bar: click._termui_impl.ProgressBar[int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def show(self, label: str, count: int, total: int) -> None:
        if self._bar is None or self._bar.label != label:
            self.__exit__()
            self._bar = click.progressbar(length=total, label=label, file=sys.stderr)
        self._bar.update(count - self._bar.pos)


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Yield lines as they come; git ends progress lines with a carriage return."""
    rest = b""
    while chunk := stream.read1(1 << 16):  # type: ignore[attr-defined]
        *lines, rest = _LINE_END.split(rest[-_MAX_LINE:] + chunk)
        yield from (line.decode(errors="replace") for line in lines)
    yield rest.decode(errors="replace")


_PAUSE = 0.2
# a server may send no end of either
_MAX_ERRORS = 50
_MAX_LINE = 4096
_LINE_END = re.compile(rb"[\r\n]")
_STEP = re.compile(
    r"(?:remote: )?(?P<label>[A-Z][\w ]+): +[0-9]+% \((?P<count>[0-9]+)/(?P<all>[0-9]+)\)"
)
# what git tells of a fetch that goes well: the remote, its refs, and counts without an end
_NOT_AN_ERROR = re.compile(r"From | [ *+t!=-] |(?:remote: )?(?:Enumerating|Counting|Total)|\s*$")
