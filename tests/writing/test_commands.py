"""The commands that create tags, in a local repository: what they make, print and refuse."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from testkit.repositories import git
from tests.terminal.harness import ROOT, ask_process, terminal_environment
from tests.writing.harness import WHO, objects, run, tags

CREATED = """\
Created git tag 'churn@v0.0.1' that registers version
To push the changes upstream, run:
    git push origin churn@v0.0.1
"""


@pytest.mark.parametrize(
    "words",
    [
        ("register", "churn", "--remote", ""),
        ("register", "churn", "-u", ""),
        ("register", "churn", "--override", ""),
        ("deprecate", "churn", ""),
        ("deprecate", "churn", "v0.0.1", ""),
        ("deregister", "churn", ""),
        ("assign", "churn", "--stage", ""),
        ("annotate", "churn", "--path", ""),
        ("annotate", "churn", "--path", "x", "--type", ""),
        ("annotate", "churn", "--path", "x", "--label", ""),
        ("hook", "pre-receive", "--actor-env", ""),
        ("apply", "-f", ""),
        ("policy", "--policy-ref", ""),
    ],
)
def test_an_empty_argument_is_refused(words: tuple[str, ...], clone: Path) -> None:
    """It is usually a variable that was not set."""
    run("assign", "churn", "--stage", "dev", at=clone)
    before = tags(clone)
    assert "it is empty" in run(*words, at=clone, code=2).errors
    assert tags(clone) == before
    assert git("-C", str(clone), "status", "--porcelain") == ""


def test_what_is_created_is_printed(clone: Path) -> None:
    assert run("register", "churn", at=clone).output == CREATED
    printed = run("promote", "churn", "--stage", "prod", at=clone).output
    assert printed.startswith("Created git tag 'churn#prod#1' that assigns stage to version ")
    assert "    git push origin 'churn#prod#1'\n" in printed
    run("register", "churn", "HEAD~1", "--bump-major", at=clone)
    run("assign", "churn", "--version", "v1.0.0", "--stage", "prod", at=clone)
    assert "to version 'v0.0.1'" in run("rollback", "churn", "prod", at=clone).output
    run("unassign", "churn", "prod", at=clone)
    run("deregister", "churn", "v1.0.0", at=clone)
    assert run("deprecate", "churn", at=clone).output.startswith(
        "Created git tag 'churn@deprecated' that deprecates artifact\n"
    )
    history = json.loads(run("history", "churn", "--json", at=clone).output)
    assert [entry["event"] for entry in history] == [
        "deprecation", "deregistration", "unassignment", "assignment",
        "assignment", "registration", "assignment", "registration",
    ]  # fmt: skip
    deleted = run("deprecate", "churn", "--delete", "--force", at=clone).output
    assert deleted.count("Deleted git tag ") == len(history)
    assert tags(clone) == []


def test_a_tag_has_the_tagger_the_message_and_a_time(clone: Path) -> None:
    date = "2026-03-01T12:00:00+0200"
    run(
        "register",
        "churn",
        "-m",
        "A model\n\nof March",
        at=clone,
        variables={"GIT_COMMITTER_DATE": date},
    )
    form = "--format=%(taggername) %(taggeremail) %(taggerdate:iso)|%(contents)"
    shown = git("-C", str(clone), "for-each-ref", form, "refs/tags")
    assert shown == "Ann Lee <ann@example.org> 2026-03-01 12:00:00 +0200|A model\n\nof March"


def test_the_inputs_of_apply_are_variables_at_a_terminal_too(clone: Path, remote: Path) -> None:
    events = {"INPUT_EVENTS": "register churn"}
    run("run", "--action", "apply", at=clone, variables=events)
    assert tags(remote) == ["churn@v0.0.1"]


@pytest.mark.parametrize(
    "message",
    [
        b"not \xff UTF-8",
        b"\xc3\xbc",
        b"a\n-----BEGIN SSH SIGNATURE-----\nb",
        b"a\n\n-----BEGIN PGP SIGNATURE-----\n",
        b"  x\n",
    ],
)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_the_message_is_printed_as_it_is_read(message: bytes, locale: str, clone: Path) -> None:
    where = {**WHO, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = ("register", "churn", "-m", os.fsdecode(message), "--json")
    printed = ask_process(*words, directory=clone, environment=where)
    read = run("check-ref", "churn@v0.0.1", "--format", "json", at=clone).output
    assert json.loads(printed.output)[0]["message"] == json.loads(read)["message"]


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_a_locale_with_ascii_alone_changes_no_text(clone: Path) -> None:
    annotation = ("annotate", "churn", "--path", "größe", "--custom", '{"é": "日本"}')
    assert ask_process(*annotation, directory=clone, environment=ASCII).code == 0
    git("-C", str(clone), "add", ".")
    git("-C", str(clone), "-c", "user.name=A", "-c", "user.email=a@x", "commit", "-qm", "x")
    run("register", "churn", "-m", "größe 日本", at=clone)
    latin = {"PYTHONIOENCODING": "latin-1"}
    env = ("check-ref", "churn@v0.0.1", "--format", "env")
    commands: list[tuple[Sequence[str], Mapping[str, str]]] = [
        (("run", "--no-fetch", "churn@v0.0.1"), ASCII),
        (env, ASCII),
        (env, latin),  # for a program, and not for a terminal
    ]
    for words, environment in commands:
        shown = ask_process(*words, directory=clone, environment=environment)
        assert "größe 日本" in shown.output, shown


def test_json_is_what_a_step_reports(clone: Path) -> None:
    printed = json.loads(run("assign", "churn", "--stage", "prod", "--json", at=clone).output)
    assert [event["tag"] for event in printed] == ["churn@v0.0.1", "churn#prod#1"]
    for event in printed:
        form = ("check-ref", event["tag"], "--format", "json")
        assert json.loads(run(*form, at=clone).output) == event


def test_a_dry_run_creates_nothing(clone: Path) -> None:
    result = run("assign", "churn", "--stage", "prod", "--dry-run", at=clone)
    assert result.output == (
        "Would create git tag 'churn@v0.0.1' that registers version\n"
        "Would create git tag 'churn#prod#1' that assigns stage to version 'v0.0.1'\n"
    )
    assert tags(clone) == []
    run("register", "churn", at=clone)
    delete = run("deprecate", "churn", "--delete", "--dry-run", at=clone)
    assert delete.output == "Would delete git tag 'churn@v0.0.1'\n"
    assert tags(clone) == ["churn@v0.0.1"]


def test_nothing_to_do_is_said_on_standard_error(clone: Path) -> None:
    run("register", "churn", at=clone)
    result = run("register", "churn", "--if-needed", at=clone)
    assert (result.output, result.errors) == (
        "", "nothing to do: the registry is as requested\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ("register 'a b'", 1, "'a b' is not a name that tags can hold"),
        ("register a --version 1.0", 1, "version '1.0' is not valid"),
        ("register a nope", 1, "there is no commit 'nope' in the checkout in "),
        ("assign a --stage other", 1, "the stage other is not allowed; allowed are: dev, prod"),
        ("assign a --stage 'x y'", 1, "the stage x y is not allowed"),
        ("assign a", 2, "Missing option '--stage'"),
        ("register", 2, "Missing argument 'NAME'"),
        ("register a --bump-minor --bump-major", 1, "exclude each other"),
        ("register a -r nowhere", 1, "there is no directory nowhere"),
        ("register a --remote there -r file:///nowhere", 1, "--repo is a URL"),
        ("apply -f nowhere", 1, "nowhere can't be read: No such file or directory"),
        ("apply -f empty", 1, "there is no request"),
        ("apply -f binary", 1, "line 2: binary is not text in UTF-8"),
        ("apply -f null", 1, "line 1: null has a null character"),
        ("apply -f wrong", 1, "line 7: Version 'v9.0.0' is not registered"),
        ("apply -f forbidden", 1, "line 2: the stage other is not allowed"),
        ("apply -f unknown", 1, "line 2: there is no commit 'nope'"),
        ("apply -f .", 1, "Is a directory"),
    ],
)
def test_bad_input_is_one_sentence_and_creates_nothing(
    words: str, code: int, reason: str, clone: Path
) -> None:
    (clone / ".gto").write_text("stages: [dev, prod]\n")
    lines = [f"register m{number}" for number in range(20)]
    lines[6] = "assign a --version v9.0.0 --stage dev"
    files = {
        "empty": "",
        "null": "register a\0",
        "wrong": "\n".join(lines),
        "forbidden": "register b\nassign b --stage other\n",
        "unknown": "register b\nregister c nope\n",
    }
    for name, content in files.items():
        (clone / name).write_text(content)
    (clone / "binary").write_bytes(b"register a\n\xff\xfe\n")
    result = run(*shlex.split(words), at=clone, code=code)
    assert result.output == ""
    assert reason in result.errors
    assert result.errors.count("\n") == 1
    assert tags(clone) == []


def test_an_unborn_head_has_no_commit(tmp_path: Path) -> None:
    git("init", "--quiet", str(tmp_path))
    result = run("register", "a", at=tmp_path, code=1)
    assert "there is no commit 'HEAD' in the checkout in " in result.errors


def test_a_dirty_work_tree_is_no_obstacle(clone: Path) -> None:
    (clone / "model.pkl").write_text("changed")
    run("register", "churn", at=clone)
    assert tags(clone) == ["churn@v0.0.1"]


_WHAT = ("NAME", "EMAIL")


def test_without_an_identity_the_error_says_how_to_set_one(clone: Path) -> None:
    nobody = {f"GIT_{who}_{what}": "" for who in ("AUTHOR", "COMMITTER") for what in _WHAT}
    result = run("register", "churn", at=clone, code=1, variables={**nobody, "EMAIL": ""})
    assert "set user.name and user.email" in result.errors
    assert tags(clone) == []


@pytest.mark.parametrize("push", [[], ["--push"]], ids=["here", "pushed"])
def test_in_a_run_the_tagger_is_its_actor(push: list[str], clone: Path) -> None:
    nobody = {f"GIT_{who}_{what}": "" for who in ("AUTHOR", "COMMITTER") for what in _WHAT}
    run_of = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "dependabot[bot]",
        "GITHUB_ACTOR_ID": "49699333",
        "GITHUB_SERVER_URL": "https://github.example.org",
    }
    run("register", "churn", *push, at=clone, variables={**nobody, "EMAIL": "", **run_of})
    form = "--format=%(taggername) %(taggeremail)"
    assert git("-C", str(clone), "for-each-ref", form, "refs/tags") == (
        "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.example.org>"
    )
    git("-C", str(clone), "tag", "-d", "churn@v0.0.1")
    wrong = {**run_of, "GITHUB_ACTOR": "a <b>"}
    refused = run("register", "x", at=clone, code=1, variables={**nobody, "EMAIL": "", **wrong})
    assert "set user.name and user.email" in refused.errors


@pytest.mark.parametrize("behind", [240, 86_400])
def test_a_clock_that_is_behind(behind: int, clone: Path) -> None:
    """Replay gives the order in which events were made, or nothing is made."""
    run("register", "churn", at=clone)
    now = int(git("-C", str(clone), "for-each-ref", "--format=%(taggerdate:unix)", "refs/tags"))
    git("-C", str(clone), "tag", "-d", "churn@v0.0.1")
    ahead = {"GIT_COMMITTER_DATE": f"@{now + behind} +0000"}
    run("register", "churn", at=clone, variables=ahead)
    late = behind > 300
    result = run("assign", "churn", "--stage", "prod", at=clone, code=int(late))
    if late:
        assert "tag 'churn@v0.0.1' is of " in result.errors
        run("assign", "churn", "--stage", "prod", "--allow-future", at=clone)
    history = json.loads(run("history", "churn", "--json", "--asc", at=clone).output)
    assert [entry["event"] for entry in history] == ["registration", "assignment"]


def test_fifty_events_in_one_second_are_replayed_as_they_were_made(clone: Path) -> None:
    lines = [f"assign churn HEAD~{number % 9} --stage prod --force" for number in range(50)]
    (clone / "lines").write_text("\n".join(lines))
    run("apply", "-f", "lines", at=clone)
    history = json.loads(run("history", "churn", "--json", "--asc", at=clone).output)
    assigned = [entry for entry in history if entry["event"] == "assignment"]
    expected = [git("-C", str(clone), "rev-parse", f"HEAD~{number % 9}") for number in range(50)]
    assert [entry["commit"] for entry in assigned] == expected


def test_reading_imports_nothing_that_only_writing_needs(clone: Path) -> None:
    script = (
        "import sys; from gto_action.cli.app import main; main(sys.argv[1:]); "
        "print({'git', 'github', 'gto_action.git.push'} & set(sys.modules))"
    )
    run("register", "churn", at=clone)
    for words in (["show"], ["check-ref", "churn@v0.0.1"], ["register", "churn", "--if-needed"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *words],
            cwd=clone,
            env={**terminal_environment(), **WHO, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        shown = done.stdout.splitlines()[-1]
        assert "'git'" not in shown
        assert "github" not in shown


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("register a\nregister b --help", "line 2: No such option '--help'"),
        (
            "deregister old v1.0.0 --delete\nregister old --version v1.0.0",
            "line 2: tag 'old@v1.0.0' is deleted before",
        ),
        ("register a HEAD:model.pkl", "line 1: there is no commit 'HEAD:model.pkl' in "),
    ],
)
def test_lines_that_cannot_be_fulfilled_together(lines: str, reason: str, clone: Path) -> None:
    run("register", "old", "--version", "v1.0.0", at=clone)
    (clone / "lines").write_text(lines)
    result = run("apply", "-f", "lines", at=clone, code=1)
    assert reason in result.errors
    assert tags(clone) == ["old@v1.0.0"]


def test_a_tag_that_a_later_line_deletes_is_not_made(clone: Path) -> None:
    (clone / "lines").write_text("register a\nderegister a v0.0.1 --delete\nregister b\n")
    assert "a@v0.0.1" not in run("apply", "-f", "lines", at=clone).output
    assert tags(clone) == ["b@v0.0.1"]


def test_a_stage_that_is_not_listed_may_be_left(clone: Path) -> None:
    run("assign", "churn", "--stage", "old", at=clone)
    (clone / ".gto").write_text("stages: [dev]\n")
    run("unassign", "churn", "old", at=clone)
    assert "churn#old!#2" in tags(clone)


def test_a_tagger_that_is_not_utf_8(clone: Path) -> None:
    name = {"GIT_COMMITTER_NAME": "J\udcf6rg"}
    printed = run("register", "churn", "--json", at=clone, variables=name).output
    assert json.loads(printed)[0]["tag"] == "churn@v0.0.1"


def test_a_setting_of_signatures_that_is_no_boolean(clone: Path) -> None:
    git("-C", str(clone), "config", "tag.gpgSign", "maybe")
    result = run("register", "churn", at=clone, code=1)
    assert "tag.gpgSign is neither true nor false" in result.errors
    git("-C", str(clone), "config", "--unset", "tag.gpgSign")  # with it `git tag` does nothing
    assert tags(clone) == []


@pytest.mark.parametrize(
    ("line", "reason", "made"),
    [
        ("register churn >/dev/full", "the change was made, and could not be printed: churn", 1),
        ("register churn --dry-run >/dev/full", "could not write to standard output", 0),
        ("apply <&-", "standard input is closed", 0),
        ("hook pre-receive <&-", "standard input is closed", 0),
    ],
)
def test_streams_that_are_full_or_closed(line: str, reason: str, made: int, clone: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m gto_action {line}"],
        cwd=clone,
        env={**terminal_environment(), **WHO},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, reason in done.stderr) == (1, True), done
    assert len(tags(clone)) == made


def test_the_commands_of_gto_write_what_they_read(clone: Path) -> None:
    """A deletion takes exactly the tags that it names."""
    run("assign", "churn", "--stage", "a", at=clone)
    run("assign", "churn", "--stage", "b", at=clone)
    kept = objects(clone)
    run("deprecate", "churn", "v0.0.1", "b", "--delete", at=clone)
    del kept["churn#b#2"]
    assert objects(clone) == kept
