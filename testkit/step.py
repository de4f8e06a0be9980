"""The step with a runner's environment, on a real checkout: in this process, or as one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

from gto_action.action.main import main
from testkit.repositories import git
from testkit.runner import read_outputs, runner_environment

ENTRYPOINT = Path(__file__).parent.parent / "entrypoint.py"


@dataclass(frozen=True)
class Result:
    """What a step left: its exit code, its log, the outputs as a runner reads them, the summary."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str

    def json(self) -> dict[str, Any]:
        reported: dict[str, Any] = json.loads(self.outputs["json"])
        return reported


@dataclass(frozen=True)
class Workspace:
    """A runner's directories: the workspace, and beside it what the step writes.

    ``wrapper`` is a program, with arguments, that runs the command behind it: the step. ``action``
    is the directory of the action in the repository.
    """

    root: Path
    ref: str
    sha: str
    wrapper: Sequence[str] = ()
    action: str = ""

    @property
    def checkout(self) -> Path:
        return self.root / "workspace"

    def run(
        self,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
        **inputs: str | bool,
    ) -> Result:
        """Run the step with inputs, as ``show=True``; its reports are off by default."""
        outputs, summary = self.root / "output", self.root / "summary.md"
        log = log or self.root / "log"
        reports = () if self.action else ("show", "history", "summary")
        quiet: dict[str, str | bool] = dict.fromkeys(reports, False)
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
            code = (self._run_process if self.wrapper else self._run_here)(known, stdout)
        # as bytes: Python would make a line feed of a carriage return
        reported = log.read_bytes().decode() if log.is_file() else ""
        outputs_read = read_outputs(outputs.read_bytes().decode())
        return Result(code, reported, outputs_read, summary.read_bytes().decode())

    def _run_here(self, environment: Mapping[str, str], stdout: IO[str]) -> int:
        """Run the step in this process, which spares a start of Python: 100 ms."""
        with process_state(environment, self.root), redirect_stdout(stdout):
            return main(name=self.action)

    def _run_process(self, environment: Mapping[str, str], stdout: IO[str]) -> int:
        done = subprocess.run(
            [
                *self.wrapper,
                sys.executable,
                "-W",
                "error",
                str(ENTRYPOINT),
                *filter(None, [self.action]),
            ],
            env=environment,
            cwd=self.root,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode


AS_A_PROCESS = ("env",)
"""A wrapper that runs the step as a process of its own."""


@contextmanager
def process_state(environment: Mapping[str, str], directory: Path) -> Iterator[None]:
    """Set the environment and the directory of this process; restore both at the end."""
    stderr = StringIO()
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(tempfile, "tempdir", None),
        chdir(directory),
        redirect_stderr(stderr),
    ):
        yield
    assert stderr.getvalue() == ""


def full_clone(remote: str, root: Path, ref: str) -> Workspace:
    """Clone a repository with its whole history, at a ref."""
    git("clone", "--quiet", remote, str(root / "workspace"))
    git("-C", str(root / "workspace"), "checkout", "--quiet", "--detach", ref)
    return Workspace(root, ref, git("-C", str(root / "workspace"), "rev-parse", "HEAD"))
