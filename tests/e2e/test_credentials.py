"""A private repository under act, with its credentials wherever actions/checkout leaves them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from testkit.act import run_workflow
from testkit.demo_registry import build_demo
from testkit.documented_workflows import documented_workflow
from testkit.repositories import git
from testkit.runner import clone_as_a_runner
from testkit.servers import http_server

pytestmark = pytest.mark.e2e

TAG = "churn#prod#3"
TOKEN = "ghs_not-a-real-token"  # noqa: S105
HEADER = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
DEPLOYED = "deploying v1.1.0 of models/churn.pkl to prod"


@pytest.mark.parametrize(
    "kept", ["as v4 does", "as v6 does", "as v6 does, out of reach", "not at all"]
)
def test_a_private_repository(kept: str, action: Path, tmp_path: Path) -> None:
    remote = build_demo(tmp_path / "served" / "org" / "models")
    workspace = tmp_path / "workspace"
    clone_as_a_runner(str(remote), TAG, workspace)
    with http_server(tmp_path / "served", HEADER) as server:
        git("-C", str(workspace), "remote", "set-url", "origin", f"{server.url}/org/models")
        header = f'[http "{server.url}/"]\n\textraheader = AUTHORIZATION: {HEADER}\n'
        config = workspace / ".git" / "config"
        match kept:
            case "as v4 does":
                config.write_text(config.read_text() + header)
            case "as v6 does":
                # the file is outside of the work tree there; here it is where act takes it along
                (workspace / ".git" / "credentials.config").write_text(header)
                config.write_text(config.read_text() + _included("/**", "credentials.config"))
            case "as v6 does, out of reach":
                config.write_text(config.read_text() + _included("/**", "/github/runner_temp/x"))
            case _:
                pass
        environment = {"GITHUB_SERVER_URL": server.url, "GITHUB_REPOSITORY": "org/models"}
        token = "''" if kept in {"as v4 does", "as v6 does"} else TOKEN
        uses = "uses: org/gto-action@v2\n"
        given = f"{uses}        with: {{token: {token}}}\n"
        workflow = documented_workflow("models.yml").replace(uses, given)
        run = run_workflow(workflow, f"refs/tags/{TAG}", workspace, action, environment)
    assert run.jobs == {"model": "success"}, run.log
    assert run.printed["deploy"] == [DEPLOYED]
    assert HEADER in server.authorizations


def test_a_private_repository_without_credentials_fails_the_job(
    action: Path, tmp_path: Path
) -> None:
    remote = build_demo(tmp_path / "served" / "org" / "models")
    workspace = tmp_path / "workspace"
    clone_as_a_runner(str(remote), TAG, workspace)
    with http_server(tmp_path / "served", HEADER) as server:
        git("-C", str(workspace), "remote", "set-url", "origin", f"{server.url}/org/models")
        workflow = documented_workflow("models.yml")
        run = run_workflow(workflow, f"refs/tags/{TAG}", workspace, action)
    assert run.jobs == {"model": "failure"}
    assert "could not fetch the tags from http://127.0.0.1" in run.log


def _included(gitdir: str, path: str) -> str:
    return f'[includeIf "gitdir:{gitdir}"]\n\tpath = {path}\n'
