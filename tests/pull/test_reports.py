"""What the step reports of a download, and of where an artifact is stored."""

from __future__ import annotations

from pathlib import Path

from testkit.dvc_projects import MODEL_MD5, Dvc, annotate, commit_and_tag, pull, pushed_object
from testkit.repositories import git
from testkit.step import Workspace
from tests.terminal.harness import answer, ask

OBJECT = f"files/md5/{MODEL_MD5[:2]}/{MODEL_MD5[2:]}"


def test_the_summary_and_the_log_report_a_pull_once(model: Workspace, dvc: Dvc) -> None:
    result = pull(model, dvc, summary="true", storage_url="true")
    assert (result.code, result.outputs["pulled"]) == (0, "true")
    assert "| pulled | true |" in result.summary
    assert '| files | &#91;"models/churn.pkl"&#93; |' in result.summary
    assert result.summary.count("**Current**") == 1
    assert result.log.count("::group::Outputs") == 1
    assert result.log.count("\npulled=") == result.log.count("\npulled=true\n") == 1
    stored = str(pushed_object(model.root))
    assert result.outputs["storage-url"] == stored
    assert stored.endswith(OBJECT)
    assert result.json()["storage-url"] == stored


def test_a_pull_that_fails_is_reported_with_the_event(model: Workspace, dvc: Dvc) -> None:
    pushed_object(model.root).unlink()
    result = pull(model, dvc, summary="true")
    assert (result.code, result.outputs["pulled"]) == (11, "false")
    assert "| pulled | false |" in result.summary
    assert result.log.count("::group::Outputs") == 1


def test_a_summary_that_cannot_be_written_leaves_the_pulled_file_and_its_outputs(
    model: Workspace, dvc: Dvc
) -> None:
    environment = {**dvc.path, "GITHUB_STEP_SUMMARY": "/nowhere"}
    result = model.run(environment, pull=True, summary=True)
    assert (result.code, result.outputs["pulled"]) == (8, "true")


def test_a_url_needs_neither_dvc_nor_a_pull(model: Workspace) -> None:
    result = model.run({"PATH": "/usr/bin:/bin"}, storage_url=True)
    assert (result.code, result.outputs["pulled"]) == (0, "false")
    assert result.outputs["storage-url"] == str(pushed_object(model.root))
    assert "::notice" not in result.log
    assert model.run(storage_url=False).outputs["storage-url"] == ""


def test_a_url_that_is_not_known_is_empty_with_a_notice(model: Workspace) -> None:
    remote = model.root / "remote"
    annotate(remote, plain="artifacts.yaml", lone="nowhere.pkl")
    commit_and_tag(remote, "plain@v1.0.0", "lone@v1.0.0", "none@v1.0.0")
    result = model.run(storage_url=True, ref="plain@v1.0.0")
    assert (result.code, result.outputs["storage-url"]) == (0, "")
    notice = "::notice::the output storage-url is empty: artifacts.yaml is in Git, not in a storage"
    assert notice in result.log
    without = model.run(storage_url=True, ref="none@v1.0.0")
    assert (without.code, without.outputs["storage-url"]) == (0, "")
    assert "storage-url is empty: no annotation gives a path for none" in without.log
    lost = model.run(storage_url=True, ref="lone@v1.0.0")
    assert (lost.code, lost.outputs["storage-url"]) == (0, "")
    assert "::notice::the output storage-url is empty: " in lost.log


def test_describe_prints_the_same(model: Workspace, tmp_path: Path) -> None:
    stored = str(pushed_object(model.root))
    clone = tmp_path / "clone"
    git("clone", "--quiet", str(model.root / "remote"), str(clone))
    here = answer("describe", "churn@latest", "--url", "-r", model.checkout)
    assert here == f"{stored}\n"
    url = (model.root / "remote").as_uri()
    by_url = ask("describe", "churn@latest", "--url", "-r", url)
    # the remote is relative to a checkout, and there is none
    assert (by_url.code, by_url.output) == (1, "")
    assert "it is not known where models/churn.pkl is stored: " in by_url.errors
    assert by_url.errors.count("\n") == 1
