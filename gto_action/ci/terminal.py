"""A terminal: a step outside CI, started by a person or a script."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from gto_action.ci.job import read_input_variables
from gto_action.ci.plain_log import PlainLog, write_line
from gto_action.ci.run import Run
from gto_action.errors import OutputError
from gto_action.policy.overrides import read_overrides
from gto_action.util.environment import current_directory, program_environment


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


read_inputs = read_input_variables


class TerminalReporter(PlainLog):
    """Prints the log on standard output, and what is wrong on standard error.

    There are no later steps and no job summary, so outputs are printed as a part of the log only.
    Because of that, a log that cannot be written is an error here, unless its reader has stopped.
    """

    def __init__(self, _environment: Mapping[str, str]) -> None:
        """Report to the standard streams."""

    def print_line(self, line: str) -> None:
        """Print a line of the log. Raises OutputError."""
        try:
            write_line(line, sys.stdout)
        except BrokenPipeError:
            pass
        except OSError as error:
            raise OutputError(f"could not write to standard output: {error.strerror}") from error

    def set_outputs(self, texts: Mapping[str, str]) -> None:
        """Set nothing."""

    def add_summary(self, markdown: str) -> None:
        """Add nothing."""


reporter = TerminalReporter
