"""Whether the git program is recent enough."""

from __future__ import annotations

import re
from collections.abc import Mapping
from subprocess import Popen

from gto_action.errors import GitMissingError
from gto_action.git.repository import Repository

OLDEST = (2, 36)
"""The oldest version that has all that is used: `cat-file --batch-command`, `fetch --refetch`."""


def ask_version(directory: str, environment: Mapping[str, str]) -> Popen[bytes]:
    """Start git to print its version, for ``check_version``. Raises GitMissingError."""
    return Repository(directory, environment).git("version")


def check_version(process: Popen[bytes]) -> None:
    """Wait for git to print its version. Raises GitMissingError if it is older than OLDEST."""
    printed = process.communicate()[0].decode(errors="replace").strip()
    version = parse_version(printed)
    if version and version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise GitMissingError(f"{printed} is too old: install git {oldest} or later")


def parse_version(printed: str) -> tuple[int, int] | None:
    """Return the first two numbers of what `git version` prints; ``None`` if it has none."""
    match = _VERSION.search(printed)
    return (int(match[1]), int(match[2])) if match else None


_VERSION = re.compile(r"git version ([0-9]{1,4})\.([0-9]{1,4})")
