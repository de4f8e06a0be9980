"""Interruptions that wait: no signal cuts a clean-up, or the start of a program, in two.

The entry points install signal handlers, and these call ``interrupt``. Nothing here installs one.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self


def interrupt(error: BaseException) -> None:
    """Raise an error: at once or, within ``uninterrupted``, at its end. For signal handlers."""
    if _State.depth:
        _State.pending = _State.pending or error
    else:
        raise error


class uninterrupted:  # noqa: N801 - used as a statement, like contextlib.suppress
    """A context manager within which ``interrupt`` waits; contexts may nest."""

    def __enter__(self) -> Self:
        _State.depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _State.depth -= 1
        if not _State.depth and _State.pending:
            pending, _State.pending = _State.pending, None
            raise pending


class _State:
    """Handlers run in the main thread; another thread in such a context delays them too."""

    depth = 0
    pending: BaseException | None = None
