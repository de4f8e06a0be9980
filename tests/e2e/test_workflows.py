"""README.md's workflows, run for pushes of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.registry import clone_as_a_runner, git
from tests.documented_workflows import documented_workflow
from tests.e2e.runner import Run, run_workflow

pytestmark = pytest.mark.e2e

DEPLOYED = "deploying v1.1.0 of models/churn.pkl to prod"
PUSHES = {
    "churn@v1.1.0": (
        "build",
        "building registry.example.org/churn:v1.1.0 from models/churn.pkl",
    ),
    "models/nlp=cv-class@v1.0.0": (
        "build",
        "building registry.example.org/models/nlp:cv-class:v1.0.0 from models/nlp/cv.onnx",
    ),
    "churn#prod#3": ("deploy", DEPLOYED),
    "churn#prod#2": None,  # an assignment that a newer one replaced
    "churn#dev!#5": None,
    "churn@v1.0.0!": None,
    "segment@deprecated": None,
    "release-2026-03": None,
}


@pytest.mark.parametrize("tag", PUSHES)
def test_a_push_of_a_tag_runs_the_steps_that_are_gated_on_its_event(
    tag: str, server: str, action: Path, tmp_path: Path
) -> None:
    clone_as_a_runner(f"{server}/org/models", tag, tmp_path / "workspace")
    workflow = documented_workflow("models.yml")
    run = run_workflow(workflow, f"refs/tags/{tag}", tmp_path / "workspace", action)
    assert run.jobs == {"model": "success"}, run.log
    assert _gated(run) == PUSHES[tag]


def test_a_push_of_a_branch_runs_no_gated_step(server: str, action: Path, tmp_path: Path) -> None:
    git("clone", "--quiet", f"{server}/org/models", str(tmp_path / "workspace"))
    workflow = documented_workflow("models.yml").replace("tags: ['*']", "branches: ['*']")
    run = run_workflow(workflow, "refs/heads/main", tmp_path / "workspace", action)
    assert run.jobs == {"model": "success"}, run.log
    assert _gated(run) is None


@pytest.mark.parametrize("tag", ["churn#prod#3", "churn@v1.1.0"])
def test_a_second_job_is_fed_by_the_first_without_a_checkout(
    tag: str, server: str, action: Path, tmp_path: Path
) -> None:
    clone_as_a_runner(f"{server}/org/models", tag, tmp_path / "workspace")
    environment = {"GITHUB_SERVER_URL": server, "GITHUB_REPOSITORY": "org/models"}
    workflow = documented_workflow("models-in-two-jobs.yml")
    run = run_workflow(workflow, f"refs/tags/{tag}", tmp_path / "workspace", action, environment)
    assert run.jobs["gto"] == "success", run.log
    deployed = run.printed.get("deploy")
    assert deployed == (["deploying models/churn.pkl to prod"] if "#" in tag else None)


def test_the_composite_action_does_the_same_without_docker(
    server: str, action: Path, tmp_path: Path
) -> None:
    tag = "churn#prod#3"
    clone_as_a_runner(f"{server}/org/models", tag, tmp_path / "workspace")
    workflow = documented_workflow("models.yml").replace("gto-action@v2", "gto-action/composite@v2")
    run = run_workflow(workflow, f"refs/tags/{tag}", tmp_path / "workspace", action)
    assert run.jobs == {"model": "success"}, run.log
    assert _gated(run) == PUSHES[tag]


def test_a_moved_tag_fails_the_job(server: str, action: Path, tmp_path: Path) -> None:
    tag, workspace = "churn#prod#3", tmp_path / "workspace"
    clone_as_a_runner(f"{server}/org/models", tag, workspace)
    served = str(tmp_path / "served" / "org" / "models")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", served, *identity, "tag", "-f", "-a", "-m", "moved", tag, "main")
    run = run_workflow(documented_workflow("models.yml"), f"refs/tags/{tag}", workspace, action)
    assert run.jobs == {"model": "failure"}, run.log
    assert "someone moved it" in run.log
    assert _gated(run) is None


def _gated(run: Run) -> tuple[str, str] | None:
    """Give the gated step that ran and what it printed."""
    ran = [(name, run.printed[name]) for name in ("build", "deploy") if name in run.steps]
    assert len(ran) <= 1
    return (ran[0][0], ran[0][1][0]) if ran else None
