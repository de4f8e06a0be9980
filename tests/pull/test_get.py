"""`gto-action get`: download the files that a version's annotation names."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from testkit.dvc_projects import Dvc, Shop, small_at
from testkit.repositories import Builder
from testkit.servers import git_daemon
from tests.terminal.harness import Result, ask, command, run_at_a_terminal, terminal_environment


def got(result: Result, place: str) -> None:
    assert (result.code, result.output) == (0, f"{place}\n"), result


VERSIONS = {
    "churn": "churn 2\n",
    "churn@latest": "churn 2\n",
    "churn@v1.0.0": "churn 1\n",
    "churn#prod": "churn 2\n",
}


@pytest.mark.parametrize("requested", VERSIONS)
def test_a_version_of_a_repository_by_its_path(
    requested: str, shop: Shop, dvc: Dvc, tmp_path: Path
) -> None:
    result = ask("get", requested, "-r", shop.repository, directory=tmp_path, environment=dvc.path)
    got(result, "churn.pkl")
    assert (tmp_path / "churn.pkl").read_text() == VERSIONS[requested]
    assert [item.name for item in tmp_path.iterdir()] == ["churn.pkl"]


def test_out_is_a_file_or_a_directory_to_write_into(shop: Shop, dvc: Dvc, tmp_path: Path) -> None:
    def get(out: str) -> Result:
        options = ("-r", shop.repository, "-o", out)
        return ask("get", "churn", *options, directory=tmp_path, environment=dvc.path)

    got(get("new/directory/model.bin"), "new/directory/model.bin")
    got(get("new"), "new/churn.pkl")
    got(get("newer/"), "newer/churn.pkl")
    assert (tmp_path / "new/directory/model.bin").read_text() == "churn 2\n"
    assert (tmp_path / "new/churn.pkl").read_text() == "churn 2\n"


@pytest.mark.parametrize("is_directory", [False, True])
def test_nothing_is_overwritten_but_by_force(
    is_directory: bool, shop: Shop, dvc: Dvc, tmp_path: Path
) -> None:
    mine = tmp_path / "churn.pkl" / "mine" if is_directory else tmp_path / "churn.pkl"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    options = ("-r", shop.repository, "-o", "./churn.pkl")
    if is_directory:
        (tmp_path / "churn.pkl/churn.pkl").write_text("mine")
    refused = ask("get", "churn", *options, directory=tmp_path, environment=dvc.path)
    place = "churn.pkl/churn.pkl" if is_directory else "churn.pkl"
    sentence = f"❌ {place} is there already: --force replaces it\n"
    assert (refused.code, refused.errors.removeprefix("❌ ")) == (1, sentence.removeprefix("❌ "))
    assert mine.read_text() == "mine"
    got(ask("get", "churn", *options, "--force", directory=tmp_path, environment=dvc.path), place)
    assert (tmp_path / place).read_text() == "churn 2\n"


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        lambda path: os.mknod(path, stat.S_IFSOCK),
        lambda path: path.symlink_to("/dev/null"),
    ],
    ids=["pipe", "socket", "link to a device"],
)
@pytest.mark.parametrize("force", [["--force"], []])
def test_force_replaces_only_files_and_directories(
    make: Callable[[Path], None], force: list[str], shop: Shop, dvc: Dvc, tmp_path: Path
) -> None:
    special = tmp_path / "special"
    make(special)
    before = special.lstat()
    options = ["-r", str(shop.repository), "-o", str(special), *force]
    result = ask("get", "churn", *options, directory=tmp_path, environment=dvc.path)
    sentence = f"{special} is neither a file nor a directory, nor a link to one: name another path"
    assert (result.code, sentence in result.errors) == (1, True), result
    assert (special.lstat().st_ino, special.lstat().st_mode) == (before.st_ino, before.st_mode)


def test_force_replaces_a_link_and_not_what_it_leads_to(
    shop: Shop, dvc: Dvc, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to("mine")
    options = ("-r", shop.repository, "-o", "link", "--force")
    got(ask("get", "churn", *options, directory=tmp_path, environment=dvc.path), "link")
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_path_that_is_not_utf_8_is_printed_as_it_is(shop: Shop, tmp_path: Path) -> None:
    name = os.fsdecode(b"z\xe9")
    done = subprocess.run(
        command("get", "plain", "-r", shop.repository, "-o", name),
        cwd=tmp_path,
        env=terminal_environment(),
        capture_output=True,
        check=True,
    )
    assert (done.stdout, (tmp_path / name).exists()) == (b"z\xe9\n", True)


def test_a_directory_that_git_and_dvc_share_is_complete(
    shop: Shop, dvc: Dvc, tmp_path: Path
) -> None:
    result = ask(
        "get", "mixed@v1.0.0", "-r", shop.repository, directory=tmp_path, environment=dvc.path
    )
    got(result, "mixed")
    names = sorted(item.name for item in (tmp_path / "mixed").iterdir())
    assert names == [".gitignore", "config.json", "weights.bin", "weights.bin.dvc"]
    assert (tmp_path / "mixed/weights.bin").read_text() == "weights 1\n"


@pytest.mark.parametrize(
    "path",
    [
        ("table@v1.0.0", "table/rows/1.csv", "row 1 of 1\n"),
        ("row", "2.csv", "row 2 of 2\n"),
        ("stage-file", "churn.pkl", "churn 2\n"),
        ("deep", "deep.txt", "deep\n"),
        ("linked@v1.0.0", "linked.pkl", "churn 1\n"),
        ("team:seg@v1.0.0", "seg.pkl", "segments 1\n"),
    ],
)
def test_every_kind_of_path(
    path: tuple[str, str, str], shop: Shop, dvc: Dvc, tmp_path: Path
) -> None:
    name, file, content = path
    result = ask("get", name, "-r", shop.repository, directory=tmp_path, environment=dvc.path)
    got(result, file.partition("/")[0])
    assert (tmp_path / file).read_text() == content


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [("plain@v1.0.0", "plain.txt", "plain 1\n"), ("texts", "texts/in/a.txt", "a 2\n")],
)
def test_files_in_git_need_no_dvc(
    name: str, file: str, content: str, shop: Shop, tmp_path: Path
) -> None:
    with git_daemon(shop.repository.parent) as url:
        nothing = {"PATH": "/usr/bin:/bin", "UV_OFFLINE": "1"}
        where = f"{url}/repository"
        result = ask("get", name, "-r", where, directory=tmp_path, environment=nothing)
    got(result, file.partition("/")[0])
    assert (tmp_path / file).read_text() == content


def test_a_repository_by_its_url(small: Path, dvc: Dvc, tmp_path: Path) -> None:
    small_at(small, tmp_path, url=str(tmp_path / "store"))
    with git_daemon(tmp_path) as url:
        where = f"{url}/remote"
        got(ask("get", "churn", "-r", where, directory=tmp_path, environment=dvc.path), "churn.pkl")
    assert (tmp_path / "churn.pkl").read_text() == "a model\n"


def test_dvc_is_installed_once_for_a_person(
    small: Path, index: dict[str, str], tmp_path: Path
) -> None:
    small_at(small, tmp_path)
    environment = {**index, "PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    where = ("-r", tmp_path / "workspace", "--force")
    first = ask("get", "churn", *where, directory=tmp_path, environment=environment)
    again = ask("get", "churn", *where, directory=tmp_path, environment=environment)
    got(first, "churn.pkl")
    got(again, "churn.pkl")
    assert "installing DVC 3." in first.errors
    assert "install" not in again.errors


@pytest.mark.parametrize(
    ("requested", "sentence"),
    [
        ("churn@v9.0.0", "there is no churn@v9.0.0 in "),
        ("nobody", "there is no artifact 'nobody' in "),
        ("cloud", "s3://bucket/model.pkl is a URL, and DVC pulls what it tracks"),
        ("nowhere", "no .dvc file and no stage at that commit has it as an output"),
    ],
)
def test_artifacts_that_cannot_be_downloaded(
    requested: str, sentence: str, shop: Shop, dvc: Dvc, tmp_path: Path
) -> None:
    result = ask("get", requested, "-r", shop.repository, directory=tmp_path, environment=dvc.path)
    assert (result.code, result.output) == (1, "")
    assert sentence in result.errors
    assert len(result.errors.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_artifact_whose_annotation_gives_no_path(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "remote.git")
    builder.tag("lone@v1.0.0", builder.commit({"README": "x"}))
    result = ask("get", "lone", "-r", builder.build(), directory=tmp_path)
    assert (result.code, result.output) == (1, "")
    assert "no annotation at lone@v1.0.0 says where lone is" in result.errors


def test_a_pull_that_takes_long_shows_how_far_it_is(shop: Shop, dvc: Dvc, tmp_path: Path) -> None:
    script = (
        "import functools, sys, gto_action.cli.progress as p, gto_action.cli.commands.get as get;"
        "get.watch_download = functools.partial(p.watch_download, patience=0);"
        "p._PAUSE = 0.01;"
        "from gto_action.cli.app import main; sys.exit(main(sys.argv[1:]))"
    )
    requested = ["get", "churn", "-r", str(shop.repository), "-o", str(tmp_path / "churn.pkl")]
    shown = run_at_a_terminal([sys.executable, "-c", script, *requested], dvc.path)
    assert "Pulling  [" in shown
    assert shown.endswith(f"{tmp_path}/churn.pkl\r\n")
