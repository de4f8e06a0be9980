"""`make bench`: what docs/performance.md claims. Every figure of a row is from one run."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bench import page, peers
from bench.arguments import requested
from bench.measure import ROOT, Command, Measured, alternate
from testkit.demo_registry import build_demo
from testkit.large_registries import Shape, make, make_history
from testkit.repositories import git
from testkit.runner import clone_as_a_runner, runner_environment
from testkit.servers import http_server

PYTHON = sys.executable
ENTRYPOINT = str(ROOT / "entrypoint.py")


@dataclass(frozen=True)
class Plan:
    """The plan of a run: registries, repetitions, the largest sizes with gto and with a remote."""

    shapes: tuple[Shape, ...]
    rounds: int
    limit_for_gto: int
    limit_for_remote: int
    megabytes: int


FULL = Plan(
    shapes=(
        Shape(10, 1),
        Shape(1_000, 10),
        Shape(1_000, 50, packed=False),
        Shape(10_000, 10),
        Shape(10_000, 500, packed=False),
        Shape(100_000, 10),
        Shape(100_000, 5_000),
        Shape(1_000_000, 50_000),
    ),
    rounds=5,
    limit_for_gto=10_000,
    limit_for_remote=100_000,
    megabytes=100,
)
SMOKE = Plan(
    shapes=(Shape(10, 1), Shape(40, 4, packed=False)),
    rounds=1,
    limit_for_gto=10,
    limit_for_remote=40,
    megabytes=1,
)


def main() -> None:
    """Measure, and write the page."""
    with requested("make bench") as run:
        results = _measure(SMOKE if run.smoke else FULL, run.kept, run.own)
        page.write(results, run.page)


def _measure(plan: Plan, kept: Path, own: Path) -> page.Results:
    print("the existing action's sequence", flush=True)
    nine = _against_the_existing_action(own, plan.rounds)
    print("start-up", flush=True)
    start = _start_up(own, plan.rounds * 4)
    rows: dict[Shape, dict[str, Measured]] = {}
    for shape in plan.shapes:
        print(f"{shape}", flush=True)
        rows[shape] = alternate(_questions(make(shape, kept), shape, own, plan), plan.rounds)
        for name, measured in rows[shape].items():
            print(f"  {name}: {measured}", flush=True)
    # last: the server's memory would count for every process that is started after it
    print("bytes of a fetch", flush=True)
    fetches = _fetches(kept, own, plan)
    return page.Results(plan.rounds, plan.megabytes, rows, nine, start, fetches)


def _questions(remote: Path, shape: Shape, own: Path, plan: Plan) -> dict[str, Command]:
    """Return the queries of a registry, with those of the peers up to a size."""
    ours = (PYTHON, "-m", "gto_action")
    there = ("-r", str(remote))
    commands = {
        "python": Command((PYTHON, "-c", "pass")),
        "floor": Command(("git", "-C", str(remote), "for-each-ref", peers.FIELDS, "refs/tags")),
        "read": Command((PYTHON, "-c", peers.READ_AND_REPLAY, str(remote))),
        "check-ref": Command((*ours, "check-ref", shape.tag, *there)),
        "show": Command((*ours, "show", *there)),
    }
    if shape.tags <= plan.limit_for_remote:
        commands["history"] = Command((*ours, "history", *there))
        mirror = own / f"{shape}-mirror"
        commands["mirror"] = Command(
            ("git", "clone", "--quiet", "--mirror", f"file://{remote}", str(mirror)),
            before=lambda: shutil.rmtree(mirror, ignore_errors=True),
        )
    root = own / str(shape)
    root.mkdir()
    commit = clone_as_a_runner(str(remote), shape.tag, root / "workspace")
    fetch = "true"
    if shape.tags > plan.limit_for_remote:
        git("-C", str(root / "workspace"), "fetch", "--quiet", str(remote), "refs/heads/main")
        _borrow(remote, root / "workspace")
        fetch = "false"
    for name, value in (("step", "true"), ("step, quiet", "false")):
        commands[name] = _step(root, shape.tag, commit, fetch=fetch, reports=value)
    if shape.packed and shape.tags <= plan.limit_for_gto:
        commands |= peers.gto(remote, own / f"{shape}-clone", shape.tag)
    return commands


def _borrow(remote: Path, workspace: Path) -> None:
    """Copy all refs of a repository into a checkout; a fetch of a million takes git minutes."""
    (workspace / ".git/objects/info/alternates").write_text(f"{remote}/objects\n")
    (workspace / ".git/packed-refs").write_bytes((remote / "packed-refs").read_bytes())


def _step(root: Path, tag: str, commit: str, *, fetch: str, reports: str) -> Command:
    environment = {
        **runner_environment(root, f"refs/tags/{tag}", commit),
        **{f"INPUT_{name}": reports for name in ("SHOW", "HISTORY", "SUMMARY")},
        "INPUT_FETCH": fetch,
    }
    return Command((PYTHON, ENTRYPOINT), environment=environment)


def _against_the_existing_action(own: Path, rounds: int) -> dict[str, Measured]:
    """Time the step and what the existing action does, on the same checkout of a demo registry."""
    remote = build_demo(own / "demo.git")
    root = own / "demo"
    root.mkdir()
    tag = "churn#prod#3"
    commit = clone_as_a_runner(str(remote), tag, root / "workspace")
    step = _step(root, tag, commit, fetch="true", reports="true")
    peer = own / "demo-peer"
    peer.mkdir()
    clone_as_a_runner(str(remote), tag, peer / "workspace")
    sequence = peers.existing_action(peer / "workspace", tag)
    return alternate({"step": step, "existing action": sequence}, rounds)


def _start_up(own: Path, rounds: int) -> dict[str, Measured]:
    """Time the step until it starts its first process, and a Python that does nothing."""
    environment = runner_environment(own / "demo", "refs/tags/churn#prod#3", "")
    first = Command((PYTHON, "-c", peers.UNTIL_FIRST_PROCESS, ENTRYPOINT), environment=environment)
    nothing = Command((PYTHON, "-c", "pass"))
    return alternate({"step": first, "python": nothing}, rounds)


def _fetches(kept: Path, own: Path, plan: Plan) -> dict[str, page.Fetched]:
    """Count the bytes that the step's fetch is sent, and those of all refs."""
    remote = make_history(kept, plan.megabytes, 500)
    tag = "model-0@v1.0.0"
    fetched: dict[str, page.Fetched] = {}
    with http_server(kept) as server:
        url = f"{server.url}/{remote.name}"
        for name in ("step", "everything"):
            root = own / f"fetch-{name}"
            root.mkdir()
            commit = clone_as_a_runner(url, tag, root / "workspace")
            command = _step(root, tag, commit, fetch="true", reports="true")
            if name == "everything":
                git("-C", str(root / "workspace"), "tag", "--delete", tag)
                words = ("git", "fetch", "--quiet", "--all", "--prune", "--tags")
                command = Command(words, root / "workspace")
            before = server.sent
            measured = alternate({name: command}, 1)[name]
            fetched[name] = page.Fetched(server.sent - before, measured.seconds)
    return fetched


if __name__ == "__main__":
    main()
