"""Check whether the git program is recent enough, once it has refused an option."""

from __future__ import annotations

import re

from gto_action.errors import GitMissingError
from gto_action.git.runner import GitRunner

OLDEST = (2, 36)
"""The oldest version that has all that is used: `cat-file --batch-command`, `fetch --refetch`."""
USAGE_ERROR = 129
"""The exit code of git if it does not know an option."""


def check_version(repository: GitRunner) -> None:
    """Raise GitMissingError if git is older than OLDEST."""
    printed = repository.git("version").communicate()[0].decode(errors="replace").strip()
    version = parse_version(printed)
    if version and version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise GitMissingError(f"{printed} is too old: install git {oldest} or later")


def parse_version(printed: str) -> tuple[int, int] | None:
    """Return the first two numbers of what `git version` prints; ``None`` if it has none."""
    match = re.search(r"git version ([0-9]{1,4})\.([0-9]{1,4})", printed)
    return (int(match[1]), int(match[2])) if match else None
