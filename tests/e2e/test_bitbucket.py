"""The pipeline of docs/ci for Bitbucket, in containers: its output variables reach later steps."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from testkit.bitbucket import IMAGES, PROGRAM, holds, run_pipeline, without_conditions
from testkit.demo_registry import build_demo
from testkit.repositories import git

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not PROGRAM.exists(), reason="needs what make e2e installs"),
]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def images(action: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of the project, and stand-ins for those that the runner starts."""
    directory = tmp_path_factory.mktemp("images")
    image = "docker.io/library/gto-action-bitbucket:latest"
    subprocess.run(["docker", "build", "--quiet", "--tag", image, action], check=True)
    # the runner expects the files of git's template
    template = "RUN mkdir -p /usr/share/git-core/templates/info && touch $_/exclude"
    helper = f'FROM {image}\n{template}\nENTRYPOINT []\nCMD ["sleep", "infinity"]\n'
    (directory / "Dockerfile").write_text(helper)
    for name in IMAGES:
        subprocess.run(["docker", "build", "--quiet", "--tag", name, directory], check=True)
    return image


@pytest.mark.parametrize(
    ("tag", "ran"),
    [
        ("churn#prod#3", {"deploy": "deploying v1.1.0 of churn to prod"}),
        ("churn@v1.1.0", {"build": "building v1.1.0 of churn from models/churn.pkl"}),
        ("churn#prod#2", {}),
    ],
)
def test_the_steps_of_an_event_run(
    tag: str, ran: dict[str, str], images: str, tmp_path: Path
) -> None:
    remote = build_demo(tmp_path / "served" / "org" / "models")
    pipeline = (ROOT / "docs" / "ci" / "bitbucket-pipelines.yml").read_text()
    pipeline = pipeline.replace("ghcr.io/org/gto-action:2", images)
    text, conditions = without_conditions(pipeline.replace("python:3.13", images))
    checkout = tmp_path / f"models-{tag.partition('#')[0].replace('@', '-')}"
    git("clone", "--quiet", str(remote), str(checkout))
    git("-C", str(checkout), "checkout", "--quiet", "-B", "tagged", tag)
    (checkout / "bitbucket-pipelines.yml").write_text(text)
    variables = {
        "BITBUCKET_TAG": tag,
        "BITBUCKET_BRANCH": "",
        "BITBUCKET_COMMIT": git("-C", str(checkout), "rev-parse", "HEAD"),
    }
    # without a URL, as no proxy can be there: the tags come from the origin of the clone
    log = run_pipeline(checkout, "tags.**", variables)
    # each step is run, with the variables that reached it, which the log lists
    printed = {name: _printed(log, name) for name in conditions}
    reached = dict(re.findall(r"^\s*(ARTIFACT_\w+): ?(.*)$", log, re.MULTILINE))
    wanted = {name: line for name, line in printed.items() if holds(conditions[name], reached)}
    assert wanted == ran, log


def _printed(log: str, step: str) -> str:
    beginning = {"build": "building", "deploy": "deploying"}[step]
    lines = [line.strip() for line in log.splitlines() if line.strip().startswith(f"{beginning} ")]
    return lines[-1] if lines else ""
