"""Start and end programs."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import IO

from gto_action.util.interrupts import uninterrupted


def start_program(  # noqa: PLR0913 - what subprocess.Popen takes
    command: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    stdin: int | IO[bytes] | None = subprocess.PIPE,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
    is_apart: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a program in a directory.

    Without a terminal it leads a process group of its own, so that what it starts can be ended with
    it. At a terminal it stays in ours, unless it ``is_apart``: ssh may ask for a passphrase there,
    and Ctrl-C reaches all. Raises OSError, ValueError.
    """
    with uninterrupted():
        process = subprocess.Popen(
            tuple(command),
            cwd=directory,
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            process_group=0 if (is_apart and os.name != "nt") or not _has_terminal() else None,
        )
        started = _started.get()
        if started is not None:
            started[:] = [process for process in started if process.poll() is None]
            started.append(process)
    return process


def run_program(
    command: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    timeout: float | None = None,
) -> tuple[int, str]:
    """Run a program to its end, or for some seconds; return its exit code and all that it printed.

    It reads nothing. Raises OSError, ValueError, subprocess.TimeoutExpired.
    """
    process = start_program(
        command,
        directory=directory,
        environment=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        output = process.communicate(timeout=timeout)[0]
    finally:
        end_program(process)
    with process:  # its pipes are closed
        return process.returncode, output.decode(errors="replace")


def end_program(process: subprocess.Popen[bytes]) -> None:
    """End a program that may still run, and what it started; wait for it."""
    if process.poll() is None:
        if not _has_terminal():
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


@contextmanager
def ending_programs() -> Iterator[None]:
    """End, when the context is left, all programs that were started in it by this thread."""
    started: list[subprocess.Popen[bytes]] = []
    before = _started.set(started)
    try:
        yield
    finally:
        with uninterrupted():
            _started.reset(before)
            for process in started:
                end_program(process)


@cache
def _has_terminal() -> bool:
    """Return whether this process has a controlling terminal; on Windows there are no groups."""
    if os.name == "nt":
        return True
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


_started: ContextVar[list[subprocess.Popen[bytes]] | None] = ContextVar("started", default=None)
