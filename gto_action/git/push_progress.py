"""The progress of a push, as GitPython reports it."""

from __future__ import annotations

import re
from collections.abc import Callable

from git import RemoteProgress

from gto_action.git.push import ShowProgress


class PushProgress(RemoteProgress):
    """Shows the progress of a push, if ``show`` is given, and keeps what git and the server say."""

    def __init__(self, show: ShowProgress | None) -> None:
        super().__init__()
        self._show = show
        self.errors: list[str] = []

    def update(
        self,
        op_code: int,  # noqa: ARG002 - as GitPython calls it
        cur_count: str | float,
        max_count: str | float | None = None,
        message: str = "",  # noqa: ARG002 - as above
    ) -> None:
        """Show how many objects are written, of how many."""
        if self._show and max_count:
            self._show("Pushing", int(cur_count), int(max_count))

    def new_message_handler(self) -> Callable[[str], None]:
        """Return what handles a line; GitPython would log the errors, which are ours to report."""
        handle = super().new_message_handler()

        def keep_or_handle(line: str) -> None:
            (self.line_dropped if line.startswith(("error:", "fatal:")) else handle)(line)

        return keep_or_handle

    def line_dropped(self, line: str) -> None:
        """Keep a line that is not about progress."""
        if line.strip() and not _NO_ERROR.match(line):
            self.errors.append(line.strip())


# lines of git and the server in a push that succeeds
_NO_ERROR = re.compile(
    "(?:remote: )?(?:Enumerating|Counting|Compressing|Writing|Delta|Total|Resolving|Everything) "
    "|To "
)
