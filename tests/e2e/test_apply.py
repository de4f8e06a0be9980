"""The workflows of docs/apply.md: a job registers and assigns in a private repository."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testkit.act import Run, run_workflow
from testkit.documented_workflows import documented_workflow
from testkit.repositories import git
from testkit.servers import HttpServer, http_server
from tests.registries import changed_models
from tests.writing.harness import hook, tags

pytestmark = pytest.mark.e2e

TOKEN = "ghs_not-a-real-token"  # noqa: S105
HEADER = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
CREATED = {"a@v1.0.1", "b@v1.0.1", "a#dev#1", "b#dev#1"}


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return changed_models(tmp_path / "served" / "org" / "models")


@pytest.fixture
def server(remote: Path) -> Iterator[HttpServer]:
    with http_server(remote.parent.parent, HEADER) as http:
        yield http


def _push(
    text: str,
    server: HttpServer,
    remote: Path,
    action: Path,
    directory: Path,
    *,
    event: str = "push",
) -> Run:
    """Run a workflow on main, by default for a push."""
    directory.mkdir(exist_ok=True)
    checkout = str(directory / "workspace")
    git("clone", "--quiet", str(remote), checkout)
    url = f"{server.url}/org/models"
    git("-C", checkout, "remote", "set-url", "origin", url)
    git("-C", checkout, "config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {HEADER}")
    return run_workflow(
        text,
        "refs/heads/main",
        directory / "workspace",
        action,
        {
            "GITHUB_SERVER_URL": server.url,
            "GITHUB_REPOSITORY": "org/models",
        },
        secrets={"GITHUB_TOKEN": TOKEN},
        options=("--actor", "octocat"),
        event=event,
    )


def _deployed(run: Run) -> set[str]:
    return {
        line
        for step, lines in run.printed.items()
        if step.startswith("deploy") and step in run.steps
        for line in lines
    }


@pytest.mark.parametrize("uses", ["gto-action/apply@v2", "gto-action/composite/apply@v2"])
def test_what_changed_is_registered_assigned_and_deployed(
    uses: str, server: HttpServer, remote: Path, action: Path, tmp_path: Path
) -> None:
    before = set(tags(remote))
    pushes = remote.parent.parent / "pushes"
    hook(
        remote,
        "post-receive",
        f"echo push >> '{pushes}'",
    )
    workflow = documented_workflow("register.yml").replace("gto-action/apply@v2", uses)
    run = _push(workflow, server, remote, action, tmp_path / "first")
    assert set(run.jobs.values()) == {"success"}, run.log
    assert set(tags(remote)) - before == CREATED
    assert pushes.read_text() == "push\n"
    assert _deployed(run) == {"deploying a v1.0.1 to dev", "deploying b v1.0.1 to dev"}
    assert TOKEN not in run.log
    if "composite" not in uses:
        again = _push(workflow, server, remote, action, tmp_path / "again")
        assert again.jobs["tag"] == "success", again.log
        assert _deployed(again) == set()
        assert set(tags(remote)) - before == CREATED


def test_two_runs_at_once_lose_nothing(
    server: HttpServer, remote: Path, action: Path, tmp_path: Path
) -> None:
    before = set(tags(remote))
    workflow = documented_workflow("register.yml")
    texts = [
        workflow.replace("register --changed", f"register {name}").replace(
            "assign --changed", f"assign {name} --force"
        )
        for name in ("a", "d")
    ]
    with ThreadPoolExecutor() as pool:
        runs = list(
            pool.map(
                lambda number: _push(texts[number], server, remote, action, tmp_path / str(number)),
                range(2),
            )
        )
    for run in runs:
        assert run.jobs["tag"] == "success", run.log
    assert set(tags(remote)) - before == {"a@v1.0.1", "a#dev#1", "d@v0.0.1", "d#dev#1"}


def test_a_pipeline_from_the_training_to_the_rollback(
    server: HttpServer, remote: Path, action: Path, tmp_path: Path
) -> None:
    before = set(tags(remote))
    pipeline = documented_workflow("pipeline.yml")
    for number, version in enumerate(("v0.0.1", "v0.0.2"), start=1):
        _commit(remote, f"customers {number}\n", tmp_path / f"commit-{number}")
        run = _push(pipeline, server, remote, action, tmp_path / f"run-{number}")
        assert run.jobs == {"train": "success", "production": "success", "deploy": "success"}, (
            run.log
        )
        assert _deployed(run) == {f"deploying churn {version} to prod"}
    assert git("-C", str(remote), "show", "churn@v0.0.2:churn.pkl") == "CUSTOMERS 2"
    rollback = documented_workflow("rollback.yml")
    back = _push(rollback, server, remote, action, tmp_path / "back", event="workflow_dispatch")
    assert back.jobs == {"rollback": "success", "deploy": "success"}, back.log
    assert _deployed(back) == {"deploying churn v0.0.1 to prod"}
    created = set(tags(remote)) - before
    assert created == {
        *("churn@v0.0.1", "churn#dev#1", "churn#prod#2"),
        *("churn@v0.0.2", "churn#dev#3", "churn#prod#4", "churn#prod#5"),
    }


def _commit(remote: Path, data: str, directory: Path) -> None:
    git("clone", "--quiet", str(remote), str(directory))
    (directory / "data.csv").write_text(data)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(directory), "add", "data.csv")
    git("-C", str(directory), *identity, "commit", "--quiet", "--message", "New data")
    git("-C", str(directory), "push", "--quiet", "origin", "HEAD:main")


@pytest.mark.parametrize("name", ["changes.yml", "merged.yml"])
def test_the_workflows_of_pull_requests(
    name: str, server: HttpServer, remote: Path, action: Path, tmp_path: Path
) -> None:
    before = set(tags(remote))
    sha = git("-C", str(remote), "rev-parse", "main")
    text = documented_workflow(name).replace(
        "github.event.pull_request.merge_commit_sha", f"'{sha}'"
    )
    text = text.replace("github.event.pull_request.merged", "true")
    run = _push(text, server, remote, action, tmp_path / "run", event="pull_request")
    assert set(run.jobs.values()) == {"success"}, run.log
    created = {"a@v1.0.1", "b@v1.0.1"} if name == "merged.yml" else set()
    assert set(tags(remote)) - before == created
