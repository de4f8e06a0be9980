"""Time and memory of commands, in one run, alternating."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testkit.repositories import git_environment

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Measured:
    """The median of a command's times, the least and the most, in seconds, and its size in MB.

    The size is the largest resident size of any of its processes.
    """

    seconds: float
    megabytes: float
    fastest: float
    slowest: float

    def __str__(self) -> str:
        """Show the median, with the least and the most, in seconds."""
        digits = 3 if self.seconds < 1 else 2
        return f"{self.seconds:.{digits}f} ({self.fastest:.2f} to {self.slowest:.2f})"


@dataclass(frozen=True)
class Command:
    """What to run, where, and in which environment; ``before`` is not measured."""

    words: Sequence[str]
    directory: Path | None = None
    environment: Mapping[str, str] | None = None
    before: Callable[[], object] = lambda: None


def alternate(commands: Mapping[str, Command], rounds: int) -> dict[str, Measured]:
    """Run commands in turn, a number of rounds; return the medians by name."""
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            command.before()
            runs[name].append(_run(command))
    return {
        name: Measured(
            statistics.median(item.seconds for item in measured),
            max(item.megabytes for item in measured),
            min(item.seconds for item in measured),
            max(item.seconds for item in measured),
        )
        for name, measured in runs.items()
    }


def _run(command: Command) -> Measured:
    environment = {**git_environment(), "PYTHONPATH": str(ROOT), **(command.environment or {})}
    start = time.perf_counter()
    process = subprocess.Popen(
        list(command.words),
        cwd=command.directory,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    stderr = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command.words, None, stderr)
    return Measured(seconds, usage.ru_maxrss / 1024, seconds, seconds)
