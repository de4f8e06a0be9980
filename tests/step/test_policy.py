"""The step under a policy: that of the remote's default branch, whatever is at the tag."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from testkit.step import Result
from tests.conftest import Pushed

ORDER = "policy: {order: [dev, prod]}\n"
ACTORS = "policy: {stages: {prod: {actors: [alice]}}}\n"
TAG = "churn#prod#2"


def _remote(path: Path, policy: str | None, *, at_tag: str | None = None) -> Path:
    """Build a registry whose version is in prod; .gto is at the head, and perhaps at the tag."""
    builder = Builder(path)
    first = builder.commit({"churn.pkl": "1", **({".gto": at_tag} if at_tag else {})})
    builder.tag("churn@v1.0.0", first)
    builder.tag(TAG, first)
    if policy is not None:
        builder.commit({".gto": policy})
    return builder.build()


def _violations(result: Result) -> list[str]:
    violations: list[str] = json.loads(result.outputs["violations"])
    return violations


@pytest.mark.parametrize("policy", [None, "stages: [prod]\n"])
def test_without_a_policy_all_is_allowed(
    policy: str | None, pushed: Pushed, tmp_path: Path
) -> None:
    result = pushed(_remote(tmp_path / "remote", policy), TAG).run()
    assert result.code == 0, result.log
    outputs = result.outputs
    assert (outputs["allowed"], outputs["violations"], outputs["overridden"]) == (
        "true",
        "[]",
        "false",
    )


def test_a_violation_fails_the_step_after_the_outputs_are_set(
    pushed: Pushed, tmp_path: Path
) -> None:
    result = pushed(_remote(tmp_path / "remote", ORDER), TAG).run(summary=True)
    sentence = (
        "order: v1.0.0 is not in dev, where a version of churn has to be before prod: assign it "
        "there first"
    )
    assert (result.code, _violations(result)) == (12, [sentence])
    assert f"::error::the policy refuses {TAG}: {sentence}" in result.log
    assert (result.outputs["event"], result.outputs["allowed"]) == ("assignment", "false")
    assert sentence.replace("-", "&#45;")[:20] in result.summary.replace("-", "&#45;")
    assert result.json()["violations"] == [sentence]


@pytest.mark.parametrize(("policy", "allowed"), [("report", "false"), ("off", "true")])
def test_the_input_policy(policy: str, allowed: str, pushed: Pushed, tmp_path: Path) -> None:
    result = pushed(_remote(tmp_path / "remote", ORDER), TAG).run(policy=policy)
    assert (result.code, result.outputs["allowed"]) == (0, allowed), result.log


def test_another_value_of_the_input_is_an_error(demo_remote: Path, pushed: Pushed) -> None:
    result = pushed(demo_remote, "churn@v1.1.0").run(policy="maybe")
    assert (result.code, "the input policy is 'maybe': write enforce" in result.log) == (2, True)


def test_a_refused_event_is_not_pulled(pushed: Pushed, tmp_path: Path) -> None:
    result = pushed(_remote(tmp_path / "remote", ORDER), TAG).run(pull=True)
    assert (result.code, result.outputs["pulled"]) == (12, "false")


def test_no_policy_is_smuggled_in(pushed: Pushed, tmp_path: Path) -> None:
    """Neither by the tagged commit, the checkout, a variable nor a branch of a similar name."""
    remote = _remote(tmp_path / "remote", ORDER, at_tag="policy: {override: true}\n")
    workspace = pushed(remote, TAG)
    (workspace.checkout / ".gto").write_text("policy: {order: [prod]}\n")
    sha = git("-C", str(remote), "rev-parse", f"{TAG}^{{commit}}")
    for name in ("refs/heads/HEAD", "refs/heads/refs/heads/main", "refs/tags/main"):
        git("-C", str(remote), "update-ref", name, sha)
    variables = {"GTO_STAGES": '["prod"]', "GTO_POLICY": "{}", "GTO_ORDER": "[]"}
    result = workspace.run(variables)
    assert (result.code, len(_violations(result))) == (12, 1), result.log


def test_a_tag_is_neither_a_branch_nor_the_head(pushed: Pushed, tmp_path: Path) -> None:
    """Anyone who may push tags could write the policy."""
    remote = _remote(tmp_path / "remote", ORDER)
    sha = git("-C", str(remote), "rev-parse", f"{TAG}^{{commit}}")
    workspace = pushed(remote, TAG)
    for name in ("refs/tags/main", "refs/tags/HEAD", "refs/heads/HEAD"):
        git("-C", str(remote), "update-ref", name, sha)
    for ref in ("", "main", "HEAD", "refs/heads/main"):
        assert workspace.run(policy_ref=ref).code == 12, ref
    git("-C", str(remote), "symbolic-ref", "HEAD", "refs/heads/gone")
    result = workspace.run()
    assert "lacks the default branch" in _violations(result)[0]


def test_a_list_beside_the_policy_is_not_overridden(pushed: Pushed, tmp_path: Path) -> None:
    remote = _remote(tmp_path / "remote", "stages: [dev]\npolicy: {}\n")
    result = pushed(remote, TAG).run({"GTO_STAGES": '["prod"]'})
    assert _violations(result) == ["stages: prod is not a stage of .gto; they are: dev"]


@pytest.mark.parametrize(
    ("actor", "event", "code"),
    [("alice", "push", 0), ("mallory", "push", 12), ("alice", "workflow_dispatch", 12)],
)
def test_the_actor_is_who_pushed_the_tag(
    actor: str, event: str, code: int, pushed: Pushed, tmp_path: Path
) -> None:
    workspace = pushed(_remote(tmp_path / "remote", ACTORS), TAG)
    run = {"GITHUB_ACTOR": actor, "GITHUB_EVENT_NAME": event, "GITHUB_TRIGGERING_ACTOR": "alice"}
    assert workspace.run(run).code == code
    elsewhere = {"GITHUB_SERVER_URL": "https://h.example", "GITHUB_REPOSITORY": "org/other"}
    of_other = workspace.run({**run, **elsewhere, "INPUT_PATH": str(workspace.checkout)})
    assert (of_other.code, "is not known here" in of_other.log) == (12, True)
    other = workspace.run({**run, "GITHUB_REF": "refs/tags/other"}, ref=TAG)
    assert (other.code, "is not known here" in other.log) == (12, True)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("policy: {ordr: []}\n", "policy: .gto, line 1: policy has an unknown key 'ordr'"),
        ("policy: [\n", "policy: .gto, line 2: it is not valid YAML"),
        ("policy: {signers: keys}\n", "policy: keys: it is not there, and the policy"),
    ],
)
def test_a_policy_that_is_broken_allows_nothing(
    policy: str, sentence: str, pushed: Pushed, tmp_path: Path
) -> None:
    result = pushed(_remote(tmp_path / "remote", policy), TAG).run()
    assert result.code == 12
    assert _violations(result)[0].startswith(sentence), result.log


def test_a_default_branch_that_is_missing_allows_nothing(pushed: Pushed, tmp_path: Path) -> None:
    remote = _remote(tmp_path / "remote", ORDER)
    git("-C", str(remote), "symbolic-ref", "HEAD", "refs/heads/gone")
    workspace = pushed(remote, TAG)
    result = workspace.run()
    assert result.code == 12
    assert "lacks the default branch, which has the policy" in _violations(result)[0]
    named = workspace.run(policy_ref="refs/heads/main")
    assert _violations(named)[0].startswith("order: ")
    gone = workspace.run(policy_ref="refs/heads/gone")
    assert "lacks the ref refs/heads/gone" in _violations(gone)[0]


def test_without_a_fetch_no_policy_is_known(pushed: Pushed, tmp_path: Path) -> None:
    remote = _remote(tmp_path / "remote", ORDER)
    workspace = pushed(remote, TAG)
    result = workspace.run(fetch=False, lightweight=True)
    assert (result.code, "no policy was applied" in result.log) == (0, True), result.log
    here = ("-C", str(workspace.checkout))
    git(*here, "fetch", "--quiet", "origin", "main:refs/remotes/origin/main")
    git(*here, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert workspace.run(fetch=False, lightweight=True).code == 12
    gone = workspace.run(fetch=False, lightweight=True, policy_ref="refs/heads/gone")
    assert (gone.code, "lacks the ref refs/heads/gone" in gone.log) == (12, True)


def test_a_commit_has_to_be_on_a_branch(pushed: Pushed, tmp_path: Path) -> None:
    builder = Builder(tmp_path / "remote")
    first = builder.commit({".gto": "policy: {branches: [main, 'release/*']}\n"})
    builder.tag("churn@v1.0.0", first)
    side = builder.commit({"x": "y"}, branch="wip", after=first)
    builder.tag("churn@v1.1.0", side)
    release = builder.commit({"x": "z"}, branch="release/1", after=side)
    builder.tag("churn@v1.2.0", release)
    other = builder.commit({"x": "w"}, branch="refs/heads/main", after=first)
    builder.tag("churn@v1.3.0", other)
    workspace = pushed(builder.build(), "churn@v1.0.0")
    results = {
        version: workspace.run(ref=f"churn@{version}").code
        for version in ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0")
    }
    assert results == {"v1.0.0": 0, "v1.1.0": 0, "v1.2.0": 0, "v1.3.0": 12}


def test_an_override_is_reported(pushed: Pushed, tmp_path: Path) -> None:
    builder = Builder(tmp_path / "remote")
    first = builder.commit({".gto": "policy: {order: [dev, prod], override: true}\n"})
    builder.tag("churn@v1.0.0", first)
    builder.tag(TAG, first, "now\n\nGto-Override: the model in prod is on fire")
    result = pushed(builder.build(), TAG).run()
    assert result.code == 0, result.log
    assert (result.outputs["allowed"], result.outputs["overridden"]) == ("true", "true")
