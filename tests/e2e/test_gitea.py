"""The workflow of docs/ci for Gitea and Forgejo, with the variables that their runners set."""

from __future__ import annotations

from pathlib import Path

import pytest

from testkit.act import ROOT, run_workflow
from testkit.runner import clone_as_a_runner

pytestmark = pytest.mark.e2e

FORGEJO = {"GITEA_ACTIONS": "true", "FORGEJO_ACTIONS": "true"}


def test_the_workflow_of_gitea_and_forgejo(server: str, action: Path, tmp_path: Path) -> None:
    # act takes no URL: it is GitHub's runner that it stands in for
    workflow = (ROOT / "docs" / "ci" / "gitea.yml").read_text().replace("https://github.com/", "")
    name = workflow.index("name: ")
    workspace = tmp_path / "workspace"
    clone_as_a_runner(f"{server}/org/models", "churn#prod#3", workspace)
    run = run_workflow(workflow[name:], "refs/tags/churn#prod#3", workspace, action, FORGEJO)
    assert run.jobs == {"model": "success"}, run.log
    assert run.printed["deploy"] == ["deploying v1.1.0 to prod"], run.log
    assert "build" not in run.printed
