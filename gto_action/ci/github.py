"""GitHub Actions: the run, its log, its outputs and its summary.

Sources: GitHub's documentation of workflow commands, of variables and of Docker actions.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from actions_toolkit.command import issue, issue_command

from gto_action.ci.run import Run
from gto_action.errors import OutputError
from gto_action.policy.overrides import read_overrides
from gto_action.util.environment import current_directory, program_environment
from gto_action.util.files import append_all
from gto_action.util.text import escape_control_characters, escape_lines

if TYPE_CHECKING:  # start-up, as in ci/run.py
    from gto_action.diagnostics import Diagnostic


def read_run(environment: Mapping[str, str]) -> Run:
    """Return the run that a runner's environment describes."""
    return Run(
        ref=environment.get("GITHUB_REF", ""),
        sha=environment.get("GITHUB_SHA", ""),
        workspace=environment.get("GITHUB_WORKSPACE") or current_directory(),
        server_url=environment.get("GITHUB_SERVER_URL", ""),
        repository=environment.get("GITHUB_REPOSITORY", ""),
        environment=program_environment(environment),
        overrides=read_overrides(environment),
        identity=_identity(environment),
        api_url=environment.get("GITHUB_API_URL", ""),
        page_url=_page_url(environment),
        actor=_pusher(environment),
    )


def read_inputs(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the step's inputs by their names, as the workflow sets them."""
    return {
        name.removeprefix("INPUT_").lower(): value
        for name, value in environment.items()
        if name.startswith("INPUT_")
    }


def _pusher(environment: Mapping[str, str]) -> str:
    """Return who has pushed the ref of a run; a later re-run by another person does not change it.

    Source: GitHub's documentation of GITHUB_ACTOR and GITHUB_TRIGGERING_ACTOR.
    """
    is_push = environment.get("GITHUB_EVENT_NAME") == "push"
    return environment.get("GITHUB_ACTOR", "") if is_push else ""


def _page_url(environment: Mapping[str, str]) -> str:
    """Return the URL of a run's page; empty outside of one."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (environment.get(name, "") for name in names)
    return f"{server}/{repository}/actions/runs/{number}" if server and number else ""


def _identity(environment: Mapping[str, str]) -> str:
    """Return the actor of a run, with GitHub's address for it; empty without one.

    Source: GitHub's documentation, "Setting your commit email address".
    """
    actor, number = environment.get("GITHUB_ACTOR", ""), environment.get("GITHUB_ACTOR_ID", "")
    if not _ACTOR.fullmatch(actor):
        return ""
    numbered = f"{number}+{actor}" if number.isdecimal() else actor
    server = urlsplit(environment.get("GITHUB_SERVER_URL") or "https://github.com")
    return f"{actor} <{numbered}@users.noreply.{server.hostname}>"


_ACTOR = re.compile(r"[\w-]+(?:\[bot\])?", re.ASCII)


class GitHubReporter:
    """Writes the log on standard output, and the outputs and the summary into files.

    Lines of the log are printed where the runner executes no commands: between ``stop-commands``
    and a random token. Control characters are escaped.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Report to the files that an environment names; on a runner it has to name them."""
        self._environment = environment
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="replace")

    def text(self, text: str) -> None:
        """Print lines in which the runner executes no commands."""
        token = os.urandom(16).hex()
        with _ignoring_closed_log():
            issue("stop-commands", token)
            sys.stdout.write(f"{escape_lines(text)}\n")
            issue(token)
            sys.stdout.flush()

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold what is printed in the context under a title."""
        with _ignoring_closed_log():
            issue("group", escape_control_characters(title))
        try:
            yield
        finally:
            with _ignoring_closed_log():
                issue("endgroup")

    def warning(self, warning: Diagnostic) -> None:
        """Annotate the run with a warning, at a file and a line (from 1) if there is one."""
        _annotate("warning", str(warning), file=warning.file or None, line=warning.line)

    def notice(self, message: str) -> None:
        """Annotate the run with information that is not a warning."""
        _annotate("notice", message)

    def error(self, message: str) -> None:
        """Annotate the run with the reason why the step fails."""
        _annotate("error", message)

    def set_outputs(self, texts: Mapping[str, str]) -> None:
        """Set step outputs: all of them in one write, or none. Raises OutputError.

        Each value stands between two random delimiters, so no value can end it.
        """
        # imported once the fetch has begun
        from gto_action.ci.formats import as_github  # noqa: PLC0415

        self._append("GITHUB_OUTPUT", as_github(texts))

    def add_summary(self, markdown: str) -> None:
        """Add to the job summary. Raises OutputError."""
        self._append("GITHUB_STEP_SUMMARY", markdown)

    def _append(self, variable: str, text: str) -> None:
        """Append to the file that a variable names; outside a run there may be none."""
        path = self._environment.get(variable)
        if not path:
            if self._environment.get("GITHUB_ACTIONS") == "true":
                raise OutputError(
                    f"the runner did not set {variable}: there is no file to write to"
                )
            return
        try:
            append_all(path, text.encode(errors="replace"))
        except OSError as error:
            raise OutputError(
                f"could not write to the file that {variable} names, {path}: {error.strerror}"
            ) from error


def _annotate(
    command: str, message: str, *, file: str | None = None, line: int | None = None
) -> None:
    properties = {"file": file and escape_control_characters(file), "line": line}
    given = {name: str(value) for name, value in properties.items() if value is not None}
    with _ignoring_closed_log():
        issue_command(command, given, escape_lines(message))
        sys.stdout.flush()


def _ignoring_closed_log() -> suppress:
    """Ignore that the log cannot be written: the event is the same without it."""
    return suppress(OSError)


reporter = GitHubReporter
