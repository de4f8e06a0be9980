"""The files that `pull` writes for each kind of path, compared with `dvc pull`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from testkit.dvc_projects import PATHS, Dvc, Shop, as_a_run, pull, reach_stores, small_at, write
from testkit.repositories import git
from testkit.step import Result, Workspace
from tests.conftest import Pulled, Pushed


def contents(directory: Path) -> dict[str, bytes]:
    """Return all files of a work tree but Git's and DVC's own, with their contents."""
    return {
        str(file.relative_to(directory)): file.read_bytes()
        for file in directory.rglob("*")
        if file.is_file() and not {".git", ".dvc"} & {*file.relative_to(directory).parts}
    }


def files(result: Result) -> list[str]:
    """Return the files that a step reports, if it pulled them."""
    assert (result.code, result.outputs["pulled"]) == (0, "true"), result.log
    assert result.json()["pulled"] is True
    reported: list[str] = json.loads(result.outputs["files"])
    assert result.json()["files"] == reported
    return reported


def head(workspace: Workspace) -> tuple[str, str]:
    checkout = str(workspace.checkout)
    return git("-C", checkout, "rev-parse", "HEAD"), git("-C", checkout, "status", "--porcelain")


@pytest.mark.parametrize("version", ["v1.0.0", "v2.0.0"])
@pytest.mark.parametrize("name", PATHS)
def test_it_has_the_files_that_dvc_pull_writes(
    name: str, version: str, pulled: Pulled, dvc: Dvc, tmp_path: Path
) -> None:
    workspace, result = pulled(f"{name}@{version}")
    brought = files(result)
    clone = tmp_path / "clone"
    git("clone", "--quiet", str(workspace.checkout), str(clone))
    dvc.do(clone, "pull", PATHS[name])
    assert contents(workspace.checkout) == contents(clone)
    tracked = git("-C", str(clone), "ls-files", "-z").split("\0")
    assert brought == sorted({*contents(clone)} - {*tracked})
    assert head(workspace) == (workspace.sha, "")
    assert list(workspace.checkout.rglob(".gto-action*")) == []


def test_an_old_version_does_not_move_the_checkout(dvc: Dvc, pulled: Pulled) -> None:
    workspace, newer = pulled("table@v2.0.0")
    assert files(newer) == ["data/table/rows/2.csv", "data/table/rows/3.csv"]
    older = pull(workspace, dvc, ref="table@v1.0.0")
    assert files(older) == [f"data/table/rows/{row}.csv" for row in (1, 2, 3)]
    assert (workspace.checkout / "data/table/rows/2.csv").read_text() == "row 2 of 1\n"
    newer = pull(workspace, dvc, ref="table@v2.0.0")
    assert files(newer) == ["data/table/rows/2.csv", "data/table/rows/3.csv"]
    assert not (workspace.checkout / "data/table/rows/1.csv").exists()
    assert head(workspace) == (workspace.sha, "")


def test_an_assignment_pulls_the_version_that_it_assigns(pulled: Pulled) -> None:
    workspace, result = pulled("churn#prod#1")
    assert files(result) == ["models/churn.pkl"]
    assert (workspace.checkout / "models/churn.pkl").read_text() == "churn 2\n"


@pytest.mark.parametrize(("version", "content"), [("v1.0.0", "1"), ("v2.0.0", "2")])
def test_a_project_in_a_directory_of_a_monorepo(version: str, content: str, pulled: Pulled) -> None:
    workspace, result = pulled(f"team=seg@{version}")
    assert files(result) == ["team/seg.pkl"]
    assert (workspace.checkout / "team/seg.pkl").read_text() == f"segments {content}\n"


def test_an_output_may_name_a_remote_of_its_own(pulled: Pulled) -> None:
    workspace, result = pulled("team=own@v1.0.0")
    assert files(result) == ["team/own.pkl"]
    assert (workspace.checkout / "team/own.pkl").read_text() == "its own remote\n"


def test_a_directory_that_git_and_dvc_share(pulled: Pulled, dvc: Dvc) -> None:
    workspace, result = pulled("mixed@v2.0.0")
    expected = [".gitignore", "config.json", "weights.bin", "weights.bin.dvc"]
    assert files(result) == [f"mixed/{name}" for name in expected]
    assert (workspace.checkout / "mixed/weights.bin").read_text() == "weights 2\n"
    assert head(workspace) == (workspace.sha, "")
    older = pull(workspace, dvc, ref="mixed@v1.0.0")
    assert files(older) == [f"mixed/{name}" for name in expected]
    assert (workspace.checkout / "mixed/weights.bin").read_text() == "weights 1\n"


def test_a_link_is_followed_to_what_dvc_tracks(pulled: Pulled) -> None:
    workspace, result = pulled("linked@v1.0.0")
    assert files(result) == ["models/churn.pkl"]
    assert (workspace.checkout / "linked.pkl").read_text() == "churn 1\n"


def test_a_path_through_a_link_is_followed(pulled: Pulled) -> None:
    workspace, result = pulled("through@v1.0.0")
    assert files(result) == ["data/table/rows/2.csv"]
    assert (workspace.checkout / "selector/rows/2.csv").read_text() == "row 2 of 1\n"


def test_all_outputs_of_a_dvc_project(pulled: Pulled) -> None:
    workspace, result = pulled("team@v1.0.0")
    reported = files(result)
    assert {"team/seg.pkl", "team/own.pkl"} < {*reported}
    assert [item for item in reported if item.startswith("team/.dvc/")] == [
        "team/.dvc/.gitignore",
        "team/.dvc/config",
    ]
    assert (workspace.checkout / "team/seg.pkl").read_text() == "segments 1\n"
    assert head(workspace) == (workspace.sha, "")


def test_files_in_git_at_head_are_present_and_need_no_dvc(shop: Shop, pushed: Pushed) -> None:
    workspace = pushed(shop.repository.as_uri(), "plain@v2.0.0")
    result = workspace.run({"PATH": "/usr/bin:/bin", "UV_OFFLINE": "1"}, pull=True)
    assert files(result) == ["models/plain.txt"]
    assert "Git holds models/plain.txt, and the checkout has it" in result.log
    assert "DVC" not in result.log


@pytest.mark.parametrize("has_checkout", [True, False])
def test_files_in_git_at_another_commit_are_written(
    has_checkout: bool, shop: Shop, pushed: Pushed
) -> None:
    workspace = pushed(shop.repository.as_uri(), "texts@v2.0.0")
    if not has_checkout:
        workspace = Workspace(workspace.root / "elsewhere", workspace.ref, workspace.sha)
        workspace.checkout.mkdir(parents=True)
    place = {
        "GITHUB_SERVER_URL": shop.repository.parent.as_uri(),
        "GITHUB_REPOSITORY": "repository",
    }
    result = workspace.run(place, pull=True, ref="texts@v1.0.0")
    assert files(result) == ["texts/b.txt", "texts/in/a.txt"]
    assert (workspace.checkout / "texts/in/a.txt").read_text() == "a 1\n"
    if has_checkout:
        assert head(workspace) == (workspace.sha, "M texts/in/a.txt")


def test_without_a_checkout_a_remote_with_an_absolute_path_is_used(
    small: Path, dvc: Dvc, tmp_path: Path
) -> None:
    workspace = small_at(small, tmp_path, url=str(tmp_path / "store"))
    shutil.rmtree(workspace.checkout)
    workspace.checkout.mkdir()
    result = workspace.run({**dvc.path, **as_a_run(tmp_path / "remote")}, pull=True)
    assert files(result) == ["models/churn.pkl"]
    assert (workspace.checkout / "models/churn.pkl").read_text() == "a model\n"


def test_a_cache_of_the_checkout_is_neither_trusted_nor_changed(model: Workspace, dvc: Dvc) -> None:
    dvc.do(model.checkout, "pull", "--quiet")
    (cached,) = (item for item in (model.checkout / ".dvc/cache").rglob("*") if item.is_file())
    cached.chmod(0o644)
    cached.write_text("damaged\n")
    cached.chmod(0o444)
    assert files(pull(model, dvc)) == ["models/churn.pkl"]
    assert (model.checkout / "models/churn.pkl").read_text() == "a model\n"
    assert cached.read_text() == "damaged\n"


def test_files_in_the_way_are_replaced(shop: Shop, dvc: Dvc, pushed: Pushed) -> None:
    workspace = pushed(shop.repository.as_uri(), "churn@v1.0.0")
    reach_stores(workspace.root, shop)
    write(workspace.checkout / "models/churn.pkl/was/a/directory", "x")
    assert files(pull(workspace, dvc)) == ["models/churn.pkl"]
    write(workspace.checkout / "models/churn.pkl", "was another file")
    assert files(pull(workspace, dvc)) == ["models/churn.pkl"]
    assert (workspace.checkout / "models/churn.pkl").read_text() == "churn 1\n"
    (workspace.checkout / "models/churn.pkl").write_text("and can be written to")


def test_tags_read_from_the_checkout_pull_as_well(shop: Shop, dvc: Dvc, tmp_path: Path) -> None:
    git("clone", "--quiet", str(shop.repository), str(tmp_path / "workspace"))
    reach_stores(tmp_path, shop)
    workspace = Workspace(tmp_path, "refs/tags/churn@v1.0.0", "")
    assert files(pull(workspace, dvc, fetch=False)) == ["models/churn.pkl"]
    assert (workspace.checkout / "models/churn.pkl").read_text() == "churn 1\n"


def test_without_the_input_nothing_is_pulled(shop: Shop, dvc: Dvc, pushed: Pushed) -> None:
    workspace = pushed(shop.repository.as_uri(), "churn@v1.0.0")
    result = pull(workspace, dvc, pull=False)
    assert (result.code, result.outputs["pulled"], result.outputs["files"]) == (0, "false", "[]")
    assert not (workspace.checkout / "models/churn.pkl").exists()
