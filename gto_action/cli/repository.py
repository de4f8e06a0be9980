"""How commands open the repository that ``--repo`` names."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from gto_action.annotations import Warn
from gto_action.cli.console import print_note, print_warning
from gto_action.cli.progress import shows_progress, watch
from gto_action.git.fetch import FetchObserver
from gto_action.policy.overrides import read_overrides
from gto_action.services.session import RegistrySession, Warnings, open_session
from gto_action.util.environment import program_environment


def open_repository(
    repo: str, artifact: str | None = None, warn_of_files: Warn = print_warning
) -> AbstractContextManager[RegistrySession]:
    """Open a repository by its path or URL; its tags are those of one artifact, if one is named.

    Progress and warnings are written to standard error; ``warn_of_files`` receives what is wrong in
    files instead. Raises NoRepositoryError, FetchError, UnreadableRepositoryError.
    """
    return open_session(
        repo,
        program_environment(os.environ),
        read_overrides(os.environ),
        observer=fetch_observer(),
        warnings=Warnings(warn_of_files, print_warning),
        artifact=artifact,
    )


def fetch_observer() -> FetchObserver:
    """Return what waits for a fetch: it writes notes, and at a terminal shows the progress."""
    return FetchObserver(print_note, watch if shows_progress() else None)
