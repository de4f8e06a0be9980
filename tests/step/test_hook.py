"""The hook of a bare repository, behind HTTP and SSH: what is refused, and what the pusher sees."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from testkit.repositories import git, git_environment
from testkit.servers import http_server
from tests.pull.storage import SSHD, ssh_server
from tests.terminal.harness import ROOT
from tests.writing.harness import WHO, tags

POLICY = "stages: [dev, prod]\npolicy: {order: [dev, prod], branches: [main]}\n"
VARIABLES = {**git_environment(), **WHO}


def _git(
    clone: Path, *words: str, code: int = 0, variables: Mapping[str, str] | None = None
) -> str:
    done = subprocess.run(
        ("git", "-C", str(clone), *words),
        env={**VARIABLES, **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stderr


def _git_output(clone: Path, *words: str) -> str:
    command = ("git", "-C", str(clone), *words)
    done = subprocess.run(command, env=VARIABLES, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A bare repository with the hook."""
    bare = tmp_path / "srv" / "models.git"
    git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git("-C", str(bare), "config", "http.receivepack", "true")
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    program = f"'{sys.executable}' -W error -m gto_action"
    hook.write_text(
        f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec {program} hook pre-receive --actor-env WHO\n"
    )
    hook.chmod(0o755)
    return bare


@pytest.fixture
def clone(server: Path, tmp_path: Path) -> Path:
    """A clone whose main is pushed, with a policy."""
    path = tmp_path / "clone"
    _git(tmp_path, "clone", "--quiet", str(server), str(path))
    _git(path, "checkout", "--quiet", "-B", "main")
    _set_policy(path, POLICY)
    return path


def _set_policy(clone: Path, policy: str) -> None:
    (clone / ".gto").write_text(policy)
    _git(clone, "add", ".gto")
    _git(clone, "commit", "--quiet", "--message", "Set the policy")
    _git(clone, "push", "--quiet", "origin", "main")


def _tag(clone: Path, *names: str, **variables: str) -> None:
    for name in names:
        _git(clone, "tag", "-a", "-m", "x", name, "HEAD", variables=variables)


def _push(clone: Path, *refs: str, code: int = 0, **variables: str) -> str:
    return _git(clone, "push", "--quiet", "origin", *refs, code=code, variables=variables)


@pytest.fixture(params=["file", "http", "ssh"])
def pushing(
    request: pytest.FixtureRequest, clone: Path, server: Path, tmp_path: Path
) -> Iterator[Path]:
    """The clone, which pushes by a path, by HTTP or by SSH."""
    if request.param == "file":
        yield clone
    elif request.param == "http":
        with http_server(server.parent) as http:
            _git(clone, "remote", "set-url", "origin", f"{http.url}/models.git")
            yield clone
    elif not SSHD:
        pytest.skip("needs sshd")
    else:
        options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        with ssh_server(tmp_path / "ssh") as url:
            _git(clone, "remote", "set-url", "origin", f"{url}{server}")
            _git(clone, "config", "core.sshCommand", f"ssh -i {tmp_path}/ssh/key {options}")
            yield clone


def test_a_push_is_refused_whole_with_the_sentence(pushing: Path, server: Path) -> None:
    _tag(pushing, "churn@v1.0.0", "churn#prod#1")
    errors = _push(pushing, "--tags", code=1)
    assert "remote: refused: churn#prod#1: order: v1.0.0 is not in dev, where a version" in errors
    assert tags(server) == []
    _tag(pushing, "churn#dev#2")
    _push(pushing, "churn@v1.0.0", "churn#dev#2")
    assert tags(server) == ["churn#dev#2", "churn@v1.0.0"]
    _git(pushing, "tag", "-d", "churn#prod#1")
    _tag(pushing, "churn#prod#3")
    _push(pushing, "churn#prod#3")


def test_a_push_without_registry_tags_passes(clone: Path, server: Path) -> None:
    _tag(clone, "release-1")
    _git(clone, "branch", "wip")
    _push(clone, "release-1", "wip")
    assert tags(server) == ["release-1"]
    _push(clone, "--delete", "wip")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--delete", "churn@v1.0.0"], "nobody may delete the registry tag churn@v1.0.0"),
        (["--force", "churn@v1.0.0"], "nobody may replace the registry tag churn@v1.0.0"),
        (["plain@v1.0.0"], "plain@v1.0.0 is a lightweight tag"),
        (["off@v1.0.0"], "off@v1.0.0: branches: the commit"),
        (["old@v1.0.0"], "old@v1.0.0: time: old@v1.0.0 is of 2020-01-01T00:00:00Z, more than"),
        (["new@v1.0.0"], "new@v1.0.0: time: new@v1.0.0 is of 2099-01-01T00:00:00Z, after the"),
        (["other#test#1"], "other#test#1: stages: test is not a stage of .gto"),
    ],
)
def test_what_is_refused(words: Sequence[str], sentence: str, clone: Path, server: Path) -> None:
    _tag(clone, "churn@v1.0.0")
    _push(clone, "churn@v1.0.0")
    before = git("-C", str(server), "show-ref")
    _git(clone, "tag", "-f", "-a", "-m", "again", "churn@v1.0.0")
    _git(clone, "tag", "plain@v1.0.0")
    _git(clone, "checkout", "--quiet", "--detach")
    _git(clone, "commit", "--quiet", "--allow-empty", "--message", "x")
    _tag(clone, "off@v1.0.0", "other#test#1")
    _tag(clone, "old@v1.0.0", GIT_COMMITTER_DATE="2020-01-01T00:00:00Z")
    _tag(clone, "new@v1.0.0", GIT_COMMITTER_DATE="2099-01-01T00:00:00Z")
    assert f"remote: refused: {sentence}" in _push(clone, *words, code=1)
    assert git("-C", str(server), "show-ref") == before


def test_objects_are_not_replaced(clone: Path) -> None:
    head = _git_output(clone, "rev-parse", "HEAD")
    empty = _git_output(clone, "commit-tree", "-m", "x", "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    _push(clone, f"{empty}:refs/replace/{head}")
    _tag(clone, "churn#prod#1")
    assert "order" in _push(clone, "churn#prod#1", code=1)


def test_a_tag_called_head_is_not_the_default_branch(clone: Path, server: Path) -> None:
    git("-C", str(server), "symbolic-ref", "HEAD", "refs/heads/gone")
    _tag(clone, "HEAD", "churn#prod#1")
    _push(clone, "refs/tags/HEAD")
    assert "the default branch, which has the policy, is missing" in (
        _push(clone, "churn#prod#1", code=1)
    )


def test_tags_of_what_is_no_commit_and_beside_a_directory(clone: Path) -> None:
    _git(clone, "tag", "-a", "-m", "x", "tree@v1.0.0", "HEAD^{tree}")
    assert "tree@v1.0.0 is a tag of a tree" in _push(clone, "tree@v1.0.0", code=1)
    _tag(clone, "churn#dev#1/x")
    _push(clone, "churn#dev#1/x")
    _git(clone, "tag", "-d", "churn#dev#1/x")
    _tag(clone, "churn#dev#1", "churn#prod#2")
    errors = _push(clone, "churn#dev#1", "churn#prod#2", code=1)
    assert "one name would be a directory of the other" in errors


def test_a_branch_that_is_no_fast_forward_does_not_count(clone: Path, server: Path) -> None:
    git("-C", str(server), "config", "receive.denyNonFastForwards", "true")
    _git(clone, "commit", "--quiet", "--amend", "--allow-empty", "--message", "other")
    _tag(clone, "churn@v1.0.0")
    assert "branches" in _push(clone, "+HEAD:main", "churn@v1.0.0", code=1)


@pytest.mark.parametrize(
    ("pushed", "branch", "sentence"),
    [
        ("object", "main", "churn@v1.0.0: branches"),
        ("HEAD", "release", "one name would be a directory of the other"),
        ("HEAD", f"release-{'a' * 300}", "a part of its name is longer than 250 bytes"),
        ("HEAD", "hidden", "the server hides it"),
    ],
)
def test_a_branch_that_git_refuses_does_not_count(
    pushed: str, branch: str, sentence: str, clone: Path, server: Path
) -> None:
    _set_policy(clone, "policy: {branches: [main, 'release*', hidden]}\n")
    _push(clone, "main:refs/heads/release/1")
    for hidden in ("refs/heads/hidden", "refs/heads/main", "!refs/heads/main"):
        git("-C", str(server), "config", "--add", "receive.hideRefs", hidden)
    _git(clone, "commit", "--quiet", "--allow-empty", "--message", "x")
    _tag(clone, "object", "churn@v1.0.0")
    errors = _push(clone, f"+{pushed}:refs/heads/{branch}", "churn@v1.0.0", code=1)
    assert sentence in errors
    assert tags(server) == []


def test_a_branch_that_is_checked_out_does_not_count(clone: Path, tmp_path: Path) -> None:
    """Git refuses to change it, and would take the tag."""
    served = tmp_path / "work"
    git("clone", "--quiet", str(tmp_path / "srv" / "models.git"), str(served))
    hook = served / ".git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text((tmp_path / "srv" / "models.git" / "hooks" / "pre-receive").read_text())
    hook.chmod(0o755)
    _git(clone, "remote", "set-url", "origin", str(served))
    _git(clone, "commit", "--quiet", "--allow-empty", "--message", "x")
    _tag(clone, "churn@v1.0.0")
    assert "churn@v1.0.0: branches" in _push(clone, "main", "churn@v1.0.0", code=1)
    assert tags(served) == []


@pytest.mark.parametrize(
    "refused",
    [
        ["HEAD:refs/tags/churn@v1.0.0/x", "HEAD:refs/tags/churn#dev#1/x"],
        [f"churn@v1.0.0:refs/tags/churn@v1.0.0-{'a' * 300}"],
        [f"churn#dev#1:refs/tags/churn#dev#{'1' * 300}"],
    ],
)
def test_an_event_that_git_refuses_opens_no_stage(
    refused: list[str], clone: Path, server: Path
) -> None:
    """Git takes the rest of a push that it refuses in part."""
    for number, tag in enumerate(("churn@v1.0.0", "churn#dev#1", "churn#prod#2")):
        _tag(clone, tag, GIT_COMMITTER_DATE=f"@{int(time.time()) - 9 + number} +0000")
    errors = _push(clone, *refused, "churn@v1.0.0", "churn#dev#1", "churn#prod#2", code=1)
    assert "remote: refused: Git would refuse 'refs/tags/" in errors
    assert tags(server) == []


def test_what_git_refuses_of_a_push_is_named(server: Path, clone: Path) -> None:
    _tag(clone, "churn@v1.0.0")
    _push(clone, "churn@v1.0.0")
    sha, head = (_git_output(clone, "rev-parse", name) for name in ("churn@v1.0.0", "HEAD"))
    _tag(clone, "churn@v2.0.0")
    new, none = _git_output(clone, "rev-parse", "churn@v2.0.0"), "0" * 40
    for line, sentence in (
        (f"{none} {sha} refs/tags/churn@v1.0.0", "it was changed meanwhile"),
        (f"{sha} {head} refs/tags/churn@v3.0.0", "it was changed meanwhile"),
        (f"{none} {sha} refs/tags/a..b", "it is not a name that Git allows"),
        (f"{none} {sha} refs/x", "it is not below a directory of refs"),
        (f"{none} {new} refs/tags/churn@v2.0.0", "an object of this push is missing"),
    ):
        done = subprocess.run(
            [str(server / "hooks" / "pre-receive")],
            cwd=server,
            input=f"{line}\n{none} {sha} refs/tags/other@v1.0.0\n",
            env=VARIABLES,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, sentence in done.stderr) == (12, True), done


def test_lines_that_git_does_not_give(server: Path) -> None:
    line = f"{'0' * 40} {'1' * 40} refs/tags/churn@v1.0.0\n"
    for lines, sentence in (
        (line * 2, "the push changes 'refs/tags/churn@v1.0.0' twice"),
        ("x\n", "'x' is not a line that Git gives to pre-receive"),
    ):
        done = subprocess.run(
            [str(server / "hooks" / "pre-receive")],
            cwd=server,
            input=lines,
            env=VARIABLES,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, sentence in done.stderr) == (1, True), done


def test_a_branch_of_the_same_push_counts(clone: Path) -> None:
    _git(clone, "commit", "--quiet", "--allow-empty", "--message", "x")
    _tag(clone, "churn@v1.0.0")
    assert "branches" in _push(clone, "churn@v1.0.0", code=1)
    _push(clone, "main", "churn@v1.0.0")


def test_the_policy_is_that_of_before_the_push(clone: Path) -> None:
    (clone / ".gto").write_text("policy: {order: [prod]}\n")
    _git(clone, "commit", "--quiet", "-a", "--message", "Allow all")
    _tag(clone, "churn#prod#1")
    assert "order" in _push(clone, "main", "churn#prod#1", code=1)


def test_who_may_is_what_the_server_says(clone: Path) -> None:
    _set_policy(clone, "policy: {delete: {actors: [alice]}, stages: {prod: {actors: [alice]}}}\n")
    _tag(clone, "churn#prod#1")
    assert "bob may not create churn#prod#1" in _push(clone, "churn#prod#1", code=1, WHO="bob")
    assert "who does is not known here" in _push(clone, "churn#prod#1", code=1)
    # to many a server this is somebody else
    assert "Alice may not create churn#prod#1" in _push(clone, "churn#prod#1", code=1, WHO="Alice")
    _push(clone, "churn#prod#1", WHO="alice")
    for who in ("bob", "Alice"):
        refused = _push(clone, "--delete", "churn#prod#1", code=1, WHO=who)
        assert "only alice may delete" in refused
    _push(clone, "--delete", "churn#prod#1", WHO="alice")


def test_without_a_policy_or_a_branch_all_passes(server: Path, tmp_path: Path) -> None:
    path = tmp_path / "first"
    _git(tmp_path, "clone", "--quiet", str(server), str(path))
    _git(path, "checkout", "--quiet", "-B", "main")
    _git(path, "commit", "--quiet", "--allow-empty", "--message", "x")
    _tag(path, "churn#prod#1", GIT_COMMITTER_DATE="2020-01-01T00:00:00Z")
    _push(path, "main", "churn#prod#1")
    _push(path, "--delete", "churn#prod#1")


def test_a_broken_policy_refuses_registry_tags_alone(clone: Path) -> None:
    _set_policy(clone, "policy: {ordr: []}\n")
    _tag(clone, "churn@v1.0.0")
    assert "refuses everything: .gto, line 1" in _push(clone, "churn@v1.0.0", code=1)
    _set_policy(clone, "policy: {}\n")
    _push(clone, "churn@v1.0.0")
