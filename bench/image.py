"""`make bench-image`: what a user waits for in a job that begins with nothing.

In one run, alternating: the image built from main, the same with all of Debian's git, the same with
gto and dvc in place of our packages, and the composite action, from main and of a release; then
large registries in our image. Writes docs/cold-start.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench import image_registries
from bench.bars import stacked_bars
from bench.image_registries import InImage, seconds_inside
from bench.measure import ROOT
from testkit.act import export_action
from testkit.containers import run_in_image
from testkit.demo_registry import build_demo
from testkit.large_registries import Shape
from testkit.repositories import git_environment
from testkit.runner import clone_as_a_runner
from testkit.servers import git_daemon

TAG = "churn#prod#3"
BASE = "python:3.13-slim"
WITH_ALL_OF_GIT = f"""\
FROM {BASE} AS code
COPY entrypoint.py /action/
COPY gto_action /action/gto_action
RUN python -m compileall -q /action

FROM {BASE}
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends git openssh-client \\
 && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /
RUN pip install --no-cache-dir {{packages}}
COPY --from=code /action /action
ENTRYPOINT ["python", "/action/entrypoint.py"]
"""
OURS = "--no-deps --require-hashes --requirement /requirements.txt"
PEERS = "gto==1.10.1 dvc==3.67.1"
CLIENTS = (
    *("pygithub", "pyjwt", "requests", "urllib3", "certifi", "charset-normalizer", "idna"),
    *("typing-extensions", "gitpython", "gitdb", "smmap"),
)
SIZES = """
import importlib.metadata, os, sys
files = [file.locate() for name in sys.argv[1:] for file in importlib.metadata.files(name)]
print(sum(os.path.getsize(file) for file in files if os.path.exists(file)))
"""
PARTS = ("build or install", "container start", "process")
PREPARATION, CONTAINER, PROCESS = PARTS

PAGE = """\
# Cold start

Written by `make bench-image`: medians of {rounds} runs, alternating, with the least and the most.
Each begins with nothing but the base image: no layer, no package and no bytecode of an earlier run.

{machine}

![seconds from nothing to outputs, by what they are spent on](cold-start.svg)

| from nothing to outputs | build or install, s | container start, s | process, s | sum, s |
| --- | ---: | ---: | ---: | ---: |
{times}

- The image built from `main` takes **{ratio:.2f} times** what it takes with all of Debian's Git.
- The composite action of a release takes {more:.2f} s more than its process with the bytecode of
  an earlier run.
- The image with gto and dvc is only built: the existing action does not start with today's
  versions.

| size | MB |
| --- | ---: |
{sizes}

Compressed is what a job of a release pulls, without the layers of the base. PyGithub creates
releases and deployments, GitPython pushes.

## Large registries in the image

The whole step with all reports, and Git's fastest way to transfer the same objects and names, in
turn, in containers of the image with git {git}. The start of the container is not in these seconds.

| tags | `git clone --mirror`, s | step, s | ratio |
| ---: | ---: | ---: | ---: |
{registries}
"""


@dataclass(frozen=True)
class Times:
    """Seconds of each part, in each round."""

    rounds: Sequence[Mapping[str, float]]

    def median(self, part: str) -> float:
        """Return the median of a part."""
        return statistics.median(round_[part] for round_ in self.rounds)

    def cell(self, part: str) -> str:
        """Return the median of a part and its spread, for a table."""
        values = [round_[part] for round_ in self.rounds]
        if not any(values):
            return "-"
        return f"{self.median(part):.2f} ({min(values):.2f} to {max(values):.2f})"

    @property
    def sum(self) -> float:
        """The median of the sums."""
        return statistics.median(sum(round_.values()) for round_ in self.rounds)


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(prog="make bench-image", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    if not shutil.which("docker"):
        sys.exit("make bench-image needs docker")
    with tempfile.TemporaryDirectory(prefix="gto-bench-") as directory:
        root = Path(directory)
        build_demo(root / "served" / "org" / "models")
        (root / "action").mkdir()
        action = export_action(root / "action")
        with git_daemon(root / "served") as url:
            clone_as_a_runner(f"{url}/org/models", TAG, root / "workspace")
            times = _measure(root, action, rounds)
            registries = image_registries.measure(_image(action), root, rounds)
            _write(times, _sizes(root), registries, rounds, equal=_reproducible(action))


def _measure(root: Path, action: Path, rounds: int) -> dict[str, Times]:
    images = {
        "image from main": action,
        "image with all of Debian's Git": _with_all_of_git(action, root / "git", OURS),
        "image with gto and dvc": _with_all_of_git(action, root / "peers", PEERS),
    }
    released = root / "released"
    shutil.copytree(action, released)
    (released / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "vendor-packages", released / "tools")
    vendor = released / "tools" / "vendor-packages"
    subprocess.run([vendor], check=True, env={**os.environ, "PYTHON": sys.executable})
    measured: dict[str, list[Mapping[str, float]]] = {}
    for _ in range(rounds):
        for name, directory in images.items():
            starts = "gto" not in name
            measured.setdefault(name, []).append(_through_docker(root, directory, starts=starts))
        for name, directory in (("composite from main", action), ("composite, released", released)):
            measured.setdefault(name, []).append(_composite(root, directory))
        measured.setdefault("process, with bytecode", []).append(_process(root, released))
    return {name: Times(each) for name, each in measured.items()}


def _with_all_of_git(action: Path, directory: Path, packages: str) -> Path:
    """Copy an action, with the Dockerfile of an image that has all of Debian's git."""
    shutil.copytree(action, directory)
    (directory / "Dockerfile").write_text(WITH_ALL_OF_GIT.format(packages=packages))
    return directory


def _through_docker(root: Path, directory: Path, *, starts: bool) -> dict[str, float]:
    image = _image(directory)
    build = _seconds(["docker", "build", "--quiet", "--no-cache", "--tag", image, str(directory)])
    if not starts:
        return {PREPARATION: build, CONTAINER: 0, PROCESS: 0}
    variables = [f"--env={name}={value}" for name, value in _environment(root).items()]
    run = ["docker", "run", "--rm", "--network=host", f"--volume={root}:{root}", *variables]
    complete = _seconds([*run, image])
    process = seconds_inside(image, ("python", "/action/entrypoint.py"), root, _environment(root))
    return {PREPARATION: build, CONTAINER: complete - process, PROCESS: process}


def _composite(root: Path, directory: Path) -> dict[str, float]:
    """Run the script of the composite action, in a copy and with empty caches."""
    with tempfile.TemporaryDirectory(dir=root) as temporary:
        copy = Path(temporary) / "action"
        shutil.copytree(directory, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (step,) = yaml.safe_load((copy / "composite" / "action.yml").read_text())["runs"]["steps"]
        environment = {
            **git_environment(),
            **_environment(root),
            "ACTION": str(copy),
            "PACKAGES": f"{temporary}/packages",
            "PIP_CACHE_DIR": f"{temporary}/cache",
        }
        complete = _seconds(["bash", "-c", step["run"]], environment)
        process = _seconds([*_python(), str(copy / "entrypoint.py")], _with_packages(root, copy))
        return {PREPARATION: max(0, complete - process), CONTAINER: 0, PROCESS: process}


def _process(root: Path, action: Path) -> dict[str, float]:
    environment = _with_packages(root, action)
    command = [*_python(), str(action / "entrypoint.py")]
    _seconds(command, environment)
    return {PREPARATION: 0, CONTAINER: 0, PROCESS: _seconds(command, environment)}


def _python() -> list[str]:
    python = shutil.which("python3")
    assert python
    return [python]


def _with_packages(root: Path, action: Path) -> dict[str, str]:
    vendor = action / "vendor"
    packages = vendor if vendor.is_dir() else action.parent / "packages"
    return {**git_environment(), **_environment(root), "PYTHONPATH": str(packages)}


def _environment(root: Path) -> dict[str, str]:
    (root / "output").touch()
    return {
        "GITHUB_REF": f"refs/tags/{TAG}",
        "GITHUB_WORKSPACE": str(root / "workspace"),
        "GITHUB_OUTPUT": str(root / "output"),
        "GITHUB_STEP_SUMMARY": str(root / "output"),
    }


def _seconds(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def _sizes(root: Path) -> dict[str, float]:
    """Return sizes over the base, in MB."""
    ours, all_of_git = _image(root / "action"), _image(root / "git")
    return {
        "image over its base": (_size(ours) - _size(BASE)) / 1e6,
        "of these, PyGithub, GitPython and what they need": _size_of_clients(ours) / 1e6,
        "image over its base, compressed": (_compressed(ours) - _compressed(BASE)) / 1e6,
        "with all of Debian's Git": (_size(all_of_git) - _size(BASE)) / 1e6,
        "with all of Debian's Git, compressed": (_compressed(all_of_git) - _compressed(BASE)) / 1e6,
    }


def _size_of_clients(image: str) -> int:
    """Return the bytes of PyGithub, GitPython, and the packages that only these two need."""
    done = run_in_image(image, ("python", "-c", SIZES, *CLIENTS))
    return int(done.stdout)


def _reproducible(action: Path) -> bool:
    """Return whether two builds have equal packages."""
    lists = []
    for _ in range(2):
        _docker("build", "--quiet", "--no-cache", "--tag", _image(action), str(action))
        script = "pip list --format=freeze; cat /var/lib/dpkg/status.d/*"
        lists.append(_docker("run", "--rm", "--entrypoint", "sh", _image(action), "-c", script))
    return lists[0] == lists[1]


def _write(
    times: Mapping[str, Times],
    sizes: Mapping[str, float],
    registries: Mapping[Shape, InImage],
    rounds: int,
    *,
    equal: bool,
) -> None:
    bars = {
        name: {part: item.median(part) for part in PARTS}
        for name, item in times.items()
        if "bytecode" not in name
    }
    (ROOT / "docs" / "cold-start.svg").write_text(stacked_bars(bars, PARTS))
    ours, theirs = (
        times[f"image {rest}"].sum for rest in ("from main", "with all of Debian's Git")
    )
    released, process = (
        times[name].sum for name in ("composite, released", "process, with bytecode")
    )
    page = PAGE.format(
        rounds=rounds,
        machine=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}: {os.cpu_count()} cores, "
        f"two builds have equal packages: {'yes' if equal else 'no'}",
        times="\n".join(_row(name, item) for name, item in times.items()),
        ratio=ours / theirs,
        more=released - process,
        sizes="\n".join(f"| {name} | {size:.1f} |" for name, size in sizes.items()),
        git=image_registries.git_version(_image(Path("action"))),
        registries="\n".join(
            f"| {shape.tags:,} of {shape.artifacts:,} artifacts | {item} |"
            for shape, item in registries.items()
        ),
    )
    (ROOT / "docs" / "cold-start.md").write_text(page)
    print(page)


def _row(name: str, times: Times) -> str:
    cells = (times.cell(part) for part in PARTS)
    return f"| {name} | {' | '.join(cells)} | {times.sum:.2f} |"


def _image(directory: Path) -> str:
    return f"gto-bench-{directory.name}"


def _size(image: str) -> int:
    return int(_docker("image", "inspect", "--format", "{{.Size}}", image))


def _compressed(image: str) -> int:
    """Return the bytes of an image as gzip, which registries keep, writes it."""
    save = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE)
    gzip = subprocess.Popen(["gzip"], stdin=save.stdout, stdout=subprocess.PIPE)
    assert gzip.stdout is not None
    size = 0
    while chunk := gzip.stdout.read(1 << 20):
        size += len(chunk)
    if save.wait() or gzip.wait():
        sys.exit(f"make bench-image: docker save {image} failed")
    return size


def _docker(*arguments: str) -> str:
    return subprocess.run(("docker", *arguments), check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
