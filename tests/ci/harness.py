"""Jobs of CI systems: a checkout as the system leaves it, and the step that runs there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gto_action.ci.job import JSON_FILE, VARIABLES_FILE
from testkit.repositories import git
from tests.terminal.harness import ask

TAG = "churn#prod#3"


@dataclass(frozen=True)
class Job:
    """A job's checkout, and the commit that it is at."""

    checkout: Path
    commit: str

    def run(self, *arguments: str, environment: Mapping[str, str]) -> JobResult:
        """Run `gto-action run` in the checkout."""
        result = ask("run", *arguments, directory=self.checkout, environment=environment)
        return JobResult(result.code, result.output + result.errors, self.checkout)


@dataclass(frozen=True)
class JobResult:
    """What a step left: its exit code, its log, and its files."""

    code: int
    log: str
    directory: Path

    @property
    def variables(self) -> dict[str, str]:
        """The variables in gto.env."""
        lines = (self.directory / VARIABLES_FILE).read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def json(self) -> dict[str, Any]:
        """The object in gto.json."""
        read: dict[str, Any] = json.loads((self.directory / JSON_FILE).read_text())
        return read


def check_out(remote: str, path: Path, tag: str = TAG) -> Job:
    """Fetch one tag, with twenty commits, and check it out: what jobs have of a repository."""
    git("init", "--quiet", "--initial-branch=main", str(path))
    git("-C", str(path), "remote", "add", "origin", remote)
    refspec = f"+refs/tags/{tag}:refs/tags/{tag}"
    git("-C", str(path), "fetch", "--quiet", "--depth=20", "--no-tags", "origin", refspec)
    git("-C", str(path), "checkout", "--quiet", "--detach", tag)
    return Job(path, git("-C", str(path), "rev-parse", "HEAD"))
