"""`gto-action run`: where it reads, what it prints, and how it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from testkit.runner import clone_as_a_runner, read_outputs
from testkit.servers import http_server
from tests.terminal.harness import ask, command, terminal_environment

TAG = "churn#prod#3"
_NO_SSH = {"GIT_SSH_COMMAND": "echo 'Permission denied (publickey)' >&2; exit 255; #"}
"""Fails at once: ssh would be tried four times."""


@pytest.fixture
def clone(demo_remote: Path, tmp_path: Path) -> Path:
    git("clone", "--quiet", str(demo_remote), str(tmp_path / "clone"))
    return tmp_path / "clone"


def _runner(root: Path, ref: str, sha: str, **variables: str) -> dict[str, str]:
    output = root / "output"
    output.write_text("")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": os.devnull,
        "GITHUB_REF": ref,
        "GITHUB_SHA": sha,
        **variables,
    }


def _shell(line: str, directory: Path, environment: Mapping[str, str] | None = None) -> int:
    """Run a command of the shell with `gto-action` in place of GTO; return its exit code."""
    program = " ".join(map("'{}'".format, command()))
    variables = {**terminal_environment(), **(environment or {})}
    # as on most machines: a test runner may have set it
    variables.pop("PYTHONUNBUFFERED", None)
    words = ["bash", "-c", line.replace("GTO", program)]
    return subprocess.run(words, cwd=directory, env=variables, check=False).returncode


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("GITHUB_ACTIONS=true GTO run main >/dev/full", 8),
        ("GTO run 'churn#prod#3' 2>/dev/null | true; exit ${PIPESTATUS[0]}", 0),
        ("GTO run 'churn#prod#9' >/dev/full 2>/dev/full", 6),
        ("GTO run 'churn@1.1.0' --strict >/dev/full 2>/dev/full", 12),
        ("GTO show nope 2>/dev/full", 1),
        ("GTO show --bar 2>/dev/full", 2),
        ("GTO check-ref churn@1.3.0 2>/dev/full", 0),
        ("GTO -v stages >/dev/null 2>/dev/full", 0),
        ("GTO 2>/dev/full", 2),
        ("GITHUB_OUTPUT=output GTO run 'churn#prod#3' >/dev/full", 0),
        ("GITHUB_ACTIONS=true GTO run x -r /nonexistent >/dev/full", 3),
        ("PATH=/nonexistent GTO run 'churn#prod#3' --no-fetch 2>/dev/null", 4),
    ],
)
def test_a_stream_that_takes_nothing_does_not_change_the_exit_code(
    line: str, code: int, clone: Path
) -> None:
    (clone / "output").write_text("")
    assert _shell(line, clone) == code


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("redirection", "reason"),
    [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("run 'churn#prod#3'", 8),
        ("run 'churn#prod#3' --no-show --no-history --no-fetch", 8),
        ("show", 1),
        ("show --json", 1),
        ("check-ref churn@v1.0.0 --format env", 1),
        ("--help", 1),
        ("--version", 1),
        ("show --help", 1),
    ],
)
def test_a_result_that_cannot_be_written_is_an_error(
    arguments: str, code: int, redirection: str, reason: str, clone: Path
) -> None:
    assert _shell(f"GTO {arguments} {redirection} 2>errors", clone) == code
    message = f"could not write to standard output: {reason}\n"
    assert (clone / "errors").read_text().removeprefix("error: ") == message


@pytest.mark.parametrize("arguments", ["churn@v1.0.0", "churn@v1.0.0 --no-fetch"])
def test_a_checkout_with_two_remotes_and_no_origin(arguments: str, clone: Path) -> None:
    git("-C", str(clone), "remote", "rename", "origin", "first")
    git("-C", str(clone), "remote", "add", "second", "https://h.example/r.git")
    result = ask("run", *arguments.split(), directory=clone)
    if "--no-fetch" in arguments:
        assert result.code == 0, result
    else:
        assert (result.code, "no remote origin" in result.errors) == (3, True), result


def test_warnings_and_the_log_are_in_order_in_one_file(clone: Path, tmp_path: Path) -> None:
    git("-C", str(clone), "checkout", "--quiet", "--detach", "churn@v1.1.0")
    line = f"GTO run 'churn#prod#3' --pull --no-show --no-history >{tmp_path}/log 2>&1"
    environment = {"GTO_TYPO": "x"}
    _shell(line, clone, environment)
    lines = (tmp_path / "log").read_text().splitlines()
    warning = next(number for number, text in enumerate(lines) if text.startswith("warning: "))
    sentence = next(number for number, text in enumerate(lines) if "was assigned" in text)
    assert warning < sentence
    assert lines[-1].startswith(("error: ", "")), lines


def test_a_deleted_directory_is_not_needed(clone: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f"rmdir '{gone}'; GTO run 'churn#prod#3' -r '{clone}' >/dev/null"
    assert _shell(line, gone) == 0
    gone.mkdir()
    assert _shell(f"rmdir '{gone}'; GTO run 'churn#prod#3' 2>/dev/null", gone) == 3


def test_another_repository_need_not_be_at_the_commit_of_the_run(
    demo_remote: Path, tmp_path: Path
) -> None:
    builder = Builder(tmp_path / "other.git")
    builder.tag(TAG, builder.commit({"x": "x"}))
    other = builder.build()
    sha = git("-C", str(demo_remote), "rev-parse", f"{TAG}^{{commit}}")
    server = {
        "GITHUB_SERVER_URL": demo_remote.parent.as_uri(),
        "GITHUB_REPOSITORY": demo_remote.name,
    }
    environment = _runner(tmp_path, f"refs/tags/{TAG}", sha, **server)
    for words in ((other, "--no-fetch"), (other.as_uri(),)):
        assert ask("run", TAG, "-r", *words, environment=environment).code == 0
    moved = {**environment, "GITHUB_SHA": "0" * 40}
    result = ask("run", TAG, "-r", demo_remote.as_uri(), environment=moved)
    assert (result.code, "someone moved it" in result.output) == (7, True)


def test_on_a_runner_a_directory_of_another_repository_is_read(
    demo_remote: Path, tmp_path: Path
) -> None:
    builder = Builder(tmp_path / "other", bare=False)
    builder.tag("churn@v7.0.0", builder.commit({"x": "x"}))
    other = builder.build()
    sha = git("-C", str(demo_remote), "rev-parse", f"{TAG}^{{commit}}")
    server = {
        "GITHUB_SERVER_URL": demo_remote.parent.as_uri(),
        "GITHUB_REPOSITORY": demo_remote.name,
    }
    environment = _runner(tmp_path, "refs/tags/churn@v7.0.0", sha, **server)
    result = ask("run", "-r", other, environment=environment)
    assert (result.code, "has no remote to fetch the tags from" in result.output) == (3, True)
    assert ask("run", "-r", other, "--no-fetch", environment=environment).code == 0
    outputs = read_outputs((tmp_path / "output").read_text())
    assert outputs["version"] == "v7.0.0"


@pytest.mark.parametrize("words", [["show"], ["history", "--discover"], ["doctor"]])
def test_a_git_that_is_killed_is_an_error(
    words: list[str], demo_remote: Path, tmp_path: Path
) -> None:
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    real = shutil.which("git")
    kill = 'case "$*" in *rev-parse*refs/fetched*) kill -9 $$;; esac'
    wrapper.write_text(f'#!/bin/sh\n{kill}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    environment = {"PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
    result = ask(*words, "-r", demo_remote.as_uri(), environment=environment)
    assert result.code == 1
    assert "git was ended by the signal 9" in result.errors


def test_a_password_is_not_printed_if_the_scheme_is_forgotten(tmp_path: Path) -> None:
    for repo in ("user:s3cretpw@localhost:1/o/r", "user:s3cretpw@localhost/o/r"):
        result = ask("show", "-r", repo, directory=tmp_path, environment=_NO_SSH)
        assert result.code == 1
        assert "s3cretpw" not in result.errors


def test_on_a_runner_it_reads_the_workspace_of_the_run(demo_remote: Path, tmp_path: Path) -> None:
    sha = clone_as_a_runner(str(demo_remote), TAG, tmp_path / "workspace")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    variables = {"GITHUB_WORKSPACE": str(tmp_path / "workspace")}
    environment = _runner(tmp_path, f"refs/tags/{TAG}", sha, **variables)
    assert ask("run", directory=elsewhere, environment=environment).code == 0
    assert read_outputs((tmp_path / "output").read_text())["version"] == "v1.1.0"
    inputs = {"GITHUB_WORKSPACE": str(tmp_path), "INPUT_PATH": "workspace"}
    assert ask("run", directory=elsewhere, environment={**environment, **inputs}).code == 0


def test_a_directory_in_a_checkout_is_its_checkout(clone: Path) -> None:
    assert ask("run", TAG, "-r", clone / "models").code == 0


@pytest.mark.parametrize("repo", ["/nonexistent", "nonexistent"])
def test_a_value_that_is_neither_a_directory_nor_a_url_is_named(repo: str, tmp_path: Path) -> None:
    result = ask("run", TAG, "-r", repo, directory=tmp_path)
    assert (result.code, result.errors) == (
        3,
        f"error: there is no directory '{repo}': name one, or a URL, with --repo\n",
    )


def test_at_a_terminal_the_ref_is_an_argument(clone: Path) -> None:
    result = ask("run", "-r", clone)
    sentence = "error: there is no ref to interpret: name a tag, as gto-action run REF\n"
    assert (result.code, result.errors) == (2, sentence)


def test_a_url_keeps_its_form(demo_remote: Path, tmp_path: Path) -> None:
    with http_server(demo_remote.parent) as server:
        result = ask("run", TAG, "-r", f"{server.url}/{demo_remote.name}/", directory=tmp_path)
        assert result.code == 0
    place = "nobody@localhost:r.git"
    result = ask("run", TAG, "-r", place, directory=tmp_path, environment=_NO_SSH)
    assert (result.code, "localhost:r.git" in result.errors) == (5, True)


def test_a_url_without_fetch_has_nothing_to_read(demo_remote: Path) -> None:
    result = ask("run", TAG, "-r", demo_remote.as_uri(), "--no-fetch")
    assert (result.code, "there is no checkout to read tags from" in result.errors) == (3, True)


def test_remotes_without_origin_are_mentioned(clone: Path) -> None:
    git("-C", str(clone), "remote", "rename", "origin", "first")
    git("-C", str(clone), "remote", "add", "second", "https://models.invalid/x")
    result = ask("run", TAG, "-r", clone)
    assert (result.code, "has no remote origin" in result.errors) == (3, True)


def test_an_empty_ca_file_is_none(clone: Path) -> None:
    assert ask("run", TAG, "-r", clone, "--ca-file", "").code == 0


@pytest.mark.parametrize("scope", ["--all-branches", "--all-commits", "--discover"])
@pytest.mark.parametrize("command", ["show", "history"])
def test_a_url_without_branches_is_answered(command: str, scope: str, tmp_path: Path) -> None:
    git("init", "--quiet", "--bare", str(tmp_path / "empty.git"))
    result = ask(command, scope, "-r", (tmp_path / "empty.git").as_uri())
    assert (result.code, result.errors) == (0, "")


@pytest.mark.parametrize("words", [["show"], ["stages"], ["show", "churn"], ["describe", "churn"]])
def test_a_remote_that_lacks_a_tag_object_is_an_error(words: list[str], tmp_path: Path) -> None:
    builder = Builder(tmp_path / "broken", bare=False)
    builder.tag("churn@v1.0.0", builder.commit({"x": "x"}))
    broken = builder.build()
    git("-C", str(broken), "tag", "--annotate", "-m", "x", "churn@v1.0.1", "churn@v1.0.0^{}")
    sha = git("-C", str(broken), "rev-parse", "churn@v1.0.1")
    (broken / ".git" / "objects" / sha[:2] / sha[2:]).unlink()
    result = ask(*words, "-r", broken.as_uri())
    assert (result.code, result.output) == (1, "")
    assert result.errors.startswith("could not fetch the tags from ")
