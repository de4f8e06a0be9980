"""A repository that means ill, is broken, or stands on a machine that fails."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from testkit.servers import http_server
from testkit.step import Workspace
from tests.terminal.harness import answer, ask, ask_process, command, terminal_environment

WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A checkout in which dvc.yaml names the right path and artifacts.yaml a wrong one."""
    directory = tmp_path / "models"
    git("init", "--quiet", "--initial-branch=main", str(directory))
    (directory / "dvc.yaml").write_text("artifacts:\n  churn: {path: right.pkl}\n")
    (directory / "artifacts.yaml").write_text("churn: {path: wrong.pkl}\n")
    _commit(directory, "first")
    git("-C", str(directory), *WHO, "tag", "-a", "-m", "x", "churn@v1.0.0")
    return directory


def _commit(directory: Path, message: str) -> str:
    git("-C", str(directory), "add", "--all")
    git("-C", str(directory), *WHO, "commit", "--quiet", "--allow-empty", "-m", message)
    return git("-C", str(directory), "rev-parse", "HEAD")


def _lose(directory: Path, object_: str) -> None:
    sha = git("-C", str(directory), "rev-parse", object_)
    (directory / ".git" / "objects" / sha[:2] / sha[2:]).unlink()


def test_parameters_of_python_print_no_warning_and_half_a_pair_is_no_bug(tmp_path: Path) -> None:
    directory = tmp_path / "models"
    git("init", "--quiet", "--initial-branch=main", str(directory))
    text = 'vars: [p.py, q.json]\nartifacts: {churn: {path: "${x}", desc: "${d}"}}\n'
    (directory / "dvc.yaml").write_text(text)
    (directory / "p.py").write_text('x = "m"\ny = 1if 1else 2\nz = "\\d\\\x1b"\n')
    (directory / "q.json").write_text('{"d": "a\\ud800b"}')
    _commit(directory, "first")
    git("-C", str(directory), *WHO, "tag", "-a", "-m", "x", "churn@v1.0.0")
    # a process in which warnings are errors
    described = ask_process("describe", "churn", "--path", directory=directory)
    assert (described.code, described.output, described.errors) == (0, "m\n", "")
    words = ("check-ref", "churn@v1.0.0", "--format", "env")
    printed = ask_process(*words, directory=directory)
    assert (printed.code, printed.errors) == (0, "")
    assert "ARTIFACT_DESCRIPTION='a?b'\n" in printed.output
    job = {"CIRCLECI": "true", "CIRCLE_TAG": "churn@v1.0.0", "BASH_ENV": str(tmp_path / "env")}
    git("-C", str(directory), "remote", "add", "origin", str(directory))
    run = ask_process("run", "--no-fetch", directory=directory, environment=job)
    assert run.code == 0, run
    assert "ARTIFACT_DESCRIPTION='a?b'\n" in (tmp_path / "env").read_text()


def test_a_log_of_azure_that_cannot_be_written_is_an_error(models: Path) -> None:
    environment = {
        **terminal_environment(),
        "TF_BUILD": "True",
        "BUILD_SOURCEBRANCH": "refs/tags/churn@v1.0.0",
    }
    git("-C", str(models), "remote", "add", "origin", str(models))
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command("run", "--no-fetch"),
            cwd=models,
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 8, done.stderr


@pytest.mark.parametrize("lost", ["HEAD:dvc.yaml", "HEAD^{tree}", "HEAD^{commit}"])
def test_a_lost_object_is_no_missing_file(lost: str, models: Path) -> None:
    _lose(models, lost)
    for requested in (
        ["describe", "churn@latest", "--path"],
        ["check-ref", "churn@v1.0.0", "--format", "env"],
        ["doctor"],
    ):
        result = ask(*requested, directory=models)
        assert (result.code, result.output) == (1, ""), requested
        assert result.errors.count("\n") == 1
        assert "run git fsck" in result.errors
        assert "Traceback" not in result.errors
    step = ask("run", "churn@v1.0.0", "--no-fetch", directory=models)
    assert (step.code, "path=" in step.output) == (9, False)


@pytest.mark.parametrize(
    ("rev", "requested"),
    [
        ("HEAD", ["describe", "churn"]),
        ("HEAD", ["show", "--points-at", "HEAD"]),
        ("HEAD", ["doctor"]),
        ("main", ["describe", "churn", "--rev", "main"]),
        ("churn@v1.0.0", ["show", "--points-at", "churn@v1.0.0"]),
    ],
)
def test_a_lost_commit_is_not_called_unknown(rev: str, requested: list[str], models: Path) -> None:
    sha = git("-C", str(models), "rev-parse", rev)
    _lose(models, "HEAD^{commit}")
    result = ask(*requested, directory=models)
    sentence = f"{rev} leads to {sha}, and that object is missing or broken: run git fsck"
    assert (result.code, result.output) == (1, "")
    assert result.errors.startswith(sentence)


@pytest.mark.parametrize(
    ("path", "content"), [("refs/tags/churn@v2.0.0", "x\n"), ("packed-refs", "x\n")]
)
def test_broken_refs_are_an_error_that_says_what_to_do(
    path: str, content: str, models: Path
) -> None:
    (models / ".git" / path).write_text(content)
    result = ask("show", directory=models)
    assert (result.code, result.output) == (1, "")
    assert result.errors.endswith("run git fsck, and delete or fetch again what is broken\n")


def test_doctor_finds_what_a_tag_lost(models: Path) -> None:
    _commit(models, "second")
    lost = git("-C", str(models), "rev-parse", "churn@v1.0.0^{}")
    git("-C", str(models), *WHO, "tag", "-a", "-m", "x", "churn@v2.0.0")
    _lose(models, lost)
    result = ask("doctor", directory=models)
    assert result.code == 1
    assert f"error: churn@v1.0.0: its commit {lost} is missing or broken\n" in result.output


@pytest.mark.parametrize("content", [b"", b"garbage", None])
def test_a_tag_object_that_is_broken_is_named(content: bytes | None, models: Path) -> None:
    sha = git("-C", str(models), "rev-parse", "churn@v1.0.0")
    path = models / ".git/objects" / sha[:2] / sha[2:]
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    for words in (["show"], ["show", "churn"], ["doctor"]):
        result = ask(*words, directory=models)
        assert (result.code, result.output) == (1, "")
        for part in (sha, "churn@v1.0.0", "run git fsck, and delete or fetch again"):
            assert part in result.errors
        assert result.errors.count("\n") == 1


@pytest.mark.parametrize("file", ["artifacts.yaml", "dvc.yaml"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../out", "nowhere", "artifacts.yaml"])
def test_a_link_that_leads_to_no_file_is_a_problem(target: str, file: str, models: Path) -> None:
    (models / file).unlink()
    (models / file).symlink_to(target if target != "artifacts.yaml" else file)
    _commit(models, "a link")
    result = ask("doctor", directory=models)
    assert result.code == 1
    assert f"{file}: it is a link that leads to no file of the repository" in result.output


def test_a_fetch_mends_what_the_checkout_lost(models: Path, tmp_path: Path) -> None:
    git("clone", "--quiet", "--no-hardlinks", str(models), str(tmp_path / "workspace"))
    workspace = Workspace(tmp_path, "refs/tags/churn@v1.0.0", "")
    for file in (workspace.checkout / ".git" / "objects").rglob("*.pack"):
        # as a checkout has it: an object a file
        moved = file.rename(tmp_path / "pack")
        with moved.open("rb") as pack:
            command_ = ["git", "-C", str(workspace.checkout), "unpack-objects", "-q"]
            subprocess.run(command_, stdin=pack, check=True)
    _lose(workspace.checkout, "HEAD:dvc.yaml")
    result = workspace.run()
    assert (result.code, result.outputs["path"]) == (0, "right.pkl"), result.log


def test_a_history_that_can_t_be_walked_is_an_error(models: Path) -> None:
    second = _commit(models, "second")
    (models / "dvc.yaml").write_text("artifacts:\n  churn: {path: newer.pkl}\n")
    _commit(models, "third")
    _lose(models, second)
    result = ask("history", "--all-commits", directory=models)
    assert (result.code, result.output) == (1, "")
    assert "git can't read the history" in result.errors


def test_the_last_change_is_the_one_that_a_merge_kept(models: Path) -> None:
    def change(path: str) -> str:
        (models / "dvc.yaml").write_text(f"artifacts:\n  churn: {{path: {path}}}\n")
        return _commit(models, path)

    git("-C", str(models), "checkout", "--quiet", "-b", "side")
    kept = change("kept.pkl")
    git("-C", str(models), "checkout", "--quiet", "main")
    change("discarded.pkl")
    merge = ("merge", "--quiet", "-X", "theirs", "-m", "merge", "side")
    git("-C", str(models), *WHO, *merge)
    reported = json.loads(answer("history", "churn", "--discover", "--json", directory=models))
    commits = [item["commit"] for item in reported if item["event"] == "commit"]
    assert kept in commits
    assert len(commits) == 2  # dvc.yaml's and artifacts.yaml's


def test_a_directory_s_name_forges_no_commit(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    builder.commit({"\x01x/dvc.yaml": "artifacts: {a: {path: p}}\n", "zz/dvc.yaml": ""})
    builder.commit({"zz/dvc.yaml": "artifacts: {b: {path: p}}\n"})
    result = ask("history", "--all-commits", "--json", "-r", builder.build())
    reported = json.loads(result.output)
    assert [(item["artifact"], len(item["commit"])) for item in reported] == [("zz:b", 40)]
    assert "no tag can have the name" in result.errors


@pytest.mark.parametrize("kind", ["device", "pipe", "outside", "directory", "large"])
def test_a_configuration_that_is_no_file_of_the_repository(
    kind: str, models: Path, tmp_path: Path
) -> None:
    config = models / ".gto"
    match kind:
        case "device":
            config.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(config)
        case "outside":
            (tmp_path / "secret.yaml").write_text("stages: [secret]\n")
            config.symlink_to(tmp_path / "secret.yaml")
        case "directory":
            config.mkdir()
        case _:
            config.write_text("# " + "x" * 11_000_000)
    result = ask("stages", directory=models)
    assert (result.code, result.output) == (0, "")
    assert result.errors.startswith("warning: .gto: ")
    assert result.errors.count("\n") == 1


def test_a_configuration_may_be_a_link_within_the_repository(models: Path) -> None:
    (models / "settings.yaml").write_text("stages: [live]\n")
    (models / ".gto").symlink_to("settings.yaml")
    assert answer("stages", directory=models) == "live\n"


def test_a_table_has_no_control_characters(models: Path) -> None:
    (models / ".gto").write_text('stages: ["\\e]0;x\\a\\e[2J", "a\\nb"]\n')
    shown = answer("show", "--plain", directory=models)
    assert shown.count("\n") == 2
    assert "\x1b" not in shown


def test_a_name_as_long_as_a_sha_is_no_sha(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    tag = "models/nlp/cv-class-of-2026#production#1"
    assert len(tag) == 40
    builder.tag(tag, builder.commit())
    assert tag in answer("history", "--plain", "-r", builder.build())


def test_the_token_is_for_its_own_server(models: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.touch()
    variables = {
        "INPUT_TOKEN": "ghs_secret",
        "GITHUB_REPOSITORY": "org/x",
        "GITHUB_OUTPUT": str(output),
    }
    with http_server(models.parent) as server:
        url = f"{server.url}/models/.git"
        elsewhere = {**variables, "GITHUB_SERVER_URL": "https://github.com"}
        assert ask("run", "churn@v1.0.0", "-r", url, environment=elsewhere).code == 0
        assert set(server.authorizations) == {""}
        at_home = {**variables, "GITHUB_SERVER_URL": server.url}
        assert ask("run", "churn@v1.0.0", "-r", url, environment=at_home).code == 0
        assert set(server.authorizations) > {""}


@pytest.mark.parametrize("closing", [">/dev/full", ">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("requested", ["show", "show --json", "show --help"])
def test_streams_that_take_nothing(closing: str, requested: str, models: Path) -> None:
    line = " ".join(map("'{}'".format, command(*requested.split())))
    done = subprocess.run(
        ["sh", "-c", f"{line} {closing}"],
        cwd=models,
        env=terminal_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if closing == "2>&-" else 1), done
    assert "Traceback" not in done.stderr
    if closing == "2>&-":
        assert done.stdout != ""


def test_a_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = " ".join(map("'{}'".format, command("show")))
    done = subprocess.run(
        ["sh", "-c", f"rmdir '{gone}'; {line}"],
        cwd=gone,
        env=terminal_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "Traceback" not in done.stderr


def test_a_missing_repository_is_reported_before_a_ref_that_is_not_an_event(tmp_path: Path) -> None:
    result = ask("check-ref", "main", directory=tmp_path)
    assert (result.code, result.output) == (1, "")


def test_a_revision_is_one_commit(models: Path) -> None:
    for rev in ("^HEAD", "HEAD..HEAD", "HEAD:dvc.yaml", "--all"):
        result = ask("describe", "churn", "--rev", rev, directory=models)
        assert result.code == 1, rev
