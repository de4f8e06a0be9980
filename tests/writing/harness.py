"""Write as Ann Lee, and look at what a repository has then."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from testkit.repositories import git
from tests.terminal.harness import Result, ask

WHO = {
    "GIT_AUTHOR_NAME": "Ann Lee",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann Lee",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def run(
    *arguments: str | Path, at: Path, code: int = 0, variables: Mapping[str, str] | None = None
) -> Result:
    """Run `gto-action` in a directory, as Ann Lee; it has to end with a code."""
    result = ask(*arguments, directory=at, environment={**WHO, **(variables or {})})
    assert result.code == code, result
    return result


def tags(repository: Path) -> list[str]:
    """Return the names of a repository's tags."""
    return git("-C", str(repository), "tag", "--list").splitlines()


def objects(repository: Path) -> dict[str, str]:
    """Return the SHAs of the tag objects by the tags' names."""
    form = "--format=%(refname:lstrip=2) %(objectname)"
    lines = git("-C", str(repository), "for-each-ref", form, "refs/tags").splitlines()
    return dict(line.split(" ") for line in lines)


def hook(repository: Path, name: str, script: str) -> None:
    """Give a repository a hook."""
    path = repository / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
