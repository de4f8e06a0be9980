"""`make bench-pull`: the time of a pull from a directory, against `pip install dvc` and `dvc pull`.

All is cold: nothing is installed, no cache of packages is used, and packages come from the package
index that pip and uv are set to. Rounds alternate. Writes the table of docs/pulling.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from testkit.dvc_projects import Dvc, build_small
from testkit.repositories import git
from testkit.runner import runner_environment

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "pulling.md"
MARK = "<!-- from here on written by `make bench-pull` -->\n"
ROUNDS = 5
TAG = "refs/tags/churn@v1.0.0"
INSTALLED = re.compile(r"^installed .* in ([0-9.]+) s$", re.MULTILINE)
PULLED = re.compile(r"^pulled .* in ([0-9.]+) s$", re.MULTILINE)


def main() -> None:
    """Measure, and write the page."""
    argparse.ArgumentParser(prog="make bench-pull", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="gto-bench-") as directory:
        root = Path(directory)
        build_small(Dvc(Path(sys.prefix) / "bin"), root)
        rounds = [(*_by_step(root), *_by_hand(root)) for _ in range(ROUNDS)]
    medians = [statistics.median(figures) for figures in zip(*rounds, strict=True)]
    PAGE.write_text(PAGE.read_text().partition(MARK)[0] + MARK + _table(medians))


def _by_step(root: Path) -> tuple[float, ...]:
    """Return the seconds of a step without `pull`, of one with it, of its installation and pull."""
    without, _ = _step(root, pull=False)
    complete, log = _step(root, pull=True)
    installed, pulled = INSTALLED.search(log), PULLED.search(log)
    assert installed, log
    assert pulled, log
    return without, complete, float(installed[1]), float(pulled[1])


def _step(root: Path, *, pull: bool) -> tuple[float, str]:
    _check_out(root)
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin", "INPUT_PULL": str(pull)}
    environment = {**os.environ, **runner_environment(root, TAG, ""), **path}
    return _timed([sys.executable, str(ROOT / "entrypoint.py")], root, environment)


def _by_hand(root: Path) -> tuple[float, float]:
    """Return the seconds of `pip install dvc` in an empty environment, and of `dvc pull`."""
    _check_out(root)
    place = root / "environment"
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin/pip"), "install", "--quiet", "--no-cache-dir", "dvc"]
    installed, _ = _timed(pip, root, os.environ)
    dvc = [str(place / "bin/dvc"), "pull", "models/churn.pkl"]
    pulled, _ = _timed(dvc, root / "workspace", os.environ)
    return installed, pulled


def _check_out(root: Path) -> None:
    shutil.rmtree(root / "workspace", ignore_errors=True)
    git("clone", "--quiet", str(root / "remote"), str(root / "workspace"))


def _timed(
    words: Sequence[str], directory: Path, environment: Mapping[str, str]
) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(
        list(words), cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    taken = time.perf_counter() - start
    assert done.returncode == 0, done.stdout + done.stderr
    return taken, done.stdout


def _table(medians: Sequence[float]) -> str:
    without, complete, installed, pulled, pip, dvc = medians
    rows = (
        ("installing", f"{installed:.1f} s", f"{pip:.1f} s", pip / installed),
        ("pulling", f"{pulled:.1f} s", f"{dvc:.1f} s", dvc / pulled),
        ("the complete step", f"{complete:.1f} s", f"{pip + dvc:.1f} s", (pip + dvc) / complete),
        ("a step without `pull`", f"{without:.2f} s", "", 0),
    )
    lines = (
        f"| {what} | {ours} | {theirs} | {f'{ratio:.1f}' if ratio else ''} |\n"
        for what, ours, theirs, ratio in rows
    )
    version = platform.python_version()
    return (
        f"\nMedians of {ROUNDS} rounds, Python {version}, {os.cpu_count()} cores:\n\n"
        "| | `pull: true` | `pip install dvc`, `dvc pull` | ratio |\n| --- | --- | --- | --- |\n"
        + "".join(lines)
    )


if __name__ == "__main__":
    main()
