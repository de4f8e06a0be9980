"""`gto-action policy`, `policy check` and `doctor`: the policy, and what stands against it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testkit.repositories import Builder
from tests.terminal.harness import answer, ask

POLICY = """\
policy:
  order: [dev, prod]
  require: [registration]
  branches: [main]
  override: {actors: [alice]}
  stages:
    prod:
      after: 24h
      actors: [alice]
      signed: [a@x]
      only-newer: true
      freeze: [2026-12-20/2026-12-24]
  artifacts:
    segment: {stages: {prod: {from: [test], after: 30m, rollback: false}}}
"""


@pytest.fixture
def remote(tmp_path: Path) -> str:
    builder = Builder(tmp_path / "models.git")
    first = builder.commit({".gto": "policy: {order: [dev, prod]}\n"})
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn#prod#1", first)
    builder.tag("churn#dev#2", first)
    builder.tag("churn#prod#3", first)
    builder.tag("segment#prod#1", builder.commit({"x": "x"}))
    return Path(builder.build()).as_uri()


def test_the_policy_of_each_artifact(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    commit = builder.commit({".gto": POLICY})
    for name in ("churn", "segment"):
        builder.tag(f"{name}@v1.0.0", commit)
    assert answer("policy", "-r", Path(builder.build()).as_uri()) == (
        "churn\n"
        "  an assignment needs a registered version\n"
        "  commits are in the branches main\n"
        "  dev: free\n"
        "  prod: from dev, after 1d, by alice, signed by a@x, only newer versions, "
        "frozen in 2026-12-20/2026-12-24\n"
        "  override: by alice\n"
        "segment\n"
        "  an assignment needs a registered version\n"
        "  commits are in the branches main\n"
        "  dev: free\n"
        "  prod: from test, after 30m, by alice, signed by a@x, only newer versions, no rollback, "
        "frozen in 2026-12-20/2026-12-24\n"
        "  override: by alice\n"
    )


def test_what_stands_against_it(remote: str) -> None:
    sentence = "order: v1.0.0 is not in dev, where a version of churn has to be before prod"
    assert f"\n  churn#prod#1 is against it: {sentence}" in answer("policy", "-r", remote)
    result = ask("policy", "check", "churn#prod#1", "churn#dev#2", "churn#prod#3", "-r", remote)
    assert result.code == 12
    assert result.output.splitlines() == [
        f"churn#prod#1: {sentence}: assign it there first",
        "churn#dev#2: allowed",
        "churn#prod#3: allowed",
    ]
    missing = ask("policy", "check", "churn#prod#9", "-r", remote)
    assert (missing.code, "there is no event 'churn#prod#9'" in missing.errors) == (1, True)


def test_doctor_reports_what_is_in_a_stage_against_the_policy(remote: str) -> None:
    result = ask("doctor", "--json", "-r", remote)
    found = {
        (each["subject"], each["severity"])
        for each in json.loads(result.output)
        if each["kind"] == "policy"
    }
    assert found == {("churn#prod#1", "warning"), ("segment#prod#1", "error")}


def test_without_a_policy(demo_remote: Path) -> None:
    assert answer("policy", "-r", demo_remote.as_uri()) == (
        "there is no policy: everything is allowed\n"
    )


def test_a_policy_that_is_broken(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    builder.tag("churn@v1.0.0", builder.commit({".gto": "policy: {ordr: []}\n"}))
    url = Path(builder.build()).as_uri()
    result = ask("policy", "-r", url)
    assert (result.code, "unknown key 'ordr'" in result.errors) == (12, True)
    assert "error: .gto: .gto, line 1: policy has an unknown key" in ask("doctor", "-r", url).output
