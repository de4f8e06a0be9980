"""`make bench-image`: the image against one with gto and dvc in place of our packages.

In one run, from the same base: the time from nothing to outputs (build and run through act), the
time with the image built, our process alone, the sizes, and whether two builds without a cache
give equal packages.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from testkit.act import export_action, run_workflow
from testkit.demo_registry import build_demo
from testkit.documented_workflows import documented_workflow
from testkit.runner import clone_as_a_runner
from testkit.servers import git_daemon

TAG = "churn#prod#3"
BASE = "python:3.13-slim"
PEERS = "RUN pip install --no-cache-dir gto==1.10.1 dvc==3.67.1"


def main() -> None:
    """Measure, and print a line for each figure."""
    argparse.ArgumentParser(prog="make bench-image", description=__doc__).parse_args()
    if not shutil.which("docker"):
        sys.exit("make bench-image needs docker, and act on the PATH or in ACT")
    with tempfile.TemporaryDirectory(prefix="gto-bench-") as directory:
        root = Path(directory)
        build_demo(root / "served" / "org" / "models")
        (root / "action").mkdir()
        action = export_action(root / "action")
        with git_daemon(root / "served") as url:
            clone_as_a_runner(f"{url}/org/models", TAG, root / "workspace")
            _forget()
            theirs = _through_act(root, _peers(root / "peers", action), succeeds=False)
            _forget()
            ours = _through_act(root, action)
            warm = sorted(_through_act(root, action) for _ in range(3))
            _time_the_process(root)
        print(f"cold, from nothing to outputs      {ours:6.1f} s")
        print(f"cold, with gto and dvc instead     {theirs:6.1f} s   ratio {ours / theirs:.2f}")
        print(f"warm, the image is built           {warm[1]:6.1f} s")
        _sizes(action)
        _compare_packages(action)


def _peers(directory: Path, action: Path) -> Path:
    """Make an action like ours, with the packages of the existing one: it fails once it runs."""
    shutil.copytree(action, directory)
    dockerfile = directory / "Dockerfile"
    lines = dockerfile.read_text().splitlines()
    swapped = [PEERS if line.startswith("RUN pip install") else line for line in lines]
    dockerfile.write_text("\n".join(swapped) + "\n")
    return directory


def _forget() -> None:
    """Remove every image but the bases, so that the next build begins with nothing."""
    listing = _docker("images", "--format", "{{.Repository}}:{{.Tag}}")
    ours = ("act-org-gto", "gto-bench", "gto-action")
    images = [name for name in listing.split() if any(our in name for our in ours)]
    if images:
        _docker("rmi", "--force", *images)
    _docker("image", "prune", "--force")


def _through_act(root: Path, action: Path, *, succeeds: bool = True) -> float:
    """Return the seconds from the action's start to its outputs, as act reports them."""
    workflow = documented_workflow("models.yml")
    start = time.perf_counter()
    run = run_workflow(workflow, f"refs/tags/{TAG}", root / "workspace", action)
    complete = time.perf_counter() - start
    assert run.jobs == {"model": "success" if succeeds else "failure"}, run.log
    reported = re.findall(r" - Main org/gto-action@v2 \[(?:(\d+)m)?([\d.]+)(m?s)\]", run.log)
    ((minutes, seconds, unit),) = reported
    taken = 60 * int(minutes or 0) + float(seconds) / (1000 if unit == "ms" else 1)
    print(f"    the action {taken:.1f} s, the workflow with checkout and clean-up {complete:.1f} s")
    return taken


def _time_the_process(root: Path) -> None:
    """Time the step's process in the image, without the container around it."""
    (root / "output").touch()
    environment = {
        "GITHUB_REF": f"refs/tags/{TAG}",
        "GITHUB_WORKSPACE": str(root / "workspace"),
        "GITHUB_OUTPUT": str(root / "output"),
        "GITHUB_STEP_SUMMARY": str(root / "output"),
    }
    variables = [f"--env={name}={value}" for name, value in environment.items()]
    mount = f"--volume={root}:{root}"
    image = ("--entrypoint", "python", "act-org-gto-action-v2-dockeraction:latest")
    reported = _docker("run", "--rm", "--network=host", mount, *variables, *image, "-c", TIMER)
    print(f"our process, in the image          {reported.strip()}")


TIMER = """
import statistics, subprocess, time
taken = []
for _ in range(9):
    start = time.perf_counter()
    subprocess.run(["python", "/action/entrypoint.py"], check=True, capture_output=True)
    taken.append(time.perf_counter() - start)
print(f"{statistics.median(taken):.2f} s, median of {len(taken)}")
"""


def _build(directory: Path) -> float:
    start = time.perf_counter()
    _docker("build", "--no-cache", "--tag", f"gto-bench-{directory.name}", str(directory))
    return time.perf_counter() - start


def _compare_packages(action: Path) -> None:
    lists = []
    for _ in range(2):
        _build(action)
        pip = ("--entrypoint", "pip", "gto-bench-action", "list", "--format=freeze")
        lists.append(_docker("run", "--rm", *pip))
    print(f"two builds, equal packages         {lists[0] == lists[1]}")


def _sizes(action: Path) -> None:
    _build(action)
    over = _size("gto-bench-action") - _size(BASE)
    print(f"size over {BASE}        {over / 1e6:6.0f} MB")
    history = _docker("history", "--format", "{{.Size}}\t{{.CreatedBy}}", "gto-bench-action")
    for line in history.splitlines():
        if any(word in line for word in ("apt-get", "pip install", "/action")):
            print("   ", line[:90])


def _size(image: str) -> int:
    return int(_docker("image", "inspect", "--format", "{{.Size}}", image))


def _docker(*arguments: str) -> str:
    return subprocess.run(("docker", *arguments), check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
