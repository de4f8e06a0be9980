"""`make bench-step`: the step on the demo registry against its floor, in one run, alternating.

The floor is what no step can do without: to start Python, to fetch the same tags with the same
flags, and to read the same fields. The medians are printed in milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from testkit.demo_registry import build_demo
from testkit.repositories import git_environment
from testkit.runner import clone_as_a_runner, runner_environment
from testkit.servers import git_daemon

ROUNDS = 15
TAG = "churn#prod#3"
ENTRYPOINT = Path(__file__).parent.parent / "entrypoint.py"
FIELDS = "%(refname) %(object) %(taggername) %(taggeremail) %(taggerdate:raw) %(contents)"


def main() -> None:
    """Measure over a local path and over a git daemon."""
    argparse.ArgumentParser(prog="make bench-step", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="gto-bench-") as directory:
        root = Path(directory)
        remote = build_demo(root / "remote.git")
        _measure(str(remote), root / "path")
        with git_daemon(root) as url:
            _measure(f"{url}/remote.git", root / "daemon")


def _measure(remote: str, root: Path) -> None:
    root.mkdir()
    commit = clone_as_a_runner(remote, TAG, root / "workspace")
    parts: dict[str, Callable[[Path], None]] = {
        "python3 -c pass": lambda _: _run(sys.executable, "-c", "pass"),
        "git fetch": _fetch,
        "git for-each-ref": _read,
        "the step": lambda _: _step(root, commit),
    }
    times: dict[str, list[float]] = {name: [] for name in parts}
    for number in range(ROUNDS):
        own = root / f"own-{number}"
        _run("git", "init", "--quiet", "--bare", "--template=", str(own))
        _run("git", "-C", str(own), "remote", "add", "source", remote)
        for name, part in parts.items():
            start = time.perf_counter()
            part(own)
            times[name].append(1000 * (time.perf_counter() - start))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    step = medians.pop("the step")
    floor = sum(medians.values())
    print(f"from {remote.partition('://')[0] if '://' in remote else 'a path'}")
    for name, median in medians.items():
        print(f"  {name:20}{median:8.1f} ms")
    print(f"  {'floor':20}{floor:8.1f} ms\n  {'the step':20}{step:8.1f} ms")
    print(f"  ratio               {step / floor:8.2f}")


def _fetch(own: Path) -> None:
    flags = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--atomic")
    narrow = ("--depth=1", "--filter=object:type=tag")
    _run("git", "-C", str(own), "fetch", *flags, *narrow, "source", "+refs/tags/*:refs/tags/*")


def _read(own: Path) -> None:
    _run("git", "-C", str(own), "for-each-ref", f"--format={FIELDS}", "refs/tags")


def _step(root: Path, commit: str) -> None:
    environment = runner_environment(root, f"refs/tags/{TAG}", commit)
    _run(sys.executable, str(ENTRYPOINT), environment=environment)


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    own = {**git_environment(("PATH", "HOME", "TMPDIR")), **(environment or {})}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=own)


if __name__ == "__main__":
    main()
