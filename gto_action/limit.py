"""A limit on how long something may take."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from gto_action.errors import TimeLimitError


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """End what takes longer than some seconds: TimeLimitError is raised where it stands.

    Windows has no alarm, so there the limit is the workflow's own, ``timeout-minutes``.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise TimeLimitError(
            f"it is not done after {seconds} s, the input time-limit: see whether the remote "
            "answers, or allow it more"
        )

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
