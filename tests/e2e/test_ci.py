"""The jobs of our own CI that run the action, run as GitHub would after a push to main."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from testkit.act import ROOT, export_action, run_workflow, stub_actions
from testkit.repositories import git
from testkit.servers import git_daemon

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("job", ["action", "composite"])
def test_a_job_of_our_ci_succeeds(job: str, tmp_path: Path) -> None:
    workspace = _checkout(tmp_path)
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    with git_daemon(tmp_path / "served") as url:
        git("-C", str(workspace), "remote", "add", "origin", f"{url}/org/gto-action")
        run = run_workflow(
            workflow,
            "refs/heads/main",
            workspace,
            workspace,
            {"GITHUB_SERVER_URL": url, "GITHUB_REPOSITORY": "org/gto-action"},
            other_actions=stub_actions(workflow, tmp_path / "actions"),
            options=["--job", job, "--matrix", "system:ubuntu-latest"],
        )
    assert run.jobs == {job: "success"}, run.log
    assert run.steps["a branch sets every output, to an empty string"] == "success"


def _checkout(directory: Path) -> Path:
    """Make a checkout of the project, with what the jobs use, and a remote for it."""
    workspace = directory / "workspace"
    workspace.mkdir()
    export_action(workspace)
    shutil.copytree(ROOT / ".github", workspace / ".github")
    shutil.copytree(ROOT / "tools", workspace / "tools", ignore=_IGNORED)
    git("init", "--quiet", "--initial-branch=main", str(workspace))
    git("-C", str(workspace), "add", "--all")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(workspace), *identity, "commit", "--quiet", "--message", "A commit")
    served = directory / "served" / "org" / "gto-action"
    git("clone", "--quiet", "--bare", str(workspace), str(served))
    return workspace


_IGNORED = shutil.ignore_patterns("__pycache__", "node_modules")
