"""A download: what is requested, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gto_action.artifacts.dvc.pull import Watch


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """The artifact to download: a path from a repository's root, as a commit has it.

    ``ref`` is what the remote repository knows the commit by, ``top`` the root of the work tree, if
    there is one. ``remote`` is the DVC remote to use, empty for the one that the repository names;
    ``environment`` has the credentials.
    """

    path: str
    commit: str
    ref: str
    top: str | None
    environment: Mapping[str, str] = field(repr=False)
    remote: str = ""


@dataclass(frozen=True, slots=True)
class DownloadContext:
    """What a download needs: a directory to install DVC in, and a log for slow operations.

    ``watch`` waits for DVC.
    """

    programs: str
    log: Callable[[str], None]
    watch: Watch | None = None
