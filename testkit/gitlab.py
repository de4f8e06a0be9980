"""GitLab pipelines of tags, run by gitlab-ci-local as GitLab's runner would."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from testkit.repositories import git, git_environment

PROGRAM = Path(__file__).parent.parent / "tools" / "node_modules" / ".bin" / "gitlab-ci-local"
STATE = ".gitlab-ci-local"


@dataclass(frozen=True)
class Pipeline:
    """What a pipeline did: what each job printed, also those of a child, and the whole log."""

    printed: dict[str, list[str]]
    failed: list[str]
    log: str


def check_out(url: str, ref: str, path: Path) -> None:
    """Fetch a ref of a branch or tag with twenty commits, as GitLab's runner does."""
    git("init", "--quiet", "--initial-branch=none", str(path))
    here = ("-C", str(path))
    git(*here, "remote", "add", "origin", url)
    git(*here, "fetch", "--quiet", "--depth=20", "--no-tags", "origin", f"+{ref}:{ref}")
    git(*here, "checkout", "--quiet", "--detach", ref)
    # without these gitlab-ci-local warns
    git(*here, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(*here, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    (path / ".git" / "info" / "exclude").write_text(f"{STATE}/\n")


def run_pipeline(
    path: Path,
    variables: Mapping[str, str],
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Pipeline:
    """Run the pipeline of a checkout; variables also reach child pipelines."""
    state = path / STATE
    state.mkdir(exist_ok=True)
    (state / "variables.yml").write_text(yaml.safe_dump({"GITLAB_CI": "true", **variables}))
    command = (
        *(str(PROGRAM), "--no-artifacts-to-source", "--concurrency", "1"),
        *("--variables-file", f"{STATE}/variables.yml"),
        *("--ignore-predefined-vars", "GITLAB_CI,CI_COMMIT_REF_NAME,CI_PIPELINE_SOURCE"),
        *options,
    )
    done = subprocess.run(
        command,
        cwd=path,
        env={**os.environ, **git_environment(), "NO_COLOR": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    logs = sorted((state / "output").glob("*.log"))
    printed = {log.stem: log.read_text().splitlines() for log in logs}
    log = done.stdout + done.stderr
    # a child that fails does not fail the pipeline here, as it would at GitLab
    failed = re.findall(r"^\s*(?:\[[^]]*\] -> )?FAIL +(\S+)", log, re.MULTILINE)
    assert done.returncode == 0 or failed, f"the pipeline did not start: {log}"
    return Pipeline(printed, failed, f"exit code {done.returncode}\n{log}")
