"""A limit on how long something may take."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from gto_action.errors import TimeLimitError
from gto_action.util.interrupts import interrupt

GRACE = 5
"""How long what ends may still take, in seconds, to say so."""

Handler = Callable[[int, FrameType | None], object] | int | None


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """End what takes longer than some seconds: TimeLimitError is raised where it stands.

    If that is not the end within GRACE, as where nobody reads what is said of it, the process ends.
    Windows has no alarm, so there the limit is the workflow's own, ``timeout-minutes``.
    """
    if not hasattr(signal, "setitimer"):
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
