"""The whole step and a mirror clone of large registries, with the Git of the image."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testkit.containers import run_in_image
from testkit.large_registries import Shape, make
from testkit.runner import clone_as_a_runner

SHAPES = (Shape(10_000, 10), Shape(100_000, 10))
STEP, MIRROR = "step", "mirror"

TIMER = """
import subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
seconds = time.perf_counter() - start
sys.exit(done.stdout + done.stderr) if done.returncode else print(seconds)
"""


@dataclass(frozen=True)
class InImage:
    """Seconds of the whole step and of a mirror clone, in each round."""

    step: Sequence[float]
    mirror: Sequence[float]

    def __str__(self) -> str:
        """Show the medians, with the least and the most, and their ratio, as cells of a table."""
        ratio = statistics.median(self.step) / statistics.median(self.mirror)
        return f"{_spread(self.mirror)} | {_spread(self.step)} | {ratio:.2f}"


def measure(image: str, root: Path, rounds: int) -> dict[Shape, InImage]:
    """Time the step with all reports and a mirror clone in turn, inside containers."""
    return {
        shape: _measure(image, root / f"registry-{shape.tags}", shape, rounds) for shape in SHAPES
    }


def git_version(image: str) -> str:
    """Return the version of the image's Git."""
    return run_in_image(image, ("git", "version")).stdout.split()[2]


def seconds_inside(
    image: str, words: Sequence[str], mount: Path, variables: Mapping[str, str]
) -> float:
    """Time a program in a container, without the start of the container. Raises RuntimeError."""
    timed = ("python", "-c", TIMER, *words)
    done = run_in_image(image, timed, mounts=[mount], variables=variables)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)


def _measure(image: str, root: Path, shape: Shape, rounds: int) -> InImage:
    root.mkdir()
    remote = make(shape, root)
    clone_as_a_runner(f"file://{remote}", shape.tag, root / "workspace")
    mirror = root / "mirror"
    variables = _all_reports(root, shape.tag)
    steps, mirrors = [], []
    for _ in range(rounds):
        steps.append(seconds_inside(image, ("python", "/action/entrypoint.py"), root, variables))
        clone = (
            "git",
            "-c",
            "safe.directory=*",
            "clone",
            "--mirror",
            f"file://{remote}",
            str(mirror),
        )
        mirrors.append(seconds_inside(image, clone, root, {}))
        shutil.rmtree(mirror)
    return InImage(steps, mirrors)


def _all_reports(root: Path, tag: str) -> dict[str, str]:
    for name in ("output", "summary.md"):
        (root / name).touch()
    return {
        "GITHUB_REF": f"refs/tags/{tag}",
        "GITHUB_WORKSPACE": str(root / "workspace"),
        "GITHUB_OUTPUT": str(root / "output"),
        "GITHUB_STEP_SUMMARY": str(root / "summary.md"),
        **{f"INPUT_{name}": "true" for name in ("SHOW", "HISTORY", "SUMMARY")},
    }


def _spread(seconds: Sequence[float]) -> str:
    median = statistics.median(seconds)
    return f"{median:.2f} ({min(seconds):.2f} to {max(seconds):.2f})"
