"""The step as a process, with a runner's environment, on a real checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from demo.registry import git
from demo.runner import read_outputs, runner_environment
from gto_action.action.main import main

ENTRYPOINT = Path(__file__).parent.parent.parent / "entrypoint.py"


@dataclass(frozen=True)
class Result:
    """What a step left: its exit code, its log, the outputs as a runner reads them, the summary."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str

    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.outputs["json"])
        return told


@dataclass(frozen=True)
class Workspace:
    """A runner's folders: the workspace, and beside it what the step writes.

    ``wrapper`` is a program, with arguments, that runs the command behind it: the step.
    """

    root: Path
    ref: str
    sha: str
    wrapper: Sequence[str] = ()

    @property
    def checkout(self) -> Path:
        return self.root / "workspace"

    def run(
        self,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
        **inputs: str | bool,
    ) -> Result:
        """Run the step with inputs, as ``show=True``; reports are off unless asked for."""
        outputs, summary = self.root / "output", self.root / "summary.md"
        log = log or self.root / "log"
        quiet: dict[str, str | bool] = dict.fromkeys(("show", "history", "summary"), False)
        known = {
            **runner_environment(self.root, self.ref, self.sha),
            **{
                f"INPUT_{name.replace('_', '-').upper()}": str(value).lower()
                if isinstance(value, bool)
                else value
                for name, value in {**quiet, **inputs}.items()
            },
            **(environment or {}),
        }
        with log.open("w") as stdout:
            if is_mutation_run():
                with redirect_stdout(stdout):
                    code = main(known)
            else:
                code = self._run_process(known, stdout)
        # as bytes: Python would make a line feed of a carriage return
        told = log.read_bytes().decode() if log.is_file() else ""
        told_outputs = read_outputs(outputs.read_bytes().decode())
        return Result(code, told, told_outputs, summary.read_bytes().decode())

    def _run_process(self, environment: Mapping[str, str], stdout: IO[str]) -> int:
        done = subprocess.run(
            [*self.wrapper, sys.executable, "-W", "error", str(ENTRYPOINT)],
            env=environment,
            cwd=self.root,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode


def is_mutation_run() -> bool:
    """Return whether mutmut runs the tests: it can only watch the process that it has forked."""
    return "MUTANT_UNDER_TEST" in os.environ


def full_clone(remote: str, root: Path, ref: str) -> Workspace:
    """Clone a repository with its whole history, at a ref."""
    git("clone", "--quiet", remote, str(root / "workspace"))
    git("-C", str(root / "workspace"), "checkout", "--quiet", "--detach", ref)
    return Workspace(root, ref, git("-C", str(root / "workspace"), "rev-parse", "HEAD"))
