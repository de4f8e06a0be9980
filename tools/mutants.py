"""Break the core modules a line at a time, and list what no test and no type notices.

mutmut makes the mutants; its settings are in pyproject.toml. A mutant that is equivalent to the
original cannot be noticed: ``equivalent_mutants.txt`` lists those, and they are not counted.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
EQUIVALENT = Path(__file__).parent / "equivalent_mutants.txt"


@dataclass(frozen=True)
class Mutant:
    """A mutant's function, and the line that it has in place of the original one."""

    function: str
    line: str

    def __str__(self) -> str:
        """Write it as ``equivalent_mutants.txt`` has it."""
        return f"{self.function}: {self.line}"


def main() -> None:
    """Run mutmut on a copy of the tracked files; write the score and the missed mutants."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("directory", type=Path, help="where results are written")
    parser.add_argument("mutants", nargs="*", help="the names of mutants; by default all")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    tree = directory / "tree"
    _copy_tracked_files(tree)
    (tree / "mutants").mkdir(exist_ok=True)
    subprocess.run(["mutmut", "run", *arguments.mutants], cwd=tree, check=True)
    statuses = dict(_statuses(tree))
    equivalent = set(re.findall(r"^[^#\s].*$", EQUIVALENT.read_text(), re.MULTILINE))
    survivors = [name for name, status in statuses.items() if status in {"survived", "no tests"}]
    missed = [mutant for name in survivors if str(mutant := _mutant(name, tree)) not in equivalent]
    tried = len(statuses) - (len(survivors) - len(missed))
    score = f"{100 * (tried - len(missed)) / tried:.1f} of 100 mutants are noticed ({tried} tried)"
    (directory / "missed.txt").write_text("".join(f"{item}\n" for item in [score, *missed]))
    sys.stdout.write(f"{score}; the others are in {directory}/missed.txt\n")


def _copy_tracked_files(tree: Path) -> None:
    """Copy what git tracks, as it is in the work tree; mutmut's results of before stay."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)


def _statuses(tree: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each mutant with what became of it."""
    printed = _mutmut(tree, "results", "--all", "true")
    for line in printed.splitlines():
        name, _, status = line.strip().partition(": ")
        if status not in {"skipped", "not checked"}:  # a run may be of some mutants only
            yield name, status


def _mutant(name: str, tree: Path) -> Mutant:
    diff = _mutmut(tree, "show", name)
    line = " ".join(line.strip() for line in re.findall(r"^\+(?!\+\+)(.*)$", diff, re.MULTILINE))
    module, _, function = name.rpartition(".")
    function = re.sub(r"__mutmut_\d+$", "", function).removeprefix("x_")
    return Mutant(f"{module.removeprefix('gto_action.')}.{function}", line)


def _mutmut(tree: Path, *words: str) -> str:
    done = subprocess.run(
        ["mutmut", *words], cwd=tree, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
