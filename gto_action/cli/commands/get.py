"""`gto-action get`: download the file or directory of a version."""

from __future__ import annotations

import os

from gto_action.artifacts.request import DownloadContext
from gto_action.cli.commands.printing import print_lines
from gto_action.cli.console import print_note
from gto_action.cli.progress import shows_progress, watch_download
from gto_action.cli.repository import open_repository
from gto_action.registry.selectors import parse_selector
from gto_action.services.retrieve import retrieve
from gto_action.util.environment import cache_directory


def get(name: str, repo: str, out: str | None, remote: str, *, force: bool) -> None:
    """Download what a version's annotation names to ``out``, and print its path.

    An existing file or directory is replaced only with ``force``. Raises GtoActionError.
    """
    watch = watch_download if shows_progress() else None
    context = DownloadContext(cache_directory(os.environ), print_note, watch)
    with open_repository(repo, parse_selector(name).name) as session:
        path = retrieve(session, name, context, out=out or ".", remote=remote, force=force)
    print_lines([path])
