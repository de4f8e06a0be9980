"""A log without commands: lines on standard output, and what is wrong on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from gto_action.util.text import escape_control_characters

if TYPE_CHECKING:  # start-up, as in ci/run.py
    from gto_action.diagnostics import Diagnostic


class PlainLog:
    """Prints the log of a step, each line as ``escape`` returns it.

    A log that cannot be written is ignored.
    """

    def text(self, text: str) -> None:
        """Print lines."""
        self.print_line("\n".join(map(self.escape, text.split("\n"))))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Print a title before the lines of a group, and an empty line after them."""
        self.print_line(self.escape(title))
        yield
        self.print_line("")

    def warning(self, warning: Diagnostic) -> None:
        """Print a warning with its file and line."""
        self._print_error(f"warning: {warning.located}")

    def notice(self, message: str) -> None:
        """Print a note."""
        self._print_error(f"note: {message}")

    def error(self, message: str) -> None:
        """Print an error."""
        self._print_error(f"error: {message}")

    def escape(self, line: str) -> str:
        """Return a line with its control characters as escapes."""
        return escape_control_characters(line)

    def print_line(self, line: str) -> None:
        """Print a line, which was escaped, at once."""
        with suppress(OSError):
            write_line(line, sys.stdout)

    def _print_error(self, message: str) -> None:
        with suppress(OSError):
            write_line(self.escape(message), sys.stderr)


def write_line(line: str, stream: TextIO) -> None:
    """Write a line at once, so that the lines of both streams are in order in a common log."""
    stream.write(f"{line}\n")
    stream.flush()
