"""Azure Pipelines: the outputs become output variables of the step, by commands in the log.

Sources: Microsoft's documentation of logging commands and of predefined variables, and the escapes
of its azure-pipelines-task-lib.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gto_action.ci.formats import safe_variables
from gto_action.ci.job import JobReporter, JobSystem, write_file
from gto_action.ci.plain_log import write_line
from gto_action.ci.run import Reporter
from gto_action.errors import OutputError

if TYPE_CHECKING:  # start-up, as in ci/run.py
    from gto_action.diagnostics import Diagnostic


class _Azure(JobSystem):
    def job_token(self, environment: Mapping[str, str]) -> str:
        """Return the token of the job, if the repository is Azure's own, and not GitHub's."""
        is_own = environment.get("BUILD_REPOSITORY_PROVIDER") == "TfsGit"
        return super().job_token(environment) if is_own else ""

    def reporter(self, environment: Mapping[str, str], /) -> Reporter:
        """Return what reports to Azure Pipelines."""
        return AzureReporter(self.secrets(environment), environment.get("AGENT_TEMPDIRECTORY", ""))


class AzureReporter(JobReporter):
    """Prints commands of its own, and lines in which the agent finds none."""

    def __init__(self, secrets: Iterable[str], directory: str) -> None:
        """Keep the summary in a directory, where the agent reads it."""
        super().__init__(secrets)
        self._directory = directory

    def escape(self, line: str) -> str:
        """Return a line without commands, which the agent would find anywhere in it."""
        return _COMMAND.sub("#\\\\", super().escape(line))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold what is printed in the context under a title."""
        self.print_line(f"##[group]{self.escape(title)}")
        try:
            yield
        finally:
            self.print_line("##[endgroup]")

    def warning(self, warning: Diagnostic) -> None:
        """Add a warning to the run, at a file and a line (from 1) if there is one."""
        properties = {"type": "warning"}
        if warning.file:
            properties["sourcepath"] = warning.file
        if warning.line is not None:
            properties["linenumber"] = str(warning.line)
        self._command("task.logissue", properties, str(warning))

    def error(self, message: str) -> None:
        """Add to the run the reason why the step fails."""
        self._command("task.logissue", {"type": "error"}, message)

    def hand_over(self, texts: Mapping[str, str]) -> None:
        """Set output variables. Raises OutputError."""
        variables = {} if "events" in texts else safe_variables(texts)
        for name, text in variables.items():
            # no value contains a command, because none contains a bracket
            about = {"variable": name, "isOutput": "true"}
            try:
                write_line(logging_command("task.setvariable", about, text), sys.stdout)
            except OSError as error:
                raise OutputError(
                    f"could not write the output variables to the log: {error.strerror}"
                ) from error

    def add_summary(self, markdown: str) -> None:
        """Add a page to the run. Raises OutputError."""
        if self._directory:
            path = os.path.join(self._directory, "gto-summary.md")
            write_file(path, markdown)
            self.print_line(logging_command("task.uploadsummary", {}, path))

    def _command(self, name: str, properties: Mapping[str, str], message: str) -> None:
        escaped = {key: self.escape(value) for key, value in properties.items()}
        self.print_line(logging_command(name, escaped, self.escape(message)))


def logging_command(name: str, properties: Mapping[str, str], message: str) -> str:
    """Return the line of a logging command, as azure-pipelines-task-lib prints it."""
    shown = "".join(
        f"{key}={_escape_message(value).replace(']', '%5D').replace(';', '%3B')};"
        for key, value in properties.items()
        if value
    )
    return f"##vso[{name}{' ' * bool(properties)}{shown}]{_escape_message(message)}"


def _escape_message(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


# no two # are together: "##vso[" begins a command anywhere in a line
_COMMAND = re.compile("#(?=#)")

SYSTEM = _Azure(
    ref="BUILD_SOURCEBRANCH",
    commit="BUILD_SOURCEVERSION",
    url="BUILD_REPOSITORY_URI",
    token="SYSTEM_ACCESSTOKEN",  # noqa: S106 - the name of a variable
    token_user="",
    directory="BUILD_SOURCESDIRECTORY",
    name="BUILD_REQUESTEDFOR",
    email="BUILD_REQUESTEDFOREMAIL",
)
