"""Real workflows: run by act, in containers, with the image built from our Dockerfile."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import yaml

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Run:
    """What a workflow did: the steps that ran with their results and what each printed."""

    jobs: dict[str, str]
    steps: dict[str, str]
    printed: dict[str, list[str]]
    log: str


def export_action(directory: Path) -> Path:
    """Copy into a directory what the action is built from, and no more."""
    for name in ("action.yml", "Dockerfile", "entrypoint.py", "requirements.txt", ".dockerignore"):
        shutil.copy(ROOT / name, directory)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("gto_action", "apply", "composite", "deployment", "image"):
        shutil.copytree(ROOT / name, directory / name, ignore=ignored)
    return directory


def run_workflow(
    workflow: str,
    ref: str,
    directory: Path,
    action: Path,
    environment: Mapping[str, str] | None = None,
    *,
    secrets: Mapping[str, str] | None = None,
    other_actions: Mapping[str, Path] | None = None,
    options: Sequence[str] = (),
    event: str = "push",
) -> Run:
    """Run a workflow for an event of a ref in a directory, the checkout of the run.

    ``other_actions`` are directories that stand in for public actions, by ``OWNER/NAME@REF``;
    ``options`` are further options of act.
    """
    # act names its containers after the workflow, so that two runs at once would share them
    unique = re.sub(r"\Aname: .*", f"name: {uuid4()}", workflow)
    (directory.parent / "workflow.yml").write_text(unique)
    (directory.parent / "event.json").write_text(json.dumps({"ref": ref}))
    command = [
        *(os.environ.get("ACT", "act"), event, "--json"),
        *("--eventpath", str(directory.parent / "event.json")),
        *("--workflows", str(directory.parent / "workflow.yml")),
        *shlex.split(os.environ.get("ACT_FLAGS", "")),
        *("--local-repository", f"org/gto-action@v2={action}"),
        *(f"--local-repository={uses}={path}" for uses, path in (other_actions or {}).items()),
        *options,
        *(f"--env={name}={value}" for name, value in (environment or {}).items()),
        *(f"--secret={name}={value}" for name, value in (secrets or {}).items()),
    ]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    return _read(done.stdout, done.stderr)


def stub_actions(workflow: str, directory: Path) -> dict[str, Path]:
    """Make an action for each public one that a workflow uses, which only prints its inputs.

    Act has actions/checkout itself. Returns the directories as ``run_workflow`` takes them.
    """
    stubs: dict[str, Path] = {}
    for job in yaml.safe_load(workflow)["jobs"].values():
        for step in job["steps"]:
            uses = step.get("uses", "./")
            if not uses.startswith(("./", "org/gto-action", "actions/checkout@")):
                stub = directory / uses.replace("/", "-")
                stub.mkdir(parents=True, exist_ok=True)
                stubs[uses] = stub
                (stub / "action.yml").write_text(_stub(uses, step.get("with", {})))
    return stubs


def _stub(uses: str, inputs: Mapping[str, object]) -> str:
    echo = {
        "shell": "sh",
        "env": {f"STUB_{name}": f"${{{{ inputs.{name} }}}}" for name in inputs},
        "run": "\n".join(f'echo "{name}=$(printenv STUB_{name})"' for name in inputs) or "true",
    }
    action = {
        "name": uses,
        "description": "stands in for a public action",
        "inputs": {name: {"description": name} for name in inputs},
        "runs": {"using": "composite", "steps": [echo]},
    }
    return yaml.safe_dump(action)


def _read(output: str, errors: str) -> Run:
    jobs: dict[str, str] = {}
    steps: dict[str, str] = {}
    printed: dict[str, list[str]] = {}
    lines = [errors]
    for line in output.splitlines():
        reported = json.loads(line) if line.startswith("{") else {"msg": line}
        lines.append(reported["msg"])
        if "jobResult" in reported:
            jobs[reported["jobID"]] = reported["jobResult"]
        if reported.get("stage") == "Main" and "stepResult" in reported:
            steps[reported["step"]] = reported["stepResult"]
        elif reported.get("raw_output"):
            printed.setdefault(reported["step"], []).append(reported["msg"].strip())
    return Run(jobs, steps, printed, "\n".join(lines))
