"""A reader that goes away, as `head` does, ends a command quietly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from testkit.repositories import git
from tests.terminal.harness import ROOT, command, terminal_environment

COMMANDS = [
    ["show"],
    ["show", "--plain"],
    ["show", "--json"],
    ["show", "churn", "--ref"],
    ["history"],
    ["history", "--plain"],
    ["history", "--json"],
    ["stages"],
    ["describe", "churn"],
    ["check-ref", "churn#prod#3"],
    ["check-ref", "churn#prod#3", "--format", "env"],
    ["doctor"],
    ["print-state"],
    ["run", "churn#prod#3"],
    ["run", "churn#prod#3", "--no-fetch"],
]


def _without_reader(
    words: list[str], directory: Path, *, errors_too: bool = False
) -> tuple[int, bytes]:
    """Run a program whose output is not read; return its exit code and its standard error."""
    with subprocess.Popen(
        words,
        cwd=directory,
        env=terminal_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if errors_too else subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        return process.wait(), b"" if process.stderr is None else process.stderr.read()


@pytest.mark.parametrize("arguments", [*COMMANDS, ["--help"], ["show", "--help"]])
def test_a_command_whose_reader_goes_away(
    arguments: list[str], demo_remote: Path, tmp_path: Path
) -> None:
    git("clone", "--quiet", str(demo_remote), str(tmp_path / "checkout"))
    code, errors = _without_reader(command(*arguments), tmp_path / "checkout")
    assert errors == b""
    assert code in {0, 1}


@pytest.mark.parametrize("arguments", [["show", "nope"], ["--nope"], ["check-ref", "main"]])
def test_errors_with_a_closed_standard_error(
    arguments: list[str], demo_remote: Path, tmp_path: Path
) -> None:
    git("clone", "--quiet", str(demo_remote), str(tmp_path / "checkout"))
    code, _ = _without_reader(command(*arguments), tmp_path / "checkout", errors_too=True)
    assert 0 <= code <= 2


def test_a_demo_whose_reader_goes_away() -> None:
    assert _without_reader([sys.executable, "-m", "demo"], ROOT) == (0, b"")
    line = f"'{sys.executable}' -m demo | head -n 1"
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, check=True)
    assert (done.stdout.count(b"\n"), done.stderr) == (1, b"")
