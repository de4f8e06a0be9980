"""`make bench-writing`: what docs/performance-writing.md claims, each table in one run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import peers
from bench.arguments import requested
from bench.measure import Command, Measured, alternate
from bench.page import machine
from testkit.large_registries import Shape, make
from testkit.repositories import git
from testkit.runner import runner_environment
from testkit.servers import http_server
from testkit.step import ENTRYPOINT

PAGE = """\
# Performance of creating tags

Written by `make bench-writing`: medians of {rounds} runs, alternating, with the least and the most,
in seconds.

{machine}

## `register`, in a local repository

{local}

The version is the next one of an artifact, at a commit without a version. The floor is
`git for-each-ref` that formats all that is read of all tags; `python` starts and ends.

## By a URL

{remote}

From a server of smart HTTP on 127.0.0.1, in a registry of {tags:,} tags: tags are fetched, and the
new ones are pushed in one transaction. `apply` reads 100 lines: 50 artifacts are registered, and
assigned a stage. The steps are those of the actions, with all reports; that of apply is for a
version that is registered already, and takes **{ratio:.2f}** of the time of the other.
"""
NAME = "team-0:model-0"
LINES = "".join(f"register new-{n} main\nassign new-{n} main --stage dev\n" for n in range(50))
WHO = {"GIT_COMMITTER_NAME": "Ann Lee", "GIT_COMMITTER_EMAIL": "ann@example.org"}
OURS = (sys.executable, "-m", "gto_action")


def main() -> None:
    """Measure, and write the page."""
    with requested("make bench-writing") as run:
        sizes = (40,) if run.smoke else (1_000, 10_000, 100_000)
        rounds = 1 if run.smoke else 3
        local = {
            size: _local(make(Shape(size, 10), run.kept), run.own, size, rounds) for size in sizes
        }
        size = sizes[min(1, len(sizes) - 1)]
        remote = _remote(make(Shape(size, 10), run.kept), run.own, rounds)
        run.page.write_text(
            PAGE.format(
                rounds=rounds,
                machine=machine(),
                local=_local_table(local),
                remote=_remote_table(remote),
                tags=size,
                ratio=remote["the step apply, with nothing to do"].seconds
                / remote["the step that interprets a tag"].seconds,
            )
        )
        print(f"wrote {run.page}")


def _local(registry: Path, own: Path, size: int, rounds: int) -> dict[str, Measured]:
    print(f"register among {size} tags", flush=True)
    clone = own / f"local-{size}"
    git("clone", "--quiet", "--shared", str(registry), str(clone))
    _commit(clone)
    forget = _forgetting(clone)
    words = ("register", NAME, "-r", str(clone))
    gto = str(Path(sys.executable).parent / "gto")
    commands = {
        "python": Command((sys.executable, "-c", "pass")),
        "floor": Command(("git", "-C", str(clone), "for-each-ref", peers.FIELDS, "refs/tags")),
        "register": Command((*OURS, *words), environment=WHO, before=forget),
    }
    if size <= _LIMIT_FOR_GTO:
        author = {"GIT_AUTHOR_NAME": "Ann Lee", "GIT_AUTHOR_EMAIL": "ann@example.org"}
        commands["gto"] = Command((gto, *words), environment={**WHO, **author}, before=forget)
    return alternate(commands, rounds)


def _remote(registry: Path, own: Path, rounds: int) -> dict[str, Measured]:
    print("register and apply by a URL", flush=True)
    served = own / "served.git"
    git("clone", "--quiet", "--bare", "--shared", str(registry), str(served))
    git("-C", str(served), "config", "http.receivepack", "true")
    git("-C", str(served), "config", "uploadpack.allowFilter", "true")
    tree = git("-C", str(served), "rev-parse", "main^{tree}")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    commit = git("-C", str(served), *who, "commit-tree", "-p", "main", "-m", "x", tree)
    git("-C", str(served), "update-ref", "refs/heads/main", commit)
    forget = _forgetting(served)
    lines = own / "lines"
    lines.write_text(LINES)
    with http_server(own) as server:
        there = ("-r", f"{server.url}/{served.name}")
        commands = {
            "register": ("register", NAME, "main", *there),
            "apply of 100 lines": ("apply", "-f", str(lines), *there),
        }
        writing = {
            name: Command((*OURS, *words), environment=WHO, before=forget)
            for name, words in commands.items()
        }
        return alternate({**writing, **_steps(served, server.url, own)}, rounds)


def _steps(served: Path, url: str, own: Path) -> dict[str, Command]:
    """Return the step that interprets a tag, and apply for a version that is registered already."""
    tag = git("-C", str(served), "tag", "--list", "team-0=model-0@*").splitlines()[0]
    commit = git("-C", str(served), "rev-parse", f"{tag}^{{}}")
    (own / "workspace").mkdir()
    run = {
        **runner_environment(own, f"refs/tags/{tag}", commit),
        **WHO,
        "GITHUB_SERVER_URL": url,
        "GITHUB_REPOSITORY": served.name,
    }
    apply = {"INPUT_EVENTS": f"register {NAME} {commit}", "INPUT_IF-NEEDED": "true"}
    entrypoint = (sys.executable, str(ENTRYPOINT))
    return {
        "the step that interprets a tag": Command(entrypoint, environment=run),
        "the step apply, with nothing to do": Command(
            (*entrypoint, "apply"), environment={**run, **apply}
        ),
    }


def _commit(clone: Path) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(clone), *who, "commit", "--quiet", "--allow-empty", "-m", "x")


def _forgetting(repository: Path) -> Callable[[], None]:
    """Return what deletes the tags that were created since."""
    before = set(git("-C", str(repository), "tag", "--list").splitlines())

    def forget() -> None:
        new = set(git("-C", str(repository), "tag", "--list").splitlines()) - before
        if new:
            git("-C", str(repository), "tag", "--delete", *new)

    return forget


def _local_table(rows: Mapping[int, Mapping[str, Measured]]) -> str:
    columns = ("tags", "register", "gto", "ratio", "floor", "python")
    lines = [f"| {' | '.join(columns)} |", "| ---: " * len(columns) + "|"]
    for size, row in rows.items():
        ours, gto = row["register"], row.get("gto")
        ratio = f"**{gto.seconds / ours.seconds:.0f}**" if gto else "-"
        shown = (_spread(gto) if gto else "-", ratio, _spread(row["floor"]), _spread(row["python"]))
        lines.append(f"| {size:,} | {_spread(ours)} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _remote_table(rows: Mapping[str, Measured]) -> str:
    lines = [f"| {name} | {_spread(measured)} |" for name, measured in rows.items()]
    return "\n".join(["| command | seconds |", "| --- | ---: |", *lines])


def _spread(measured: Measured) -> str:
    return f"{measured.seconds:.3f} ({measured.fastest:.3f} to {measured.slowest:.3f})"


_LIMIT_FOR_GTO = 10_000


if __name__ == "__main__":
    main()
