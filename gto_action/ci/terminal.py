"""A terminal: a step outside CI, started by a person or a script."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TextIO

from gto_action.ci.run import Run
from gto_action.diagnostics import Diagnostic
from gto_action.errors import OutputError
from gto_action.policy.overrides import read_overrides
from gto_action.util.environment import current_directory, program_environment
from gto_action.util.text import escape_control_characters, escape_lines


def read_run(environment: Mapping[str, str]) -> Run:
    """Return a run in the current directory, which no ref has triggered."""
    return Run(
        ref="",
        sha="",
        workspace=current_directory(),
        server_url="",
        repository="",
        environment=program_environment(environment),
        overrides=read_overrides(environment),
    )


def read_inputs(_environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return no inputs: at a terminal they are options of the command."""
    return {}


class TerminalReporter:
    """Prints the log on standard output, and what is wrong on standard error.

    There are no later steps and no job summary, so outputs are printed as a part of the log only.
    Because of that, a log that cannot be written is an error here, unless its reader has stopped.
    """

    def __init__(self, _environment: Mapping[str, str]) -> None:
        """Report to the standard streams."""

    def text(self, text: str) -> None:
        """Print lines with their control characters escaped. Raises OutputError."""
        _print_line(escape_lines(text))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Print a title before the lines of a group, and an empty line after them.

        Raises OutputError.
        """
        _print_line(escape_control_characters(title))
        yield
        _print_line("")

    def warning(self, warning: Diagnostic) -> None:
        """Print a warning with its file and line."""
        _print_error(f"warning: {warning.located}")

    def notice(self, message: str) -> None:
        """Print a note."""
        _print_error(f"note: {message}")

    def error(self, message: str) -> None:
        """Print an error."""
        _print_error(f"error: {message}")

    def set_outputs(self, texts: Mapping[str, str]) -> None:
        """Set nothing."""

    def add_summary(self, markdown: str) -> None:
        """Add nothing."""


def _print_error(message: str) -> None:
    with suppress(OSError):
        _print(escape_control_characters(message), sys.stderr)


def _print_line(text: str) -> None:
    try:
        _print(text, sys.stdout)
    except BrokenPipeError:
        pass
    except OSError as error:
        raise OutputError(f"could not write to standard output: {error.strerror}") from error


def _print(text: str, stream: TextIO) -> None:
    """Print at once, so that the lines of both streams are in order in a common log."""
    stream.write(f"{text}\n")
    stream.flush()


reporter = TerminalReporter
