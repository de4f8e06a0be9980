"""Refs that are and are not events, inputs, and the errors of wrong ones."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gto_action.reporting.outputs import Outputs
from testkit.demo_registry import build_demo
from testkit.repositories import Builder, git
from testkit.servers import http_server
from testkit.step import AS_A_PROCESS, Workspace
from tests.conftest import Pushed

OUTPUTS = (*Outputs().values(), "json")
TAG = "churn#prod#3"
SECRET = "ghs_not-a-real-token"  # noqa: S105


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("refs/heads/main", "refs/heads/main is not a tag"),
        ("refs/pull/7/merge", "refs/pull/7/merge is not a tag"),
        ("refs/tags/release-2026-03", "tag 'release-2026-03' is not a registry tag"),
        ("release-2026-03", "tag 'release-2026-03' is not a registry tag"),
        ("refs/tags/churn@v1.0", "tag 'churn@v1.0' is not a registry tag"),
    ],
)
@pytest.mark.parametrize("reports", [True, False])
def test_a_ref_that_is_no_event_leaves_every_output_empty(
    ref: str, reason: str, reports: bool, demo_remote: Path, pushed: Pushed
) -> None:
    workspace = pushed(demo_remote, TAG)
    pushed_ref = Workspace(workspace.root, ref, workspace.sha)
    result = pushed_ref.run(show=reports, history=reports, summary=reports)
    assert (result.code, result.outputs) == (0, dict.fromkeys(OUTPUTS, ""))
    assert reason in result.log
    assert ("churn#prod#3" in result.log) == reports
    assert ("Registry" in result.summary) == reports


@pytest.mark.parametrize("reports", [True, False])
@pytest.mark.parametrize("prints", [True, False])
def test_print_outputs_on_a_branch(
    prints: bool, reports: bool, demo_remote: Path, pushed: Pushed
) -> None:
    workspace = pushed(demo_remote, TAG)
    on_branch = Workspace(workspace.root, "refs/heads/main", workspace.sha)
    result = on_branch.run(show=reports, print_outputs=prints)
    assert (result.code, result.outputs) == (0, dict.fromkeys(OUTPUTS, ""))
    lines = result.log.splitlines()
    assert ("::group::Outputs" in lines) == prints
    printed = {line.removesuffix("=") for line in lines if line.endswith("=")}
    assert printed == (set(OUTPUTS) if prints else set())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_the_log_is_utf_8_whatever_the_encoding_of_the_standard_output(
    encoding: str, tmp_path: Path, pushed: Pushed
) -> None:
    builder = Builder(tmp_path / "remote.git")
    builder.tag("churn@v1.0.0", builder.commit({"file": "x"}), "Grüße ☃")
    workspace = pushed(builder.build(), "churn@v1.0.0")
    result = workspace.run({"PYTHONIOENCODING": encoding}, show=True)
    assert (result.code, result.outputs["message"]) == (0, "Grüße ☃")
    assert "message=Grüße ☃" in result.log.splitlines()
    assert "│ churn  │ v1.0.0   │" in result.log.splitlines()


def test_a_ref_that_is_no_event_needs_no_repository(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    assert Workspace(tmp_path, "refs/heads/main", "").run().code == 0


@pytest.mark.parametrize("ref", ["segment@v0.1.0", "refs/tags/segment@v0.1.0"])
def test_the_input_ref_wins_over_the_ref_that_triggered_the_run(
    ref: str, demo_remote: Path, pushed: Pushed
) -> None:
    result = pushed(demo_remote, TAG).run(ref=ref)
    assert (result.code, result.outputs["tag"]) == (0, "segment@v0.1.0")


def test_reports_show_the_artifact_first_and_then_the_registry(
    demo_remote: Path, pushed: Pushed
) -> None:
    result = pushed(demo_remote, TAG).run(show=True, history=True, summary=True)
    groups = [line for line in result.log.splitlines() if line.startswith("::group::")]
    titles = ["Versions of churn", "Registry", "History of churn", "History", "Outputs"]
    assert groups == [f"::group::{title}" for title in titles]
    assert result.log.splitlines().count("::endgroup::") == len(groups)
    parts = [
        "### `churn` `v1.0.0` → `v1.1.0` in `prod`",
        "**Current** · by Ben Ode, 2026-01-01 13:00:00+01:00 · tag `churn#prod#3` · commit",
        "Message: Better by two points",
        "```mermaid",
        "#### `churn`",
        "<details><summary>Outputs",
        "<details><summary>Registry",
        "<details><summary>History",
    ]
    positions = [result.summary.find(part) for part in parts]
    assert positions == sorted(positions), parts
    assert positions[0] == 0


@pytest.mark.parametrize("name", ["show", "history", "summary", "print-outputs"])
def test_a_report_that_is_off_is_not_written(name: str, demo_remote: Path, pushed: Pushed) -> None:
    workspace = pushed(demo_remote, TAG)
    on = {"show": "True", "history": "TRUE", "summary": "true", "print-outputs": "true"}
    environment = {f"INPUT_{item.upper()}": value for item, value in on.items()}
    result = workspace.run({**environment, f"INPUT_{name.upper()}": "False"})
    signs = {
        "show": "::group::Registry" in result.log,
        "history": "::group::History\n" in result.log,
        "summary": result.summary != "",
        "print-outputs": "::group::Outputs" in result.log,
    }
    assert signs == {sign: sign != name for sign in signs}


@pytest.mark.parametrize(
    "name", ["show", "history", "print-outputs", "summary", "fetch", "lightweight"]
)
@pytest.mark.parametrize("value", ["yes", "on", "1", "tRUE"])
def test_a_boolean_that_is_none_fails_with_its_name_and_what_is_allowed(
    name: str, value: str, tmp_path: Path
) -> None:
    (tmp_path / "workspace").mkdir()
    result = Workspace(tmp_path, "refs/heads/main", "").run({f"INPUT_{name.upper()}": value})
    assert (result.code, result.outputs) == (2, {})
    assert f"::error::the input {name} is '{value}': write one of true, True" in result.log


def test_a_token_that_is_too_long_fails(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    result = Workspace(tmp_path, "refs/heads/main", "").run(token="x" * 20_000)
    assert (result.code, result.outputs) == (2, {})
    assert "::error::the input token has more than 10000 characters" in result.log


@pytest.mark.parametrize("name", ["show", "time-limit", "ca-file"])
def test_a_long_value_is_cut_in_the_message(name: str, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    workspace = Workspace(tmp_path, "refs/heads/main", "")
    result = workspace.run({f"INPUT_{name.upper()}": "x" * 100_000})
    assert (result.code, len(result.log) < 1000) == (2, True)


def test_a_tag_that_the_checkout_lacks_and_nothing_fetches(
    demo_remote: Path, pushed: Pushed
) -> None:
    workspace = pushed(demo_remote, TAG)
    result = workspace.run(fetch=False, ref="churn@v9.9.9")
    assert (result.code, "it was never fetched: leave fetch on" in result.log) == (6, True)


@pytest.mark.parametrize("ref", ["two\nlines", "a..b\nc", "refs/heads/x\ny"])
def test_a_line_break_in_a_ref_is_escaped(ref: str, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    result = Workspace(tmp_path, ref, "").run()
    assert (result.code, ref.replace("\n", "\\n") in result.log) == (0, True)


def test_no_ref_at_all_fails(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    result = Workspace(tmp_path, "", "").run()
    assert (result.code, result.outputs) == (2, {})
    assert "there is no ref to interpret" in result.log


@pytest.mark.parametrize("ref", ["churn@v9.9.9", "refs/tags/unknown#prod#1"])
@pytest.mark.parametrize("reports", [True, False])
def test_a_registry_tag_that_does_not_exist_fails(
    ref: str, reports: bool, demo_remote: Path, pushed: Pushed
) -> None:
    result = pushed(demo_remote, TAG).run(ref=ref, show=reports)
    assert (result.code, result.outputs) == (6, {})
    assert f"there is no tag '{ref.removeprefix('refs/tags/')}' in {demo_remote}" in result.log


def test_a_tag_that_was_deleted_from_the_remote_fails(tmp_path: Path, pushed: Pushed) -> None:
    remote = build_demo(tmp_path / "remote.git")
    workspace = pushed(remote, TAG)
    git("-C", str(remote), "update-ref", "-d", f"refs/tags/{TAG}")
    assert workspace.run().code == 6


@pytest.mark.parametrize("fetch", [True, False])
def test_a_moved_tag_fails_the_run_that_it_triggered(
    fetch: bool, demo_remote: Path, tmp_path: Path
) -> None:
    git("clone", "--quiet", str(demo_remote), str(tmp_path / "workspace"))
    old = git("-C", str(demo_remote), "rev-parse", "main~2")
    earlier_tag = git("-C", str(demo_remote), "rev-parse", "refs/tags/churn@v1.0.0")
    for earlier in (old, earlier_tag):
        result = Workspace(tmp_path, f"refs/tags/{TAG}", earlier).run(fetch=fetch)
        assert (result.code, result.outputs) == (7, {})
        assert f"triggered this run at {earlier} and now points to" in result.log
    elsewhere = Workspace(tmp_path, "refs/heads/main", old).run(fetch=fetch, ref=TAG)
    assert (elsewhere.code, elsewhere.outputs["event"]) == (0, "assignment")


@pytest.mark.parametrize("fetch", [True, False])
@pytest.mark.parametrize("peeled", ["", "^{commit}"])
def test_a_run_may_know_the_tag_object_or_the_commit(
    peeled: str, fetch: bool, demo_remote: Path, tmp_path: Path
) -> None:
    git("clone", "--quiet", str(demo_remote), str(tmp_path / "workspace"))
    sha = git("-C", str(demo_remote), "rev-parse", f"refs/tags/{TAG}{peeled}")
    result = Workspace(tmp_path, f"refs/tags/{TAG}", sha).run(fetch=fetch)
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0"), result.log


@pytest.mark.parametrize(
    ("environment", "inputs", "code", "message"),
    [
        ({}, {"fetch": "false"}, 3, "there is no checkout in"),
        ({}, {}, 3, "there is no checkout with a remote here"),
        (
            {"GITHUB_SERVER_URL": "file:///nowhere", "GITHUB_REPOSITORY": "org/models"},
            {},
            5,
            "could not fetch the tags from file:///nowhere/org/models: fatal: ",
        ),
        ({"PATH": "/nowhere"}, {}, 4, "there is no git program on the PATH"),
        ({"GTO_STAGES": "prod"}, {"fetch": "demo"}, 2, "the input fetch is 'demo'"),
    ],
)
def test_a_wrong_input_fails_with_one_sentence(
    environment: dict[str, str], inputs: dict[str, Any], code: int, message: str, tmp_path: Path
) -> None:
    (tmp_path / "workspace").mkdir()
    result = Workspace(tmp_path, f"refs/tags/{TAG}", "").run(environment, **inputs)
    assert (result.code, result.outputs) == (code, {})
    assert result.log.splitlines()[-1].startswith("::error::")
    assert message in result.log.splitlines()[-1]
    assert "Traceback" not in result.log


def test_a_missing_repository_fails_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    with http_server(tmp_path) as server:
        run = {"GITHUB_SERVER_URL": server.url, "GITHUB_REPOSITORY": "org/models"}
        result = Workspace(tmp_path, f"refs/tags/{TAG}", "").run(run, token=SECRET)
    assert (result.code, result.outputs) == (5, {})
    (error,) = result.log.splitlines()
    sentence = f"::error::could not fetch the tags from {server.url}/org/models: fatal: "
    assert error.startswith(sentence)
    assert SECRET not in error


@pytest.mark.parametrize(
    "ref", ["/etc=x@v1.0.0", "a..b=c@v1.0.0", "churn//x@v1.0.0", ".a=c@v1.0.0"]
)
def test_a_name_that_git_allows_for_no_tag_is_no_event(
    ref: str, demo_remote: Path, pushed: Pushed
) -> None:
    result = pushed(demo_remote, TAG).run(ref=ref)
    assert (result.code, set(result.outputs.values())) == (0, {""})
    assert "is not a name that Git allows for a tag" in result.log


@pytest.mark.parametrize(
    "environment",
    [
        {"GIT_CONFIG_COUNT": "garbage"},
        {"GIT_CONFIG_COUNT": "-1"},
        {"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere", "GIT_INDEX_FILE": "/nowhere"},
        {"LANG": "C", "LC_ALL": "C"},
    ],
)
def test_an_odd_environment_does_no_harm(
    environment: dict[str, str], demo_remote: Path, pushed: Pushed
) -> None:
    assert pushed(demo_remote, TAG).run(environment, show=True).code == 0


def test_a_workspace_that_is_not_there_is_no_checkout(demo_remote: Path, tmp_path: Path) -> None:
    server = {"GITHUB_SERVER_URL": str(demo_remote.parent), "GITHUB_REPOSITORY": demo_remote.name}
    workspace = Workspace(tmp_path, f"refs/tags/{TAG}", "")
    assert workspace.run({"GITHUB_WORKSPACE": "/nowhere", **server}).code == 0
    assert workspace.run({"GITHUB_WORKSPACE": "/nowhere"}).code == 3


def test_a_checkout_that_git_cannot_read_is_reported(demo_remote: Path, pushed: Pushed) -> None:
    workspace = pushed(demo_remote, TAG)
    (workspace.checkout / ".git" / "HEAD").write_text("nothing")
    result = workspace.run()
    assert (result.code, result.outputs) == (9, {})
    assert "git can't read the checkout" in result.log


def test_a_failing_summary_leaves_no_output(demo_remote: Path, pushed: Pushed) -> None:
    workspace = pushed(demo_remote, TAG)
    result = workspace.run({"GITHUB_STEP_SUMMARY": "/nowhere"}, summary=True)
    assert (result.code, result.outputs) == (8, {})


def test_a_relative_remote_is_relative_to_the_checkout(tmp_path: Path, pushed: Pushed) -> None:
    workspace = pushed(build_demo(tmp_path / "remote.git"), TAG)
    git("-C", str(workspace.checkout), "remote", "set-url", "origin", "../remote.git")
    assert workspace.run().code == 0


def test_a_symbolic_link_in_the_repository_is_followed(tmp_path: Path, pushed: Pushed) -> None:
    place = tmp_path / "remote"
    git("init", "--quiet", str(place))
    (place / "real").mkdir()
    (place / "real" / "dvc.yaml").write_text("artifacts: {churn: {path: a}}\n")
    (place / "dvc.yaml").symlink_to("real/dvc.yaml")
    (place / "artifacts.yaml").symlink_to("/etc/hostname")
    (place / ".gto").symlink_to("nowhere")
    git("-C", str(place), "add", "--all")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(place), *identity, "commit", "--quiet", "-m", "x")
    git("-C", str(place), *identity, "tag", "-a", "-m", "x", "churn@v1.0.0")
    git("-C", str(place), *identity, "tag", "-a", "-m", "x", "lone@v1.0.0")
    result = pushed(place, "churn@v1.0.0").run(policy="off")
    assert (result.code, result.outputs["path"]) == (0, "a")
    elsewhere = Workspace(tmp_path, "refs/tags/lone@v1.0.0", "").run(policy="off")
    assert (elsewhere.code, elsewhere.outputs["annotation-file"]) == (0, "")


def test_outputs_are_set_if_the_log_cannot_be_written(demo_remote: Path, pushed: Pushed) -> None:
    workspace = replace(pushed(demo_remote, TAG), wrapper=AS_A_PROCESS)
    result = workspace.run(log=Path("/dev/full"), show=True, history=True)
    assert (result.code, result.outputs["event"]) == (0, "assignment")


def test_an_output_file_that_is_missing_fails(demo_remote: Path, pushed: Pushed) -> None:
    workspace = pushed(demo_remote, TAG)
    for path in ("", str(workspace.root / "nowhere" / "output")):
        result = workspace.run({"GITHUB_OUTPUT": path})
        assert (result.code, result.outputs) == (8, {})
        assert "GITHUB_OUTPUT" in result.log


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_fails(demo_remote: Path, pushed: Pushed) -> None:
    result = pushed(demo_remote, TAG).run({"GITHUB_OUTPUT": "/dev/full"})
    assert result.code == 8
    assert "No space left on device" in result.log


def test_a_stage_or_type_that_is_not_allowed_is_a_warning(tmp_path: Path, pushed: Pushed) -> None:
    files = {
        ".gto": "stages: [dev]\ntypes: [dataset]\n",
        "dvc.yaml": "artifacts: {churn: {path: a, type: model}}\n",
    }
    builder = Builder(tmp_path / "remote.git")
    mark = builder.commit(files)
    builder.tag("churn@v1.0.0", mark)
    builder.tag(TAG, mark)
    workspace = pushed(builder.build(), TAG)
    result = workspace.run()
    assert (result.code, result.outputs["stage"]) == (0, "prod")
    assert "::warning::the stage prod is not allowed; allowed are: dev" in result.log
    assert "::warning::the type model is not allowed; allowed are: dataset" in result.log
    allowed = {"GTO_STAGES": '["prod"]', "GTO_TYPES": '["model"]'}
    assert "::warning" not in workspace.run(allowed).log
    assert workspace.run({"GTO_STAGES": ""}).code == 0
    assert workspace.run({"GTO_STAGES": "prod"}).code == 2


@pytest.mark.parametrize(
    ("files", "warning"),
    [
        (
            {"dvc.yaml": "artifacts:\n  churn:\n    path: [\n"},
            "::warning file=dvc.yaml,line=4::dvc.yaml: it is not valid YAML",
        ),
        (
            {"dvc.yaml": "artifacts:\n  churn:\n    type: model\n"},
            "::warning file=dvc.yaml,line=2::dvc.yaml: artifacts.churn.path must be a string",
        ),
        (
            {"dvc.yaml": "artifacts:\n  churn:\n    path: ${nothing}\n"},
            "::warning file=dvc.yaml,line=2::dvc.yaml: ${nothing} refers to nothing",
        ),
        (
            {"artifacts.yaml": "churn:\n  labels: x\n"},
            "::warning file=artifacts.yaml,line=2::artifacts.yaml: churn.labels must be a list",
        ),
        (
            {"dvc.yaml": "artifacts: {}\n", ".gto": "stages: 7\n"},
            "::warning file=.gto,line=1::.gto: stages must be a list of strings",
        ),
    ],
)
def test_a_broken_file_is_a_warning_and_the_event_is_reported(
    files: dict[str, str], warning: str, tmp_path: Path, pushed: Pushed
) -> None:
    builder = Builder(tmp_path / "remote.git")
    builder.tag("churn@v1.0.0", builder.commit(files))
    result = pushed(builder.build(), "churn@v1.0.0").run()
    reported = [result.outputs[name] for name in ("event", "path", "annotation-file")]
    assert (result.code, reported) == (0, ["registration", "", ""])
    assert warning in result.log


def test_one_broken_entry_does_not_take_the_others_with_it(tmp_path: Path, pushed: Pushed) -> None:
    builder = Builder(tmp_path / "remote.git")
    entries = "artifacts:\n  other: 7\n  wrong: {path: '${nothing}'}\n  churn: {path: a/../b}\n"
    builder.tag("churn@v1.0.0", builder.commit({"dvc.yaml": entries, "params.yaml": "["}))
    result = pushed(builder.build(), "churn@v1.0.0").run()
    assert result.outputs["path"] == "b"
    assert "::warning" not in result.log


def test_a_tag_of_a_tag_is_an_event_at_the_commit_below(tmp_path: Path, pushed: Pushed) -> None:
    builder = Builder(tmp_path / "remote.git")
    builder.tag("inner", builder.commit({"a": "1"}))
    remote = builder.build()
    flags = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(remote), *flags, "tag", "-a", "-m", "x", "churn@v1.0.0", "inner")
    workspace = pushed(remote, "churn@v1.0.0")
    result = workspace.run()
    assert (result.outputs["event"], result.outputs["commit"]) == ("registration", workspace.sha)


def test_a_tag_of_a_tree_is_no_event(demo_remote: Path, tmp_path: Path) -> None:
    git("clone", "--quiet", "--bare", str(demo_remote), str(tmp_path / "remote.git"))
    git("clone", "--quiet", str(tmp_path / "remote.git"), str(tmp_path / "workspace"))
    flags = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    remote = str(tmp_path / "remote.git")
    git("-C", remote, *flags, "tag", "-a", "-m", "x", "churn@v7.0.0", "main^{tree}")
    result = Workspace(tmp_path, "refs/tags/churn@v7.0.0", "").run()
    assert (result.code, result.outputs["event"]) == (0, "")
    assert "points to a tree" in result.log
