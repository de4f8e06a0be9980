"""The workflows of docs/apply.md: a job registers and assigns in a private repository."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testkit.act import Run, run_workflow
from testkit.documented_workflows import documented_workflow
from testkit.repositories import Builder, git
from testkit.servers import HttpServer, http_server
from tests.writing.harness import hook, tags

pytestmark = pytest.mark.e2e

TOKEN = "ghs_not-a-real-token"  # noqa: S105
HEADER = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
MODELS = {
    "artifacts.yaml": "a: {path: a.pkl}\nb: {path: b.pkl}\nc: {path: c.pkl}\n",
    **{f"{name}.pkl": f"{name} 1\n" for name in "abc"},
}
CREATED = {"a@v1.0.1", "b@v1.0.1", "a#dev#1", "b#dev#1"}


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A registry of three models, of which two changed since their versions."""
    builder = Builder(tmp_path / "served" / "org" / "models")
    first = builder.commit(dict(MODELS))
    for name in "abc":
        builder.tag(f"{name}@v1.0.0", first)
    builder.commit({"a.pkl": "a 2\n", "b.pkl": "b 2\n"})
    path = builder.build()
    git("-C", str(path), "config", "http.receivepack", "true")
    return path


@pytest.fixture
def server(remote: Path) -> Iterator[HttpServer]:
    with http_server(remote.parent.parent, HEADER) as http:
        yield http


def _push(text: str, server: HttpServer, remote: Path, action: Path, directory: Path) -> Run:
    """Run a workflow for a push to main."""
    directory.mkdir(exist_ok=True)
    git("clone", "--quiet", str(remote), str(directory / "workspace"))
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


def test_a_tag_of_other_workflow_files_is_refused_with_the_way_out(
    server: HttpServer, remote: Path, action: Path, tmp_path: Path
) -> None:
    refusal = (
        "refusing to allow a GitHub App to create or update workflow "
        "`.github/workflows/ci.yml` without `workflows` permission"
    )
    hook(
        remote,
        "pre-receive",
        f"cat <<'EOF' >&2\n{refusal}\nEOF\nexit 1",
    )
    before = tags(remote)
    run = _push(documented_workflow("register.yml"), server, remote, action, tmp_path / "run")
    assert run.jobs["tag"] == "failure"
    assert "a fine-grained one with Workflows: write, as the input token" in run.log
    assert tags(remote) == before
