"""A checkout that lacks tags: a warning on standard error, and the same answer as ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from testkit.runner import clone_as_a_runner
from tests.terminal.harness import Result, answer, ask


def _clone(remote: Path, directory: Path, *options: str) -> Path:
    git("clone", "--quiet", *options, remote.as_uri(), str(directory))
    return directory


def _fetch(directory: Path, tag: str) -> None:
    name = f"refs/tags/{tag}"
    git("-C", str(directory), "fetch", "--quiet", "--no-tags", "origin", f"+{name}:{name}")


def _warns(result: Result, *words: str) -> None:
    (warning,) = result.errors.splitlines()
    assert warning.startswith("warning: ")
    for word in ("registry tags may be missing", *words):
        assert word in warning


QUESTIONS = [
    ["check-ref", "churn#prod#3", "--version"],
    ["check-ref", "churn#prod#3", "--format", "json"],
    ["show"],
    ["show", "churn"],
    ["show", "churn#prod", "--version"],
    ["show", "churn#prod#3", "--json"],
    ["show", "--points-at", "HEAD"],
    ["history", "churn"],
    ["stages", "--used"],
    ["describe", "churn#prod", "--path"],
    ["print-state"],
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_shallow_checkout_without_tags(
    question: list[str], demo_remote: Path, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    clone_as_a_runner(demo_remote.as_uri(), "churn#prod#3", checkout)
    _fetch(checkout, "churn#prod#3")
    result = ask(*question, directory=checkout)
    assert result.code == 0
    _warns(result, "is shallow", f"-r {demo_remote.as_uri()}")


def test_the_answer_itself_is_unchanged(demo_remote: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    commit = clone_as_a_runner(demo_remote.as_uri(), "churn#prod#3", checkout)
    _fetch(checkout, "churn#prod#3")
    result = ask("check-ref", "churn#prod#3", "--version", directory=checkout)
    assert (result.code, result.output) == (0, f"{commit}\n")
    _warns(result)


@pytest.mark.parametrize("question", [*QUESTIONS, ["doctor"]])
def test_a_checkout_whose_remote_has_the_option_no_tags(
    question: list[str], demo_remote: Path, tmp_path: Path
) -> None:
    checkout = _clone(demo_remote, tmp_path / "checkout", "--no-tags")
    _fetch(checkout, "churn#prod#3")
    result = ask(*question, directory=checkout)
    assert result.code == 0
    _warns(result, "--no-tags", f"-r {demo_remote.as_uri()}")


@pytest.mark.parametrize(
    ("question", "warns"),
    [
        (["check-ref", "churn#prod#3", "--version"], True),
        (["check-ref", "churn#prod#3", "--format", "env"], True),
        (["show", "churn#prod", "--version"], True),
        (["show", "churn#prod#3"], True),
        (["describe", "churn#prod", "--path"], True),
        (["get", "churn#prod#3", "--out", "model"], True),
        (["check-ref", "models/nlp=cv-class@v1.0.0", "--version"], False),
        (["show", "models/nlp:cv-class"], False),
        (["show"], False),
        (["history"], False),
    ],
)
def test_a_commit_without_a_version_where_tags_may_be_missing(
    question: list[str], demo_remote: Path, tmp_path: Path, *, warns: bool
) -> None:
    checkout = _clone(demo_remote, tmp_path / "checkout")
    git("-C", str(checkout), "tag", "--delete", "churn@v1.1.0")
    result = ask(*question, directory=checkout)
    assert result.code == 0
    if warns:
        _warns(result, "has no registered version of churn", f"-r {demo_remote.as_uri()}")
    else:
        assert result.errors == ""


def test_a_complete_checkout_has_no_warning(demo_remote: Path, tmp_path: Path) -> None:
    checkout = _clone(demo_remote, tmp_path / "checkout")
    for question in QUESTIONS:
        answer(*question, directory=checkout)


def test_a_repository_without_a_remote_lacks_no_tag(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    builder.tag("churn#prod#1", builder.commit())
    sha = answer("check-ref", "churn#prod#1", "--version", "-r", builder.build())
    assert len(sha) == 41


def test_a_query_that_needs_no_tags_has_no_warning(demo_remote: Path, tmp_path: Path) -> None:
    checkout = _clone(demo_remote, tmp_path / "checkout", "--depth=1", "--no-tags")
    assert answer("describe", "models/nlp:embedding", "--path", directory=checkout) != ""
    assert "shallow" not in ask("check-ref", "main", directory=checkout).errors
    assert answer("show", "--json", "-r", demo_remote.as_uri()) == answer(
        "show", "--json", "-r", demo_remote
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x:secret@github.com/org/models.git", "https://github.com/org/models.git"),
        ("https://secret@github.com/org/models", "https://github.com/org/models"),
        ("ssh://git@github.com/org/models", "ssh://git@github.com/org/models"),
        ("ssh://git:secret@github.com/org/models", "ssh://github.com/org/models"),
        ("git@github.com:org/models.git", "git@github.com:org/models.git"),
        ("", "fetch the tags of the repository"),
    ],
)
def test_the_remote_is_named_without_credentials(
    url: str, shown: str, demo_remote: Path, tmp_path: Path
) -> None:
    checkout = _clone(demo_remote, tmp_path / "checkout", "--depth=1")
    git("-C", str(checkout), "remote", *(["set-url", "origin", url] if url else ["rm", "origin"]))
    result = ask("show", "--json", directory=checkout)
    assert json.loads(result.output) != {}
    _warns(result, shown)
    assert "secret" not in result.errors


def test_a_work_tree_of_a_shallow_checkout(demo_remote: Path, tmp_path: Path) -> None:
    checkout = _clone(demo_remote, tmp_path / "checkout", "--depth=1")
    tree = tmp_path / "tree"
    git("-C", str(checkout), "worktree", "add", "--quiet", "--detach", str(tree))
    _warns(ask("show", directory=tree), "is shallow")


def test_a_step_that_fetches_nothing_warns_too(demo_remote: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    git("clone", "--quiet", "--depth=1", "--no-tags", demo_remote.as_uri(), str(checkout))
    refspec = "refs/tags/churn#prod#3:refs/tags/churn#prod#3"
    git("-C", str(checkout), "fetch", "--quiet", "--no-tags", "origin", refspec)
    result = ask("run", "churn#prod#3", "--no-fetch", directory=checkout)
    assert result.code == 0
    assert "is shallow, so registry tags may be missing: leave fetch on" in result.errors
    assert ask("run", "churn#prod#3", directory=checkout).errors == ""
