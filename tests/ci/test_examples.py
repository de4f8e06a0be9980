"""The examples in docs/ci that have no runner here: their commands, run by a shell.

What their systems do besides, as the files that one job leaves for the next, is not run.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from testkit.repositories import git_environment
from tests.ci.harness import check_out
from tests.terminal.harness import command, terminal_environment

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "ci"
PRINTED = {
    "churn@v1.1.0": ["building v1.1.0 of churn"],
    "churn#prod#3": ["deploying v1.1.0 of churn to prod"],
    "churn#prod#2": [],
    "churn@v1.0.0!": [],
    "release-2026-03": [],
}


def _of_circleci(text: str) -> list[str]:
    runs = (
        step["run"]
        for job in yaml.safe_load(text)["jobs"].values()
        for step in job["steps"]
        if "run" in step
    )
    return list(runs)


def _of_steps(text: str) -> list[str]:
    return ["\n".join(step["commands"]) for step in yaml.safe_load(text)["steps"]]


def _of_buildkite(text: str) -> list[str]:
    # what an upload makes of it
    return [step["command"].replace("$$", "$") for step in yaml.safe_load(text)["steps"]]


def _of_jenkins(text: str) -> list[str]:
    conditions = re.findall(r"script: '([^']*)'", text)
    event, *guarded = re.findall(r"\bsh '([^']*)'", text)
    assert len(conditions) == len(guarded)
    return [event, *(f"if {a}; then {b}; fi" for a, b in zip(conditions, guarded, strict=True))]


READERS = {
    "circleci.yml": ("CIRCLE_TAG", "circleci", _of_circleci),
    "woodpecker.yml": ("CI_COMMIT_TAG", "woodpecker", _of_steps),
    "drone.yml": ("DRONE_TAG", "drone", _of_steps),
    "buildkite.yml": ("BUILDKITE_TAG", "buildkite", _of_buildkite),
    "Jenkinsfile": ("TAG_NAME", "jenkins", _of_jenkins),
}
DETECTED = {
    "circleci": "CIRCLECI",
    "woodpecker": "CI_SYSTEM_NAME",
    "drone": "DRONE",
    "buildkite": "BUILDKITE",
    "jenkins": "JENKINS_HOME",
}


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory for the PATH with gto-action, and with what installs and starts it."""
    directory = tmp_path / "programs"
    directory.mkdir()
    ours = shlex.join(command())
    for name, line in {
        "gto-action": f'{ours} "$@"',
        "pipx": 'shift 4; gto-action "$@"',  # run --spec PACKAGE gto-action
        "buildkite-agent": ":",
    }.items():
        (directory / name).write_text(f"#!/bin/sh\n{line}\n")
        (directory / name).chmod(0o755)
    return directory


@pytest.mark.parametrize("tag", PRINTED)
@pytest.mark.parametrize("name", READERS)
def test_the_commands_of_an_example_do_what_the_event_needs(
    name: str, tag: str, demo_remote: Path, programs: Path, tmp_path: Path
) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout", tag)
    variable, system, read = READERS[name]
    environment = {**terminal_environment(), DETECTED[system]: "true", variable: tag}
    environment["PATH"] = f"{programs}:{git_environment()['PATH']}"
    printed: list[str] = []
    for number, script in enumerate(read((EXAMPLES / name).read_text())):
        done = subprocess.run(
            ["sh", "-ec", script],
            cwd=job.checkout,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed += done.stdout.splitlines() if number else []
    assert printed == PRINTED[tag]
