"""`make bench-policy`: what a policy costs the step, and a hook, in one run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench.arguments import requested
from bench.measure import Command, Measured, alternate
from bench.page import machine
from testkit.repositories import Builder, git, git_environment
from testkit.runner import clone_as_a_runner, runner_environment
from testkit.servers import HttpServer, http_server
from testkit.step import ENTRYPOINT

PAGE = """\
# Performance of a policy

Written by `make bench-policy`: medians of {rounds} runs, alternating, with the least and the most.

{machine}

## The step

{steps}

The process of the step without reports, for an assignment among {tags} tags of an artifact, from a
server of smart HTTP on 127.0.0.1, whose main has {commits:,} commits. The policy is fetched at the
same time as the tags. `policy: off` looks for none.

## The hook

{hook}

One push of {pushed:,} tags to a bare repository; the hook with a policy of `order`, `require`,
`branches` and `only-newer`.
"""
ORDER = "policy: {order: [dev, prod], stages: {prod: {only-newer: true}}}\n"
BRANCHES = "policy: {order: [dev, prod], branches: [main]}\n"
SIGNED = "policy: {order: [dev, prod], signers: signers, stages: {prod: {signed: true}}}\n"
HOOK = """\
policy:
  order: [dev, prod]
  require: [registration]
  branches: [main]
  stages: {prod: {only-newer: true}}
"""
POLICIES = {
    "no policy": None,
    "order and only-newer": ORDER,
    "and branches": BRANCHES,
    "and a signature": SIGNED,
}
TAG = "churn#prod#2"


def main() -> None:
    """Measure, and write the page."""
    with requested("make bench-policy") as run:
        rounds = 1 if run.smoke else 15
        commits, pushed = (20, 10) if run.smoke else (2_000, 1_000)
        steps = _steps(run.own, rounds, commits)
        hook = {
            f"{pushed:,} tags of {what}": _hook(run.own / f"hook-{number}", pushed, number)
            for number, what in enumerate(("one artifact each", "one artifact"))
        }
        run.page.write_text(
            PAGE.format(
                rounds=rounds,
                machine=machine(),
                steps=_table(steps),
                hook="\n".join(
                    ["| push | hook, s |", "| --- | ---: |"]
                    + [f"| {name} | {seconds:.2f} |" for name, seconds in hook.items()]
                ),
                tags=len(_TAGS),
                commits=commits,
                pushed=pushed,
            )
        )
        print(f"wrote {run.page}")


_TAGS = ("churn@v1.0.0", "churn#dev#1", TAG)


def _steps(own: Path, rounds: int, commits: int) -> Mapping[str, Measured]:
    served = own / "served"
    key = own / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with http_server(served) as server:
        commands = {
            name: Command(
                (sys.executable, str(ENTRYPOINT)),
                environment=_environment(own / str(number), server, commits, policy, key),
            )
            for number, (name, policy) in enumerate(POLICIES.items())
        }
        off = commands["no policy"]
        commands["policy: off"] = Command(
            off.words, environment={**(off.environment or {}), "INPUT_POLICY": "off"}
        )
        return alternate(commands, rounds)


def _environment(
    root: Path, server: HttpServer, commits: int, policy: str | None, key: Path
) -> Mapping[str, str]:
    """Build a registry with a policy; return the environment of the step for its last tag."""
    root.mkdir()
    builder = Builder(server.root / root.name)
    for number in range(commits):
        commit = builder.commit({"model.pkl": f"{number}"})
    if policy:
        signers = f"ann@example.org {key.with_suffix('.pub').read_text()}"
        builder.commit({".gto": policy, "signers": signers})
    for tag in _TAGS[:2]:
        builder.tag(tag, commit)
    remote = builder.build()
    git("-C", str(remote), "config", "uploadpack.allowFilter", "true")
    git("-C", str(remote), "config", "uploadpack.allowAnySHA1InWant", "true")
    _sign(remote, key)
    sha = clone_as_a_runner(str(remote), TAG, root / "workspace")
    return {
        **runner_environment(root, f"refs/tags/{TAG}", sha),
        "GITHUB_SERVER_URL": server.url,
        "GITHUB_REPOSITORY": root.name,
        "GITHUB_WORKSPACE": str(root),
        **{f"INPUT_{name}": "false" for name in ("SHOW", "HISTORY", "SUMMARY")},
    }


def _sign(remote: Path, key: Path) -> None:
    settings = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}")
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    commit = git("-C", str(remote), "rev-parse", "churn@v1.0.0^{commit}")
    words = ("tag", "--sign", "--message", "x", TAG, commit)
    git("-C", str(remote), *settings, *who, *words)


def _hook(own: Path, pushed: int, kind: int) -> float:
    """Push tags to a bare repository with the hook; return the seconds that the hook takes."""
    own.mkdir()
    bare, clone = own / "bare.git", own / "clone"
    git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git("clone", "--quiet", str(bare), str(clone))
    (clone / ".gto").write_text(HOOK)
    here = ("-C", str(clone), "-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    git(*here, "checkout", "--quiet", "-B", "main")
    git(*here, "add", ".gto")
    git(*here, "commit", "--quiet", "--message", "x")
    git(*here, "push", "--quiet", "origin", "main")
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f"#!/bin/sh\ndate +%s.%N >{own}/start\n"
        f"PYTHONPATH='{ENTRYPOINT.parent}' '{sys.executable}' -m gto_action hook pre-receive "
        f"|| exit\ndate +%s.%N >{own}/end\n"
    )
    hook.chmod(0o755)
    sha = git(*here, "rev-parse", "HEAD")
    now = int(time.time()) - 250
    tags = [
        f"tag {_name(number, kind)}\nfrom {sha}\ntagger A <a@e> {now + number // 5} +0000\n"
        "data 1\nx\n"
        for number in range(pushed)
    ]
    subprocess.run(
        ("git", *here[:2], "fast-import", "--quiet"),
        input="".join(tags).encode(),
        env=git_environment(),
        check=True,
    )
    git(*here, "push", "--quiet", "origin", "--tags")
    return float((own / "end").read_text()) - float((own / "start").read_text())


def _name(number: int, kind: int) -> str:
    if kind == 0:
        return f"model-{number}@v1.0.0"
    return f"churn#dev#{number}" if number % 2 else f"churn@v1.{number}.0"


def _table(steps: Mapping[str, Measured]) -> str:
    base = steps["no policy"].seconds
    rows = [
        f"| {name} | {each.seconds:.3f} ({each.fastest:.3f} to {each.slowest:.3f}) "
        f"| {each.seconds / base:.2f} |"
        for name, each in steps.items()
    ]
    head = ["| policy | seconds | to no policy |", "| --- | ---: | ---: |"]
    return "\n".join([*head, *rows])


if __name__ == "__main__":
    main()
