"""`show --points-at`: the versions and the stages at a commit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from testkit.servers import http_server
from tests.terminal.harness import answer, ask


def _rows(repo: Path | str, *arguments: str) -> list[list[str]]:
    shown = answer("show", *arguments, "--plain", "-r", repo).splitlines()
    return [line.split() for line in shown[1:]]


def test_the_versions_at_a_commit_are_those_of_all_artifacts(checkout: Path) -> None:
    second = git("-C", str(checkout), "rev-parse", "churn@v1.1.0^{commit}")
    expected = [["churn", "v1.1.0", "prod"], ["models/nlp:cv-class", "v1.0.0", "prod"]]
    for name in (second, second[:9], "churn@v1.1.0", "refs/tags/churn#prod#3", "main~3"):
        assert [row[:3] for row in _rows(checkout, "--points-at", name)] == expected
    message = git("-C", str(checkout), "log", "-1", "--format=%s", second)
    for name in (f":/{message}", f"HEAD^{{/{message}}}"):
        assert [row[:3] for row in _rows(checkout, "--points-at", name)] == expected
    assert [row[-1] for row in _rows(checkout, "--points-at", second)] == [
        "churn@v1.1.0",
        "models/nlp=cv-class@v1.0.0",
    ]


def test_the_commit_that_is_checked_out(checkout: Path) -> None:
    shown = answer("show", "--points-at", "HEAD", directory=checkout)
    assert shown == "Nothing found in the current workspace\n"
    assert answer("show", "--points-at", "HEAD", "--json", directory=checkout) == "[]\n"
    git("-C", str(checkout), "checkout", "--quiet", "churn@v2.0.0-rc.1")
    assert [row[:3] for row in _rows(checkout, "--points-at", "HEAD")] == [
        ["churn", "v2.0.0-rc.1", "dev"]
    ]
    assert (
        answer("show", "--points-at", "HEAD", "--ref", directory=checkout) == "churn@v2.0.0-rc.1\n"
    )
    shown = json.loads(answer("show", "--points-at", "HEAD", "--json", directory=checkout))
    assert [(item["artifact"], item["version"]) for item in shown] == [("churn", "v2.0.0-rc.1")]
    assert [stage["stage"] for stage in shown[0]["stages"]] == ["dev"]


def test_one_artifact_version_or_stage_at_a_commit(checkout: Path) -> None:
    at = ["--points-at", "churn@v1.1.0"]
    assert [row[0] for row in _rows(checkout, "churn", *at)] == ["churn"]
    assert [row[0] for row in _rows(checkout, "models/nlp=cv-class#prod#1", *at)] == [
        "models/nlp:cv-class"
    ]
    assert [row[1] for row in _rows(checkout, "churn#prod", *at)] == ["v1.1.0"]
    assert _rows(checkout, "churn@latest", *at) == []
    assert ask("show", "nope", *at, "-r", checkout).code == 1


def test_inactive_events_are_shown_only_with_the_option(checkout: Path) -> None:
    at = ["--points-at", "churn@v1.0.0"]
    assert _rows(checkout, *at) == []
    assert [row[:2] for row in _rows(checkout, *at, "-d")] == [
        ["churn", "v1.0.0"],
        ["segment", "v0.1.0"],
    ]


def test_a_commit_without_a_version_shows_its_stages(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    builder.tag("churn@v1.0.0", builder.commit())
    builder.tag("churn#prod#1", builder.commit())
    repository = builder.build()
    ((name, version, stage, *_),) = _rows(repository, "--points-at", "HEAD")
    assert (name, stage) == ("churn", "prod")
    assert git("-C", str(repository), "rev-parse", "HEAD").startswith(version)
    assert _rows(repository, "--points-at", "HEAD", "--ro") == []


def test_the_versions_at_a_commit_of_a_url(demo_remote: Path) -> None:
    second = git("-C", str(demo_remote), "rev-parse", "churn@v1.1.0^{commit}")
    with http_server(demo_remote.parent) as server:
        url = f"{server.url}/{demo_remote.name}"
        for name in (second, "churn@v1.1.0"):
            shown = answer("show", "--points-at", name, "--version", "-r", url)
            assert shown == "v1.1.0\nv1.0.0\n"
        shown = answer("show", "churn", "--points-at", second, "--json", "-r", url)
        assert [load["version"] for load in json.loads(shown)] == ["v1.1.0"]
        unknown = ask("show", "--points-at", second[:9], "-r", url)
    assert (unknown.code, "full SHA" in unknown.errors) == (1, True)


@pytest.mark.parametrize("rev", ["no-such-ref", "--all", "HEAD..HEAD"])
def test_a_commit_that_does_not_exist_is_an_error(rev: str, checkout: Path) -> None:
    result = ask("show", f"--points-at={rev}", directory=checkout)
    assert (result.code, result.output, result.errors.count("\n")) == (1, "", 1)
    assert f"there is no commit '{rev}' in " in result.errors


def test_artifacts_without_tags_are_found_at_a_commit_on_request(checkout: Path) -> None:
    found = answer("show", "--points-at", "HEAD", "--discover", "--name", directory=checkout)
    assert found == "*models/nlp:embedding\n"
    named = answer("show", "features", "--points-at", "HEAD", "--name", directory=checkout)
    assert named == "*features\n"
