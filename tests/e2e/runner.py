"""Real workflows: run by act, in containers, with the image built from our Dockerfile."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Run:
    """What a workflow did: the steps that ran with their results and what each printed."""

    jobs: dict[str, str]
    steps: dict[str, str]
    printed: dict[str, list[str]]
    log: str


def readme_workflow(name: str) -> str:
    """Give a workflow as README.md has it, by its file's name."""
    readme = (ROOT / "README.md").read_text()
    blocks: list[tuple[str, str]] = re.findall(
        r"```yaml\n# .github/workflows/(\S+)\n(.*?)```", readme, re.DOTALL
    )
    return dict(blocks)[name]


def export_action(folder: Path) -> Path:
    """Copy into a folder what the action is built from, and no more."""
    for name in ("action.yml", "Dockerfile", "entrypoint.py", "requirements.txt", ".dockerignore"):
        shutil.copy(ROOT / name, folder)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("gto_action", "composite"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def run_workflow(
    workflow: str,
    ref: str,
    folder: Path,
    action: Path,
    environment: Mapping[str, str] | None = None,
    *,
    secrets: Mapping[str, str] | None = None,
) -> Run:
    """Run a workflow for a push of a ref in a folder, the checkout of the run."""
    # act names its containers after the workflow, so that two runs at once would share them
    unique = re.sub(r"\Aname: .*", f"name: {uuid4()}", workflow)
    (folder.parent / "workflow.yml").write_text(unique)
    (folder.parent / "event.json").write_text(json.dumps({"ref": ref}))
    command = [
        *(os.environ.get("ACT", "act"), "push", "--json"),
        *("--eventpath", str(folder.parent / "event.json")),
        *("--workflows", str(folder.parent / "workflow.yml")),
        *shlex.split(os.environ.get("ACT_FLAGS", "")),
        *("--local-repository", f"org/gto-action@v2={action}"),
        *(f"--env={name}={value}" for name, value in (environment or {}).items()),
        *(f"--secret={name}={value}" for name, value in (secrets or {}).items()),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return _read(done.stdout, done.stderr)


def _read(output: str, complaints: str) -> Run:
    jobs: dict[str, str] = {}
    steps: dict[str, str] = {}
    printed: dict[str, list[str]] = {}
    lines = [complaints]
    for line in output.splitlines():
        told = json.loads(line) if line.startswith("{") else {"msg": line}
        lines.append(told["msg"])
        if "jobResult" in told:
            jobs[told["jobID"]] = told["jobResult"]
        if told.get("stage") == "Main" and "stepResult" in told:
            steps[told["step"]] = told["stepResult"]
        elif told.get("raw_output"):
            printed.setdefault(told["step"], []).append(told["msg"].strip())
    return Run(jobs, steps, printed, "\n".join(lines))
