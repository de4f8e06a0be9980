"""The command line: in this process, or as a process of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from gto_action.cli.app import main
from testkit.repositories import git_environment
from testkit.step import process_state

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Result:
    code: int
    output: str
    errors: str


def ask(
    *arguments: str | Path,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Run `gto-action` in a directory, in this process: it spares a start of Python, 100 ms."""
    variables = {**terminal_environment(), **(environment or {})}
    with (
        process_state(variables, directory or ROOT),
        CliRunner().isolation() as (stdout, stderr, _),
    ):
        code = main([*map(str, arguments)])
        sys.stdout.flush()
        sys.stderr.flush()
        return Result(code, stdout.getvalue().decode(), stderr.getvalue().decode())


def ask_process(
    *arguments: str | Path,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Run `gto-action` in a directory as a process of its own; Python's warnings are errors."""
    done = subprocess.run(
        command(*arguments),
        cwd=directory,
        env={**terminal_environment(), **(environment or {})},
        capture_output=True,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def answer(
    *arguments: str | Path,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Return what is printed; nothing may be wrong."""
    result = ask(*arguments, directory=directory, environment=environment)
    assert (result.code, result.errors) == (0, ""), result
    return result.output


def run_at_a_terminal(words: list[str], variables: Mapping[str, str]) -> str:
    """Run a program at a terminal of its own; return what it shows."""
    ours, its = pty.openpty()
    environment = {**terminal_environment(), "TERM": "xterm", **variables}
    with subprocess.Popen(words, env=environment, stdin=its, stdout=its, stderr=its):
        os.close(its)
        shown = b""
        with open(ours, "rb", buffering=0) as terminal:
            try:
                while chunk := terminal.read(1 << 16):
                    shown += chunk
            except OSError:  # what Linux raises at the end of the terminal
                pass
    return shown.decode()


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "gto_action", *map(str, arguments)]


def terminal_environment() -> dict[str, str]:
    return {**git_environment(), "PYTHONPATH": str(ROOT)}
