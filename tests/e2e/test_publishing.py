"""The workflows of docs/github.md, against the API as GitHub describes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from testkit.act import Run, export_action, run_workflow
from testkit.documented_workflows import documented_workflow
from testkit.github_api import DESCRIPTIONS, github_api
from testkit.runner import clone_as_a_runner

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not DESCRIPTIONS.is_dir(), reason="needs npm, and make test"),
]
TOKEN = "ghs_of-the-job"  # noqa: S105 - of nothing


def _push(text: str, tag: str, server: str, api_url: str, directory: Path) -> Run:
    """Run a workflow; act sets the URL of GitHub's own API, so the action sets another one."""
    workspace = directory / "workspace"
    clone_as_a_runner(f"{server}/org/models", tag, workspace)
    (directory / "action").mkdir()
    action = export_action(directory / "action")
    entrypoint = action / "entrypoint.py"
    url = f"import os\n\nos.environ['GITHUB_API_URL'] = '{api_url}'\n"
    entrypoint.write_text(url + entrypoint.read_text())
    return run_workflow(
        text,
        f"refs/tags/{tag}",
        workspace,
        action,
        {"GITHUB_SERVER_URL": server, "GITHUB_REPOSITORY": "org/models"},
        secrets={"GITHUB_TOKEN": TOKEN},
    )


def test_a_registration_is_released(server: str, tmp_path: Path) -> None:
    text = documented_workflow("releases.yml").replace("gto-action@v2", "gto-action/composite@v2")
    with github_api(TOKEN) as api:
        run = _push(text, "churn@v1.1.0", server, api.url, tmp_path)
        assert run.jobs == {"release": "success"}, run.log
        (release,) = api.releases
    assert release["name"] == "churn v1.1.0"
    assert run.printed["report"] == [f"published {release['html_url']}"]
    assert TOKEN not in run.log


@pytest.mark.parametrize(("kind", "state"), [("", "success"), ("/composite", "failure")])
def test_a_deployment_has_the_state_of_its_job(
    kind: str, state: str, server: str, tmp_path: Path
) -> None:
    text = documented_workflow("deployments.yml").replace("gto-action", f"gto-action{kind}")
    if state == "failure":
        text = text.replace('run: echo "deploying', 'run: exit 1 # "deploying')
    with github_api(TOKEN) as api:
        run = _push(text, "churn#prod#3", server, api.url, tmp_path)
        assert run.jobs == {"model": state}, run.log
        (deployment,) = api.deployments
        assert (deployment["environment"], deployment["task"]) == ("prod", "deploy:churn")
        assert api.states(1) == [state], run.log
