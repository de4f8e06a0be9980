"""Run an entry point as a program, and end the process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from gto_action.util.interrupts import interrupt, uninterrupted
from gto_action.util.scratch import remove_leftovers


def run(main: Callable[[], int]) -> NoReturn:
    """Call ``main``, and end the process with the exit code that it returns.

    A cancelled program (SIGINT, SIGTERM, SIGHUP) ends with 128 and the signal's number, once its
    programs are ended and its scratch directories are removed; further signals change nothing. The
    end is immediate: the interpreter's own would take 9 ms, and seconds for a million tags.
    """
    received: list[int] = []

    def cancel(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:
            interrupt(SystemExit(128 + number))

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, cancel)
    code = _exit_code(main)
    with suppress(SystemExit), uninterrupted():
        remove_leftovers()
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with suppress(OSError, ValueError):
                stream.flush()
    os._exit(128 + received[0] if received else code)


def _exit_code(main: Callable[[], int]) -> int:
    try:
        return main()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
