"""Registries of any size, made with `git fast-import` and kept for the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testkit.repositories import Builder, git

START = 1_700_000_000
PEOPLE = ("Ann Lee <ann@example.org>", "Ben Ode <ben@example.org>")
STAGES = ("dev", "staging", "prod")
BATCH = 20_000


@dataclass(frozen=True)
class Shape:
    """How many tags, of how many artifacts, and whether the refs are in one file.

    Half of the tags register a version, each at a commit of its own; each is then assigned a stage.
    """

    tags: int
    artifacts: int
    packed: bool = True

    def __str__(self) -> str:
        refs = "packed" if self.packed else "loose"
        return f"{self.tags}-tags-{self.artifacts}-artifacts-{refs}"

    @property
    def tag(self) -> str:
        """A tag that is there: the first one."""
        return "team-0=model-0@v0.0.0"


def make(shape: Shape, directory: Path) -> Path:
    """Make a registry's bare repository in a directory, or find it there."""
    path = directory / f"{shape}.git"
    if path.exists():
        return path
    unfinished = directory / f"{shape}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    git("init", "--quiet", "--bare", "--initial-branch=main", str(unfinished))
    git("-C", str(unfinished), "config", "uploadpack.allowFilter", "true")
    for first in range(0, shape.tags, BATCH):
        last = min(first + BATCH, shape.tags)
        stream = "".join(_commands(shape, first, last)).encode()
        options = ("-c", "core.compression=0", "fast-import", "--quiet")
        subprocess.run(("git", "-C", str(unfinished), *options), input=stream, check=True)
        if shape.packed:
            git("-C", str(unfinished), "pack-refs", "--all")
    return unfinished.rename(path)


def _commands(shape: Shape, first: int, last: int) -> Iterator[str]:
    parent = "from refs/heads/main^0\n" if first else ""
    for number in range(first, last):
        pair = number // 2
        artifact, version = pair % shape.artifacts, pair // shape.artifacts
        name = f"team-{artifact % 7}=model-{artifact}"
        when = START + 60 * number
        if number % 2 == 0:
            yield f"commit refs/heads/main\nmark :{pair + 1}\n"
            yield f"committer {PEOPLE[0]} {when} +0100\ndata 0\n{parent}\n"
            parent = ""
            tag, what = f"{name}@v{version // 100}.{version // 10 % 10}.{version % 10}", "Register"
        else:
            tag, what = f"{name}#{STAGES[version % 3]}#{version + 1}", "Assign"
        message = f"{what} {name}, trained on run {number}"
        yield f"tag {tag}\nfrom :{pair + 1}\ntagger {PEOPLE[number % 2]} {when} +0100\n"
        yield f"data {len(message)}\n{message}\n"


def make_history(directory: Path, megabytes: int, tags: int) -> Path:
    """Make a repository of a long history that does not compress, with a tag at each commit."""
    path = directory / f"history-{megabytes}-mb-{tags}-tags.git"
    if not path.exists():
        builder = Builder(path)
        for number in range(tags):
            noise = os.urandom(megabytes * 1_000_000 // tags // 2).hex()
            mark = builder.commit({f"data/{number}": noise})
            builder.tag(f"model-{number % 5}@v1.{number}.0", mark)
        builder.build()
        for setting in ("core.compression", "pack.window"):
            git("-C", str(path), "config", setting, "0")
    return path
