"""Interruptions that wait: no signal cuts a clean-up, or the start of a program, in two.

The entry points install signal handlers, and these call ``interrupt``. Nothing here installs one.
"""

from __future__ import annotations

from threading import local
from types import TracebackType
from typing import Self


def interrupt(error: BaseException) -> None:
    """Raise an error: at once or, within ``uninterrupted``, at its end. For signal handlers."""
    if _state.depth:
        _state.pending = _state.pending or error
    else:
        raise error


class uninterrupted:  # noqa: N801 - used as a statement, like contextlib.suppress
    """A context manager within which ``interrupt`` waits; contexts may nest."""

    def __enter__(self) -> Self:
        _state.depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _state.depth -= 1
        if not _state.depth and _state.pending:
            pending, _state.pending = _state.pending, None
            raise pending


class _State(local):
    """A thread's own: handlers run in the main thread, and raise there."""

    depth = 0
    pending: BaseException | None = None


_state = _State()
