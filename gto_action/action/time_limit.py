"""A limit on how long something may take."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from gto_action.errors import TimeLimitError
from gto_action.util.interrupts import interrupt

GRACE = 5
"""The time, in seconds, that a step has to report that it was ended."""

Handler = Callable[[int, FrameType | None], object] | int | None


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeLimitError in the context if it takes longer than some seconds.

    If the process is still alive GRACE seconds later (for example, blocked on stdout), it is
    killed. Windows has no alarm, so there the limit is the workflow's own, ``timeout-minutes``.
    """
    if not hasattr(signal, "setitimer") or current_thread() is not main_thread():
        yield
        return

    def over(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGALRM, lambda *_: os._exit(TimeLimitError.exit_code))
        signal.setitimer(signal.ITIMER_REAL, GRACE)
        interrupt(
            TimeLimitError(
                f"the step took longer than {seconds} s, the input time-limit: check whether the "
                "remote answers, or raise the limit"
            )
        )

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TimeLimitError:
        raise
    except BaseException:
        _put_back(before)
        raise
    _put_back(before)


def _put_back(handler: Handler) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, handler)
