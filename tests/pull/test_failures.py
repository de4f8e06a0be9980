"""A pull that fails: the event's outputs are set, then one sentence has the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from testkit.dvc_projects import (
    MODEL_MD5,
    Dvc,
    Shop,
    annotate,
    commit_and_tag,
    pull,
    pushed_object,
    reach_stores,
    register_submodule,
    start,
    write,
)
from testkit.repositories import git
from testkit.step import Result, Workspace, full_clone
from tests.conftest import Pulled, Pushed
from tests.terminal.harness import ask


def refused(result: Result, sentence: str) -> None:
    """The event's outputs are set, nothing is pulled, and one sentence has the reason."""
    assert (result.code, result.outputs["event"]) == (11, "registration"), result.log
    assert (result.outputs["pulled"], result.outputs["files"]) == ("false", "[]")
    errors = [line for line in result.log.splitlines() if line.startswith("::error::")]
    assert len(errors) == 1
    assert sentence in errors[0], errors[0]
    assert "Traceback" not in result.log


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "cloud",
            "s3://bucket/model.pkl is a URL, and DVC pulls what it tracks",
        ),
        ("absent", "there is no data/table/absent.csv"),
        ("nowhere", "no .dvc file and no stage at that commit has it as an output"),
    ],
)
def test_a_path_that_nothing_can_be_pulled_for(name: str, sentence: str, pulled: Pulled) -> None:
    workspace, result = pulled(f"{name}@v1.0.0")
    refused(result, sentence)
    assert list(workspace.checkout.rglob(".gto-action*")) == []


def test_an_object_that_was_not_pushed(model: Workspace, dvc: Dvc) -> None:
    pushed_object(model.root).unlink()
    result = pull(model, dvc)
    refused(result, "from the DVC remote store (../../store): DVC does not find it there")
    assert f"(md5: {MODEL_MD5})" in result.log


def test_an_object_that_is_not_what_was_pushed(model: Workspace, dvc: Dvc) -> None:
    stored = pushed_object(model.root)
    stored.chmod(0o644)
    stored.write_text("another model\n")
    stored.chmod(0o444)
    refused(
        pull(model, dvc), "DVC fetched 1 file, and the checkout failed (a file that does not match"
    )
    assert not (model.checkout / "models/churn.pkl").exists()


def test_a_failure_leaves_what_was_there(model: Workspace, dvc: Dvc) -> None:
    write(model.checkout / "models/churn.pkl", "an older one")
    pushed_object(model.root).unlink()
    refused(pull(model, dvc), "DVC does not find it there")
    assert (model.checkout / "models/churn.pkl").read_text() == "an older one"


def test_a_remote_that_is_not_there(model: Workspace, dvc: Dvc) -> None:
    (model.root / "store").rename(model.root / "gone")
    refused(pull(model, dvc), "DVC does not find it there")


CONFIGS = {
    "[core]\n": ".dvc/config names no remote to pull the file from: add one",
    "[core]\nremote = gone\n": ".dvc/config names the remote gone, and has none",
    "['remote \"a\"']\nurl = /a\n": "choose one with dvc-remote (a)",
    "[core\n": ".dvc/config is not a configuration that DVC can read: ",
    "[core]\nremote = a\n['remote \"a\"']\nurl = gdrive://root/x\n": "no plug-in of DVC's for ",
    "[core]\nremote = a\n['remote \"a\"']\nurl = /a\njobs = many\n": "could not pull models/",
}


@pytest.mark.parametrize("config", CONFIGS)
def test_a_configuration_that_leads_nowhere(config: str, model: Workspace, dvc: Dvc) -> None:
    write(model.root / "remote/.dvc/config", config)
    commit_and_tag(model.root / "remote", "churn@v2.0.0")
    refused(pull(model, dvc, ref="churn@v2.0.0"), CONFIGS[config])


def test_a_chosen_remote_that_there_is_not(model: Workspace, dvc: Dvc) -> None:
    refused(
        pull(model, dvc, dvc_remote="backup"), "has no remote backup, which is chosen: it has store"
    )


def test_a_chosen_remote_that_an_output_does_not_use(pulled: Pulled) -> None:
    result = pulled("team=own@v1.0.0", dvc_remote="team")[1]
    refused(result, "DVC fetched nothing, and the checkout failed; the last line of DVC: ")


def test_an_import_whose_source_cannot_be_reached(model: Workspace, dvc: Dvc) -> None:
    remote, source = model.root / "remote", model.root / "source"
    start(dvc, source, str(model.root / "source-store"))
    write(source / "table", "rows\n")
    dvc.do(source, "add", "--quiet", "table")
    commit_and_tag(source)
    dvc.do(source, "push", "--quiet")
    dvc.do(remote, "import", "--quiet", source.as_uri(), "table", "--out", "imported")
    stage = remote / "imported.dvc"
    unreachable = "http://me:secret@127.0.0.1:9/org/private"
    stage.write_text(stage.read_text().replace(source.as_uri(), unreachable))
    annotate(remote, other="imported")
    commit_and_tag(remote, "other@v1.0.0")
    result = pull(model, dvc, ref="other@v1.0.0")
    refused(
        result,
        "could not pull imported, which is imported from http://127.0.0.1:9/org/private: "
        "DVC fetched nothing, and the checkout failed; the last line of DVC: ",
    )
    assert "secret" not in result.log


def test_an_artifact_without_a_path(model: Workspace, dvc: Dvc) -> None:
    annotate(model.root / "remote", other="x")
    commit_and_tag(model.root / "remote", "churn@v2.0.0", "churn@v1.0.0!")
    sentence = "no annotation at churn@v2.0.0 gives a path for churn"
    refused(pull(model, dvc, ref="churn@v2.0.0"), sentence)
    undone = pull(model, dvc, ref="churn@v1.0.0!")
    assert (undone.code, undone.outputs["pulled"]) == (0, "false")


def test_a_path_in_no_project_of_dvc(dvc: Dvc, model: Workspace) -> None:
    shutil.rmtree(model.root / "remote" / ".dvc")
    commit_and_tag(model.root / "remote", "churn@v2.0.0")
    refused(pull(model, dvc, ref="churn@v2.0.0"), "no directory above it is a DVC project")


def test_a_remote_that_is_relative_to_a_checkout_that_is_not(
    shop: Shop, dvc: Dvc, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path, "refs/tags/churn@v1.0.0", "")
    workspace.checkout.mkdir()
    place = {
        "GITHUB_SERVER_URL": shop.repository.parent.as_uri(),
        "GITHUB_REPOSITORY": "repository",
    }
    result = workspace.run({**dvc.path, **place}, pull=True)
    refused(result, "is relative to a checkout, and there is none")


def test_a_link_of_the_repository_does_not_lead_out_of_the_checkout(
    model: Workspace, dvc: Dvc
) -> None:
    (model.root / "outside").mkdir()
    (model.checkout / "models/churn.pkl.dvc").unlink()
    (model.checkout / "models/.gitignore").unlink()
    (model.checkout / "models").rmdir()
    (model.checkout / "models").symlink_to(model.root / "outside")
    refused(pull(model, dvc), "models/churn.pkl leads through the link")
    assert list((model.root / "outside").iterdir()) == []


def test_a_pointer_of_git_lfs_is_no_artifact(model: Workspace, dvc: Dvc) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    write(model.root / "remote/models/large.bin", pointer)
    annotate(model.root / "remote", large="models/large.bin")
    commit_and_tag(model.root / "remote", "large@v1.0.0")
    refused(pull(model, dvc, ref="large@v1.0.0"), "Git LFS holds large.bin")
    again = full_clone(str(model.root / "remote"), model.root / "again", "refs/tags/large@v1.0.0")
    refused(pull(again, dvc), "Git LFS holds large.bin")


def test_a_submodule_is_no_artifact(model: Workspace, dvc: Dvc) -> None:
    register_submodule(model.root / "remote")
    refused(pull(model, dvc, ref="sub@v1.0.0"), "sub is a submodule")


def test_a_checkout_that_cannot_be_written_to(shop: Shop, dvc: Dvc, pushed: Pushed) -> None:
    workspace = pushed(shop.repository.as_uri(), "churn@v1.0.0")
    reach_stores(workspace.root, shop)
    (workspace.checkout / "models").rename(workspace.checkout / "elsewhere")
    (workspace.checkout / "models").write_text("no directory")
    refused(pull(workspace, dvc), "models/churn.pkl")


@pytest.mark.parametrize("fetch", ["--fetch", "--no-fetch"])
def test_a_git_directory_without_a_work_tree_is_left_alone(
    fetch: str, demo_remote: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "models.git"
    git("clone", "--quiet", "--bare", str(demo_remote), str(bare))
    before = sorted(bare.rglob("*"))
    result = ask("run", "churn#prod#3", "--pull", fetch, "-r", bare)
    assert (result.code, sorted(bare.rglob("*"))) == (11, before)
    assert "is a Git directory without a work tree" in result.errors


def test_a_url_has_no_checkout_to_pull_into(demo_remote: Path, tmp_path: Path) -> None:
    words = ("run", "churn#prod#3", "--pull", "-r", demo_remote.as_uri())
    result = ask(*words, directory=tmp_path)
    assert (result.code, list(tmp_path.iterdir())) == (11, [])
    assert "clone the repository, or use gto-action get" in result.errors
