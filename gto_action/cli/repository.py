"""A session with a repository, for somebody at a terminal."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from gto_action.annotations import Warn
from gto_action.cli.console import note, warn
from gto_action.cli.progress import shows_progress, watch
from gto_action.git.fetch import FetchObserver
from gto_action.services.session import RegistrySession, Warnings, open_session


def open_repository(
    repo: str, artifact: str | None = None, warn_of_files: Warn = warn
) -> AbstractContextManager[RegistrySession]:
    """Open a repository by its path or URL; its tags are those of one artifact, if one is named.

    Progress and warnings are written to standard error, if nothing else receives what is wrong in
    files. Raises NoRepositoryError, FetchError, UnreadableRepositoryError.
    """
    return open_session(
        repo,
        os.environ,
        observer=FetchObserver(note, watch if shows_progress() else None),
        warnings=Warnings(warn_of_files, warn),
        artifact=artifact,
    )
