"""Bitbucket pipelines of tags, run by bitbucket-pipeline-runner in containers.

It knows neither tags nor ``condition: state``: a branch at the tag's commit and the variables of a
tag are given to it, and conditions are evaluated here. It ends with 0 whatever a step does, so its
log is what is compared.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

PROGRAM = Path(__file__).parent.parent / ".venv" / "bitbucket" / "bin" / "pipeline-runner"
IMAGES = (
    "k8s-docker.packages.atlassian.com/pause:3.8",
    "docker.io/alpine/git:latest",
    "docker.io/library/alpine:latest",
)
"""What the runner starts beside the steps."""


def run_pipeline(repository: Path, pattern: str, variables: Mapping[str, str]) -> str:
    """Run the pipeline for tags of a pattern in a checkout; return its log."""
    state = repository.parent / "state"
    (state / "data").mkdir(parents=True)
    (state / "cache").mkdir()
    environment = state / "variables"
    environment.write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()))
    done = subprocess.run(
        [str(PROGRAM), "run", "--env-file", str(environment), pattern],
        cwd=repository,
        env={
            **os.environ,
            "NO_COLOR": "1",
            "XDG_DATA_HOME": str(state / "data"),
            "XDG_CACHE_HOME": str(state / "cache"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def without_conditions(pipeline: str) -> tuple[str, dict[str, str]]:
    """Return a pipeline without the conditions that the runner refuses, and those by step."""
    content = yaml.safe_load(pipeline)
    conditions = {}
    for (steps,) in (tuple(content["pipelines"]["tags"].values()),):
        for each in steps:
            condition = each["step"].pop("condition", None)
            if condition:
                conditions[each["step"]["name"]] = condition["state"]
    return yaml.safe_dump(content, sort_keys=False), conditions


def holds(condition: str, variables: Mapping[str, str]) -> bool:
    """Return whether a condition of ``NAME == "VALUE"`` and ``&&`` holds."""
    terms = re.findall(r'(\w+) == "([^"]*)"', condition)
    assert condition == " && ".join(f'{name} == "{value}"' for name, value in terms)
    return all(variables.get(name) == value for name, value in terms)
