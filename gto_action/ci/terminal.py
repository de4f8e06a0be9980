"""A terminal: a step outside CI, started by a person or a script."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TextIO

from gto_action.ci.run import Run
from gto_action.diagnostics import Diagnostic
from gto_action.policy.overrides import read_overrides
from gto_action.util.environment import program_environment
from gto_action.util.text import escape_control_characters


def read_run(environment: Mapping[str, str]) -> Run:
    """Return a run in the current directory, which no ref has triggered."""
    return Run(
        ref="",
        sha="",
        workspace=os.getcwd(),
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
    """

    def __init__(self, _environment: Mapping[str, str]) -> None:
        """Report to the standard streams."""

    def text(self, text: str) -> None:
        """Print lines with their control characters escaped."""
        for line in text.split("\n"):
            _print(line, sys.stdout)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Print a title before the lines of a group, and an empty line after them."""
        _print(title, sys.stdout)
        try:
            yield
        finally:
            _print("", sys.stdout)

    def warning(self, warning: Diagnostic) -> None:
        """Print a warning with its file and line."""
        line = f", line {warning.line}" if warning.line else ""
        location = f"{warning.file}{line}: " if warning.file else ""
        _print(f"warning: {location}{warning.message}", sys.stderr)

    def notice(self, message: str) -> None:
        """Print a note."""
        _print(f"note: {message}", sys.stderr)

    def error(self, message: str) -> None:
        """Print an error."""
        _print(f"error: {message}", sys.stderr)

    def set_outputs(self, texts: Mapping[str, str]) -> None:
        """Set nothing."""

    def add_summary(self, markdown: str) -> None:
        """Add nothing."""


def _print(line: str, stream: TextIO) -> None:
    with suppress(OSError):
        stream.write(f"{escape_control_characters(line)}\n")


reporter = TerminalReporter
