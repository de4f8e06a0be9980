"""Every question that has no answer ends with one sentence and an exit code of docs/cli.md."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from testkit.demo_registry import build_demo
from testkit.repositories import git
from testkit.servers import free_port, http_server
from tests.terminal.harness import ask, command, terminal_environment

FILE = "HEAD:artifacts.yaml"


def _check_sentence(errors: str, *words: str) -> None:
    assert errors.count("\n") == 1, errors
    assert "Traceback" not in errors
    for word in words:
        assert word in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "nope"], ["nope"]),
        (["show", "nope@latest", "--json"], ["nope"]),
        (["show", "--ref"], ["--ref", "NAME"]),
        (["show", "--json", "--plain"], ["--json, --plain"]),
        (["show", "--discover", "--vs", "-2"], ["-1"]),
        (["describe", "nope"], ["nope", "dvc.yaml"]),
        (["describe", "churn", "--rev", "no-such-ref"], ["no-such-ref"]),
        (["describe", "churn", "--rev", "--all"], ["--all"]),
        (["describe", "churn@v9.9.9"], ["churn@v9.9.9"]),
        (["describe", "churn@latest", "--rev", "main"], ["choose one"]),
        (["describe", "features", "--description"], ["description"]),
        (["parse-tag", "nope"], ["nope"]),
        (["parse-tag", "churn@v1.0.0", "--key", "stage"], ["name, version, action"]),
        (["check-ref", "churn@v9.9.9", "--format", "env"], ["churn@v9.9.9"]),
        (["stages", "--used", "--allowed"], ["--used, --allowed"]),
    ],
)
def test_queries_without_a_result(
    arguments: list[str], words: list[str], demo_remote: Path
) -> None:
    repository = [] if arguments[0] == "parse-tag" else ["-r", str(demo_remote)]
    result = ask(*arguments, *repository)
    assert (result.code, result.output) == (1, "")
    _check_sentence(result.errors, *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "--no-such-option"], ["--no-such-option", "gto-action show --help"]),
        (["show", "--vs", "many"], ["many"]),
        (["show", "--sort", "size"], ["semver"]),
        (["show", "churn", "segment"], ["segment"]),
        (["check-ref"], ["REF"]),
        (["check-ref", "x", "--format", "xml"], ["dotenv"]),
        (["describe", ""], ["NAME", "empty"]),
        (["describe", "churn", "--rev", ""], ["--rev", "empty"]),
        (["get", ""], ["NAME", "empty"]),
        (["get", "churn", "-o", ""], ["--out", "empty"]),
        (["show", "-r", ""], ["--repo", "empty"]),
        (["show", "--points-at", ""], ["--points-at", "empty"]),
        (["run", "-r", ""], ["--repo", "empty"]),
        (["no-such-verb"], ["no-such-verb", "gto-action --help"]),
        (["--repo", "."], ["--repo"]),
    ],
)
def test_a_question_that_can_t_be_understood(arguments: list[str], words: list[str]) -> None:
    result = ask(*arguments)
    assert (result.code, result.output) == (2, "")
    _check_sentence(result.errors, *words)


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("churn@v9.9.9", ["churn@v9.9.9", "deleted"]),
        ("refs/heads/main", ["refs/heads/main"]),
        ("release-2026-03", ["release-2026-03"]),
        ("--help-me@v1.0.0", ["--help-me"]),
    ],
)
def test_a_ref_that_is_not_an_event_prints_a_note_and_no_output(
    ref: str, words: list[str], demo_remote: Path
) -> None:
    result = ask("check-ref", "--name", "-r", demo_remote, "--", ref)
    assert (result.code, result.output) == (0, "")
    _check_sentence(result.errors, *words)


@pytest.mark.parametrize("command", ["show", "history", "get", "describe"])
@pytest.mark.parametrize("tag", ["late@v1.0.0", "late#prod", "late#prod#3", "churn@v7.0.0"])
def test_a_lightweight_tag_is_not_an_event(command: str, tag: str, checkout: Path) -> None:
    git("-C", str(checkout), "tag", tag)
    result = ask(command, tag, directory=checkout)
    assert (result.code, result.output) == (1, "")
    _check_sentence(result.errors, f"tag '{tag}' is lightweight, so it is not an event; make it")


@pytest.mark.parametrize(
    ("url", "is_complete"),
    [
        *((url, False) for url in ("http://", "https:", "file://", "http:///x", "host:")),
        ("file:///nowhere", True),
        ("nowhere.invalid:x", True),
    ],
)
@pytest.mark.parametrize("arguments", [["show"], ["run", "churn@v1.0.0"]])
def test_a_url_without_a_host_or_a_path_is_incomplete(
    arguments: list[str], url: str, is_complete: bool
) -> None:
    result = ask(*arguments, "-r", url, environment={"GIT_SSH_COMMAND": "false"})
    assert result.code != 0
    assert (f"'{url}' is not a complete URL" in result.errors) is not is_complete


@pytest.mark.parametrize("kind", ["tree", "blob"])
def test_an_object_that_is_not_a_commit_names_none(kind: str, demo_remote: Path) -> None:
    sha = git("-C", str(demo_remote), "rev-parse", "HEAD^{tree}" if kind == "tree" else FILE)
    for repository in (demo_remote, demo_remote.as_uri()):
        result = ask("describe", "churn", "--rev", sha, "-r", repository)
        assert (result.code, result.output) == (1, "")
        _check_sentence(result.errors, f"there is no commit '{sha}' in ")


def test_a_byte_that_is_not_utf_8_is_shown_as_one(checkout: Path) -> None:
    result = ask("show", os.fsdecode(b"z\xe9"), directory=checkout)
    _check_sentence(result.errors, r"Cannot find artifact 'z\xe9' in ")


def test_not_a_repository(tmp_path: Path) -> None:
    for repository in (tmp_path, tmp_path / "missing", "no-such-directory"):
        result = ask("show", "-r", repository, directory=tmp_path)
        assert (result.code, result.output) == (1, "")
        _check_sentence(result.errors, str(repository), "--repo")
    (tmp_path / "file").touch()
    _check_sentence(ask("show", "-r", tmp_path / "file").errors, "no Git repository")


def test_a_corrupt_repository(demo_remote: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.git"
    shutil.copytree(demo_remote, broken)
    shutil.rmtree(broken / "objects")
    (broken / "objects").mkdir()
    result = ask("show", "-r", broken)
    assert (result.code, result.output) == (1, "")
    _check_sentence(result.errors, "run git fsck")
    (broken / "HEAD").unlink()
    _check_sentence(ask("show", "-r", broken).errors, str(broken))


def test_an_unreachable_url(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/models.git"
    result = ask("show", "-r", url)
    assert (result.code, result.output) == (1, "")
    *tried, last = result.errors.splitlines()
    assert [line.rpartition("; ")[2] for line in tried] == [
        f"trying again in {pause} s" for pause in (1, 2, 4)
    ]
    _check_sentence(f"{last}\n", url)
    with http_server(tmp_path) as server:
        missing = ask("history", "-r", f"{server.url}/missing.git")
    assert (missing.code, missing.output) == (1, "")
    _check_sentence(missing.errors, "missing.git")


def test_a_password_in_a_url_is_not_printed(tmp_path: Path) -> None:
    with http_server(tmp_path) as server:
        url = server.url.replace("://", "://me:secret@")
        result = ask("show", "-r", f"{url}/missing.git")
    assert (result.code, result.output) == (1, "")
    _check_sentence(result.errors, f"{server.url}/missing.git")
    assert "secret" not in result.errors


def test_no_git(demo_remote: Path, tmp_path: Path) -> None:
    result = ask("show", "-r", demo_remote, environment={"PATH": str(tmp_path)})
    assert (result.code, result.output) == (1, "")
    _check_sentence(result.errors, "install git")


def test_a_reader_that_goes_away(demo_remote: Path) -> None:
    arguments = command("print-state", "-r", demo_remote)
    with subprocess.Popen(
        arguments,
        env=terminal_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 1)


def test_broken_files_are_warnings(demo_remote: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    git("clone", "--quiet", str(demo_remote), str(checkout))
    (checkout / ".gto").write_text("stages: prod\n")
    (checkout / "artifacts.yaml").write_text("a: [\n")
    git("-C", str(checkout), "add", "artifacts.yaml")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(checkout), *who, "commit", "--quiet", "-m", "break it")
    result = ask("show", "--name", directory=checkout)
    assert (result.code, result.output) == (0, "churn\nmodels/nlp:cv-class\n")
    assert [line.partition(": ")[0] for line in result.errors.splitlines()] == ["warning"] * 2
    assert "artifacts.yaml, line 2" in result.errors
    assert ".gto, line 1: stages must be a list of strings" in result.errors


def test_run_without_a_remote_names_the_option_that_reads_the_checkout(tmp_path: Path) -> None:
    repository = build_demo(tmp_path / "models.git")
    result = ask("run", "churn#prod#3", "-r", repository)
    assert (result.code, result.output) == (3, "")
    _check_sentence(result.errors, "has no remote", "--no-fetch")
    assert ask("run", "churn#prod#3", "-r", repository, "--no-fetch").code == 0


def test_an_error_that_quotes_git_is_one_line(tmp_path: Path) -> None:
    program = tmp_path / "ssh"
    program.write_text(
        "#!/bin/sh\nprintf 'kex: no match\\r\\n\\r\\n  try another\\r\\n' >&2\nexit 255\n"
    )
    program.chmod(0o755)
    environment = {"GIT_SSH": str(program), "GIT_SSH_VARIANT": "simple"}
    result = ask("show", "-r", "host:org/permission-denied", environment=environment)
    assert (result.code, result.output) == (1, "")
    lines = result.errors.splitlines()
    assert all("kex: no match try another fatal: " in line for line in lines), lines
    assert "\\r" not in result.errors
