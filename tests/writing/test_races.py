"""Many at once: no tag is lost, none is made twice, and everyone ends well."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gto_action import GtoActionError, open_registry
from testkit.repositories import git
from testkit.servers import git_daemon, http_server
from tests.terminal.harness import command, terminal_environment
from tests.writing.harness import WHO, run, tags

MANY = 16
SOME = 6


@pytest.fixture(params=["path", "git", "http"])
def url(request: pytest.FixtureRequest, remote: Path) -> Iterator[str]:
    if request.param == "path":
        yield remote.as_uri()
    elif request.param == "git":
        with git_daemon(remote.parent) as server:
            yield f"{server}/{remote.name}"
    else:
        with http_server(remote.parent) as http:
            yield f"{http.url}/{remote.name}"


def _at_once(change: Callable[[int], object], number: int = SOME) -> Counter[str]:
    """Make changes in threads of this process; count the errors, and what went well."""

    def change_once(index: int) -> str:
        try:
            change(index)
        except GtoActionError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(number) as pool:
        return Counter(pool.map(change_once, range(number)))


def _environment() -> dict[str, str]:
    return {**terminal_environment(), **WHO}


def test_threads_register_different_commits(remote: Path) -> None:
    registry = open_registry(remote.as_uri(), environ=_environment())
    commits = git("-C", str(remote), "rev-list", f"--max-count={SOME}", "main").splitlines()
    ended = _at_once(lambda index: registry.register("churn", commits[index]))
    assert ended == {"": SOME}
    assert len(registry["churn"].versions) == SOME
    assert {version.commit for version in registry["churn"].versions} == set(commits)


def test_threads_assign_different_versions_to_a_stage(remote: Path) -> None:
    registry = open_registry(remote.as_uri(), environ=_environment())
    commits = git("-C", str(remote), "rev-list", f"--max-count={SOME}", "main").splitlines()
    registry.apply("\n".join(f"register churn {commit}" for commit in commits))
    versions = [version.version for version in registry["churn"].versions]
    ended = _at_once(lambda index: registry.assign("churn", "prod", version=versions[index]))
    assert ended == {"": SOME}
    assert sorted(tag for tag in tags(remote) if "#" in tag) == sorted(
        f"churn#prod#{number + 1}" for number in range(SOME)
    )


def test_threads_register_one_commit(remote: Path) -> None:
    registry = open_registry(remote.as_uri(), environ=_environment())
    ended = _at_once(lambda _: registry.register("churn"))
    sentence = "'churn' is already registered in this commit with version 'v0.0.1'"
    assert ended == {"": 1, sentence: SOME - 1}
    assert tags(remote) == ["churn@v0.0.1"]


def test_threads_register_in_one_local_repository(clone: Path) -> None:
    registry = open_registry(clone, environ=_environment())
    ended = _at_once(lambda index: registry.register("churn", f"HEAD~{index}"))
    assert ended == {"": SOME}
    assert len(tags(clone)) == SOME


def test_a_signature_that_takes_long_is_made_again_for_what_is_there_then(
    clone: Path, tmp_path: Path
) -> None:
    """While a person types the passphrase, somebody else registers the commit."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    signer = tmp_path / "signer"
    other = f"git --git-dir={clone}/.git -c user.name=B -c user.email=b@x tag -a -m x churn@v9.0.0"
    signer.write_text(f'#!/bin/sh\nGIT_DIR= {other} HEAD 2>/dev/null\nexec ssh-keygen "$@"\n')
    signer.chmod(0o755)
    settings = {"gpg.format": "ssh", "user.signingKey": key, "gpg.ssh.program": signer}
    for name, value in settings.items():
        git("-C", str(clone), "config", name, str(value))
    result = run("register", "churn", "--sign", at=clone, code=1)
    assert "is already registered in this commit with version 'v9.0.0'" in result.errors
    assert tags(clone) == ["churn@v9.0.0"]


def _processes(lines: list[list[str]], at: Path, stdin: str = "") -> list[tuple[int, str, str]]:
    """Run `gto-action` in many processes at once; return their codes and what they print."""
    started = [
        subprocess.Popen(
            command(*words),
            cwd=at,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for words in lines
    ]
    with ThreadPoolExecutor(len(started)) as pool:  # all of them read and write
        ended = list(pool.map(lambda process: process.communicate(stdin), started))
    return [(process.returncode, *printed) for process, printed in zip(started, ended, strict=True)]


@pytest.mark.long
def test_processes_register_and_assign(url: str, remote: Path, tmp_path: Path) -> None:
    commits = git("-C", str(remote), "rev-list", f"--max-count={MANY}", "main").splitlines()
    registered = _processes(
        [["register", "churn", commit, "-r", url] for commit in commits], tmp_path
    )
    assert Counter(code for code, _, _ in registered) == {0: MANY}, registered
    versions = sorted(tag.partition("@")[2] for tag in tags(remote))
    assert len(versions) == MANY
    pointed = git("-C", str(remote), "for-each-ref", "--format=%(*objectname)", "refs/tags")
    assert sorted(pointed.splitlines()) == sorted(commits)
    assigned = _processes(
        [
            ["assign", "churn", "--version", version, "--stage", "prod", "-r", url]
            for version in versions
        ],
        tmp_path,
    )
    assert Counter(code for code, _, _ in assigned) == {0: MANY}, assigned
    assert len(tags(remote)) == 2 * MANY


@pytest.mark.long
def test_processes_register_one_commit(url: str, remote: Path, tmp_path: Path) -> None:
    ended = _processes([["register", "churn", "-r", url]] * MANY, tmp_path)
    assert Counter(code for code, _, _ in ended) == {0: 1, 1: MANY - 1}
    for code, _, errors in ended:
        assert code == 0 or "is already registered in this commit with version" in errors
    assert tags(remote) == ["churn@v0.0.1"]


@pytest.mark.long
def test_two_identical_lists_of_requests(url: str, remote: Path, tmp_path: Path) -> None:
    lines = "\n".join(f"register model-{number}" for number in range(20))
    words = ["apply", "--if-needed", "--json", "-r", url]
    ended = _processes([words, words], tmp_path, lines)
    assert [code for code, _, _ in ended] == [0, 0], ended
    assert sorted(output.count('"event"') for _, output, _ in ended) == [0, 20]
    assert len(tags(remote)) == 20
