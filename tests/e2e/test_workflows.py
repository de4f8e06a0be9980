"""The workflows of README.md and docs/*.md, run for pushes of every kind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.act import ROOT, Run, export_action, run_workflow, stub_actions
from testkit.documented_workflows import documented_workflow, tag_workflows
from testkit.repositories import git
from testkit.runner import clone_as_a_runner

pytestmark = pytest.mark.e2e

CURRENT = "churn#prod#3"
STALE = "churn#prod#2"  # an assignment that CURRENT replaced
DEPLOYED = "deploying v1.1.0 of models/churn.pkl to prod"
PUSHES = {
    "churn@v1.1.0": (
        "build",
        "building registry.example.org/churn:v1.1.0 from models/churn.pkl",
    ),
    "models/nlp=cv-class@v1.0.0": (
        "build",
        "building registry.example.org/models/nlp/cv-class:v1.0.0 from models/nlp/cv.onnx",
    ),
    CURRENT: ("deploy", DEPLOYED),
    STALE: None,
    "churn#dev!#5": None,
    "churn@v1.0.0!": None,
    "segment@deprecated": None,
    "release-2026-03": None,
}
DEPLOYMENTS = {
    "models.yml": DEPLOYED,
    "models-in-two-jobs.yml": "deploying models/churn.pkl to prod",
    "one-artifact.yml": "deploying churn v1.1.0 to prod",
    "one-stage.yml": "deploying churn v1.1.0 to prod",
    "stage-changes.yml": "prod shows v1.1.0 of churn",
    "one-directory.yml": "deploying churn to prod",
    "check-again.yml": "deploying churn v1.1.0 to prod",
}


@pytest.mark.parametrize("tag", PUSHES)
def test_a_push_of_a_tag_runs_the_steps_that_are_gated_on_its_event(
    tag: str, server: str, action: Path, tmp_path: Path
) -> None:
    run = _push("models.yml", tag, server, action, tmp_path)
    assert run.jobs == {"model": "success"}, run.log
    assert _gated(run) == PUSHES[tag]


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, workflow in tag_workflows().items()
        # test_publishing.py has an API for those of docs/github.md
        if "deploying" in workflow.text and workflow.page != "github.md"
    ],
)
def test_a_rerun_for_a_stale_assignment_deploys_nothing(
    name: str, server: str, action: Path, tmp_path: Path
) -> None:
    run = _push(name, STALE, server, action, tmp_path)
    assert set(run.jobs.values()) == {"success"}, run.log
    assert _deployed(run) == []


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_current_assignment_is_deployed(
    name: str, server: str, action: Path, tmp_path: Path
) -> None:
    run = _push(name, CURRENT, server, action, tmp_path)
    assert set(run.jobs.values()) == {"success"}, run.log
    assert _deployed(run) == [DEPLOYMENTS[name]]


def test_a_rerun_of_the_failed_job_alone_deploys_nothing(
    server: str, action: Path, tmp_path: Path
) -> None:
    """Its outputs from the other job are those of an attempt when the event was still current."""
    text = documented_workflow("check-again.yml")
    first_attempt = text.replace("current: ${{ steps.gto.outputs.current }}", "current: 'true'")
    assert first_attempt != text
    run = _push("check-again.yml", STALE, server, action, tmp_path, text=first_attempt)
    assert run.jobs == {"gto": "success", "deploy": "success"}, run.log
    assert _deployed(run) == []


def test_what_the_policy_refuses_is_not_deployed(server: str, action: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git("clone", "--quiet", str(tmp_path / "served" / "org" / "models"), str(clone))
    (clone / ".gto").write_text("policy: {order: [staging, prod]}\n")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(clone), "add", ".gto")
    git("-C", str(clone), *identity, "commit", "--quiet", "--message", "Set the policy")
    git("-C", str(clone), "push", "--quiet", "origin", "HEAD")
    run = _push("models.yml", CURRENT, server, action, tmp_path)
    assert run.jobs == {"model": "failure"}, run.log
    assert _deployed(run) == []
    assert "the policy refuses churn#prod#3: order: v1.1.0 is not in staging" in run.log
    text = documented_workflow("models.yml").replace(
        "- id: gto\n", "- id: gto\n        with: {policy: report}\n"
    )
    (tmp_path / "again").mkdir()
    reported = _push("models.yml", CURRENT, server, action, tmp_path / "again", text=text)
    assert reported.jobs == {"model": "success"}, reported.log
    assert _deployed(reported) == []


def test_an_unassignment_deploys_what_the_stage_shows_now(
    server: str, action: Path, tmp_path: Path
) -> None:
    served = str(tmp_path / "served" / "org" / "models")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    undone = f"{CURRENT}^{{}}"
    git("-C", served, *identity, "tag", "-a", "-m", "worse", "churn#prod!#6", undone)
    run = _push("stage-changes.yml", "churn#prod!#6", server, action, tmp_path)
    assert run.jobs == {"model": "success"}, run.log
    (deployed,) = _deployed(run)
    # v1.0.0, which the stage held before, is deregistered
    assert deployed == "prod shows nothing of churn"


def test_an_image_is_pushed_with_a_valid_reference_and_labels(
    server: str, action: Path, tmp_path: Path
) -> None:
    run = _push("image.yml", "churn@v1.1.0", server, action, tmp_path)
    assert run.jobs == {"image": "success"}, run.log
    inputs = run.printed["build and push"]
    assert "tags=ghcr.io/example/churn:v1.1.0" in inputs
    labels = [line.removeprefix("labels=") for line in inputs if "org.opencontainers" in line]
    assert "org.opencontainers.image.version=v1.1.0" in labels
    assert len(labels) > 1


def test_a_push_of_a_branch_runs_no_gated_step(server: str, action: Path, tmp_path: Path) -> None:
    git("clone", "--quiet", f"{server}/org/models", str(tmp_path / "workspace"))
    workflow = documented_workflow("models.yml").replace("tags: ['**']", "branches: ['**']")
    run = run_workflow(workflow, "refs/heads/main", tmp_path / "workspace", action)
    assert run.jobs == {"model": "success"}, run.log
    assert _gated(run) is None


def test_a_second_job_is_not_fed_by_a_registration(
    server: str, action: Path, tmp_path: Path
) -> None:
    run = _push("models-in-two-jobs.yml", "churn@v1.1.0", server, action, tmp_path)
    assert run.jobs["gto"] == "success", run.log
    assert _deployed(run) == []


def test_the_composite_action_does_the_same_without_docker(
    server: str, action: Path, tmp_path: Path
) -> None:
    text = documented_workflow("models.yml").replace("gto-action@v2", "gto-action/composite@v2")
    run = _push("models.yml", CURRENT, server, action, tmp_path, text=text)
    assert run.jobs == {"model": "success"}, run.log
    assert _gated(run) == PUSHES[CURRENT]


def test_the_composite_action_of_a_release_installs_nothing(server: str, tmp_path: Path) -> None:
    (tmp_path / "action" / "tools").mkdir(parents=True)
    action = export_action(tmp_path / "action")
    shutil.copy(ROOT / "tools" / "vendor-packages", action / "tools")
    variables = {**os.environ, "PYTHON": sys.executable}
    subprocess.run([action / "tools" / "vendor-packages"], env=variables, check=True)
    (action / "requirements.txt").unlink()
    text = documented_workflow("models.yml").replace("gto-action@v2", "gto-action/composite@v2")
    run = _push("models.yml", CURRENT, server, action, tmp_path, text=text)
    assert run.jobs == {"model": "success"}, run.log
    assert _gated(run) == PUSHES[CURRENT]


def test_a_moved_tag_fails_the_job(server: str, action: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    clone_as_a_runner(f"{server}/org/models", CURRENT, workspace)
    served = str(tmp_path / "served" / "org" / "models")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", served, *identity, "tag", "-f", "-a", "-m", "moved", CURRENT, "main")
    workflow = documented_workflow("models.yml")
    run = run_workflow(workflow, f"refs/tags/{CURRENT}", workspace, action)
    assert run.jobs == {"model": "failure"}, run.log
    assert "someone moved it" in run.log
    assert _gated(run) is None


def _push(
    name: str, tag: str, server: str, action: Path, directory: Path, *, text: str = ""
) -> Run:
    """Run a documented workflow for a push of a tag of the served registry."""
    workspace = directory / "workspace"
    clone_as_a_runner(f"{server}/org/models", tag, workspace)
    workflow = text or documented_workflow(name)
    environment = {"GITHUB_SERVER_URL": server, "GITHUB_REPOSITORY": "org/models"}
    stubs = stub_actions(workflow, directory / "actions")
    ref = f"refs/tags/{tag}"
    return run_workflow(workflow, ref, workspace, action, environment, other_actions=stubs)


def _deployed(run: Run) -> list[str]:
    """Return what the steps named deploy printed."""
    return [
        line
        for step, lines in run.printed.items()
        if step.startswith("deploy") and step in run.steps
        for line in lines
    ]


def _gated(run: Run) -> tuple[str, str] | None:
    """Return the gated step that ran and what it printed."""
    ran = [(name, run.printed[name]) for name in ("build", "deploy") if name in run.steps]
    assert len(ran) <= 1
    return (ran[0][0], ran[0][1][0]) if ran else None
