"""A run of a CI system, and the reporter that each system implements."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gto_action.policy.overrides import Overrides

if TYPE_CHECKING:  # start-up: a step that has nothing to report never imports it
    from gto_action.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Run:
    """A run: what triggered it, and where it is.

    ``ref`` is the ref that triggered it and ``sha`` the commit or tag object that the ref pointed
    to; both are empty outside CI. ``workspace`` is the directory of the checkout, empty if there is
    none. ``server_url`` and ``repository`` name the repository that the run is for; ``location`` is
    a URL that is read instead. ``environment`` is for the programs that are started, and
    ``overrides`` are those of the variables GTO_…. ``identity`` is who started the run, as
    ``NAME <ADDRESS>``, ``api_url`` the host's REST API, and ``page_url`` the page of the run; each
    is empty if it is unknown. ``actor`` is the login of who has pushed the ref, empty if the run
    has another cause. ``token_user`` is the user whose password a token is at the server;
    empty if it takes a token without a user.
    """

    ref: str
    sha: str
    workspace: str
    server_url: str
    repository: str
    environment: Mapping[str, str] = field(repr=False)
    overrides: Overrides
    location: str = field(default="", repr=False)
    identity: str = ""
    api_url: str = ""
    page_url: str = ""
    actor: str = ""
    token_user: str = "x-access-token"  # noqa: S105 - a user


class Reporter(Protocol):
    """Receives the reports of a step: the log, the step outputs and the job summary.

    Text may come from a repository or a server: an implementation makes sure that nothing in it is
    a command to the CI system or the terminal. A log that cannot be written is ignored on a CI
    system, whose outputs are elsewhere; at a terminal it is an OutputError.
    """

    def text(self, text: str) -> None:
        """Write lines to the log."""

    def group(self, title: str) -> AbstractContextManager[None]:
        """Return a context within which the lines of the log stand under a title."""

    def warning(self, warning: Diagnostic) -> None:
        """Report something that is wrong and does not end the step."""

    def notice(self, message: str) -> None:
        """Report information that is not a warning."""

    def error(self, message: str) -> None:
        """Report why the step fails."""

    def set_outputs(self, texts: Mapping[str, str]) -> None:
        """Set step outputs by their names: all of them, or none. Raises OutputError."""

    def add_summary(self, markdown: str) -> None:
        """Add Markdown to the job summary. Raises OutputError."""
