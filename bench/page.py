"""docs/performance.md: the figures of a benchmark as tables and a plot."""

from __future__ import annotations

import datetime as dt
import math
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench.measure import Measured
from bench.plot import Line, plot
from testkit.large_registries import Shape

Row = Mapping[str, Measured]

PAGE = """\
# Performance

Written by `make bench`: medians of {rounds} runs, alternating, in one go. The floor is the time
that Git itself needs: `git for-each-ref` that formats all that is read of a tag.

{machine}

{in_short}

## Time by the number of tags

![time by the number of tags, both axes logarithmic]({plot})

{times}

Seconds; a dash is not measured, for it would take minutes. Half of the tags register a version, the
others assign a stage. `read` reads all tags and replays them; `step` is the whole step with all
reports, from a local remote; `quiet` is without reports, so that only the artifact's own tags are
requested. At a million tags the step reads the checkout (`fetch: false`).

## The whole step and its floor

{steps}

The floor is Git's fastest way to transfer the same objects and names, into a new directory each
time. Medians, with the least and the most, in seconds.

## Memory

{memory}

MB, the largest resident size of any process of a run, git's included.

## Bytes of a fetch

{fetches}

500 tags from {megabytes} MB of history, from a server on 127.0.0.1, into a checkout of one commit.
"""


@dataclass(frozen=True)
class Fetched:
    """What a fetch took: bytes from the server, and seconds."""

    size: int
    seconds: float


@dataclass(frozen=True)
class Results:
    """All that was measured; times by the name of what was run."""

    rounds: int
    megabytes: int
    rows: Mapping[Shape, Row]
    nine: Row
    start: Row
    fetches: Mapping[str, Fetched]

    @property
    def packed(self) -> dict[Shape, Row]:
        """The rows of registries whose refs are in one file."""
        return {shape: row for shape, row in self.rows.items() if shape.packed}


def write(results: Results, path: Path) -> None:
    """Write the page, and its plot beside it."""
    svg = path.with_suffix(".svg")
    svg.write_text(plot(_lines(results), "tags", "seconds"))
    page = PAGE.format(
        rounds=results.rounds,
        megabytes=results.megabytes,
        machine=machine(),
        in_short="\n".join(f"- {line}" for line in _in_short(results)),
        plot=svg.name,
        times=_times(results),
        steps=_steps(results),
        memory=_memory(results),
        fetches=_fetches(results),
    )
    path.write_text(page)
    print(f"wrote {path} and {svg}")


def machine() -> str:
    """Return the machine and the versions of a measurement."""
    git = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout
    return ", ".join(
        [
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d}: {os.cpu_count()} cores ({platform.machine()})",
            f"Python {platform.python_version()}",
            f"git {git.split()[2]}",
            f"gto {version('gto')}",
            f"dvc {version('dvc')}",
        ]
    )


def _in_short(results: Results) -> Iterator[str]:
    nine, start = results.nine, results.start
    times = _ratio(nine, "existing action", "step")
    seconds = f"{_seconds(nine['step'])} s and not {_seconds(nine['existing action'])} s"
    yield (
        f"The step on the demo registry, with all reports: **{times} times** faster than the "
        f"existing action's commands ({seconds})."
    )
    before = 1000 * (start["step"].seconds - start["python"].seconds)
    yield f"Start-up before the first git process: {before:.0f} ms more than `python3 -c pass`."
    for shape, row in results.packed.items():
        if "gto check-ref" in row:
            ratios = [
                f"`{command}` **{_ratio(row, f'gto {command}', command)}**"
                for command in ("check-ref", "show", "history")
            ]
            yield f"{shape.tags:,} tags, times faster than gto: {', '.join(ratios)}."
    (_, first), *others = results.packed.items()
    smallest = first["read"].seconds
    for shape, row in others:
        ratio = (row["read"].seconds - smallest) / row["floor"].seconds
        yield (
            f"{shape.tags:,} tags of {shape.artifacts:,} artifacts are read and replayed in "
            f"{ratio:.2f} times the floor, plus start-up."
        )
    step, everything = results.fetches["step"], results.fetches["everything"]
    share = everything.size // step.size
    yield f"A fetch takes **1/{share}** of the bytes of `git fetch --all --prune --tags`."
    yield f"Times grow with a power of the number of tags: {', '.join(_powers(results))}."


def _powers(results: Results) -> Iterator[str]:
    for name in ("read", "check-ref", "show", "history"):
        points = [
            (math.log(shape.tags), math.log(row[name].seconds))
            for shape, row in results.packed.items()
            if name in row
        ][1:]
        if points:
            yield f"`{name}` {_slope(points):.2f}"


def _slope(points: list[tuple[float, float]]) -> float:
    """Fit a line through points; return its slope."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def _times(results: Results) -> str:
    ours = ("floor", "read", "check-ref", "show", "history", "step", "step, quiet")
    columns = (*ours, "gto check-ref", "gto show", "gto history")
    lines = [
        f"| tags | artifacts | refs | {' | '.join(columns)} |",
        f"| ---: | ---: | --- | {' | '.join('---:' for _ in columns)} |",
    ]
    for shape, row in results.rows.items():
        cells = (_seconds(row[name]) if name in row else "-" for name in columns)
        refs = "packed" if shape.packed else "loose"
        lines.append(f"| {shape.tags:,} | {shape.artifacts:,} | {refs} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _steps(results: Results) -> str:
    lines = ["| tags | `git clone --mirror` | step | ratio |", "| ---: | ---: | ---: | ---: |"]
    for shape, row in results.packed.items():
        if "mirror" in row:
            mirror, step = row["mirror"], row["step"]
            ratio = step.seconds / mirror.seconds
            cells = f"{mirror} | {step} | {ratio:.2f}"
            lines.append(f"| {shape.tags:,} of {shape.artifacts:,} artifacts | {cells} |")
    return "\n".join(lines)


def _memory(results: Results) -> str:
    names = ("floor", "read", "check-ref", "show", "step", "step, quiet")
    lines = [
        f"| tags | artifacts | {' | '.join(names)} |",
        f"| ---: | ---: | {' | '.join('---:' for _ in names)} |",
    ]
    for shape, row in results.packed.items():
        cells = (f"{row[name].megabytes:,.0f}" for name in names)
        lines.append(f"| {shape.tags:,} | {shape.artifacts:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _fetches(results: Results) -> str:
    lines = ["| fetch | bytes | seconds |", "| --- | ---: | ---: |"]
    titles = {"step": "the complete step", "everything": "`git fetch --all --prune --tags`"}
    for name, fetched in results.fetches.items():
        lines.append(f"| {titles[name]} | {fetched.size:,} | {fetched.seconds:.2f} |")
    return "\n".join(lines)


def _lines(results: Results) -> list[Line]:
    names = {
        "floor": "git for-each-ref, the floor",
        "check-ref": "gto-action check-ref",
        "show": "gto-action show",
        "step": "the step, all reports",
        "gto check-ref": "gto check-ref",
        "gto show": "gto show",
    }
    return [
        Line(
            title,
            tuple(
                (shape.tags, row[name].seconds)
                for shape, row in results.packed.items()
                if name in row
            ),
        )
        for name, title in names.items()
    ]


def _ratio(row: Row, slow: str, fast: str) -> str:
    return f"{row[slow].seconds / row[fast].seconds:.0f}"


def _seconds(measured: Measured) -> str:
    return f"{measured.seconds:.3f}" if measured.seconds < 1 else f"{measured.seconds:.2f}"
