"""Files that are put in their place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gto_action.artifacts.file_transaction import FileTransaction, files_below, inside, staging
from gto_action.errors import PullError


def _cannot(*_: object, **__: object) -> None:
    raise PermissionError


def make(path: Path, kind: str, content: str) -> None:
    match kind:
        case "a file":
            path.write_text(content)
        case "a directory":
            path.mkdir()
            (path / content).write_text("")
        case "a link":
            path.symlink_to("nowhere")


@pytest.mark.parametrize("before", ["a file", "a directory", "a link", "nothing"])
@pytest.mark.parametrize("kind", ["a file", "a directory"])
def test_the_new_takes_the_place_of_the_old(kind: str, before: str, tmp_path: Path) -> None:
    destination = tmp_path / "deep" / "place"
    destination.parent.mkdir()
    make(destination, before, "old")
    with staging(str(destination)) as directory, FileTransaction(directory) as transaction:
        make(Path(directory) / "new", kind, "new")
        transaction.put(f"{directory}/new", str(destination))
    assert [item.name for item in destination.parent.iterdir()] == ["place"]
    assert not destination.is_symlink()
    if kind == "a file":
        assert destination.read_text() == "new"
    else:
        assert [item.name for item in destination.iterdir()] == ["new"]


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("before", ["a file", "a directory", "a link", "nothing"])
def test_no_file_is_changed_if_a_file_cannot_be_written(
    before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", _cannot)
    place = tmp_path / "place"
    make(place, before, "old")
    (tmp_path / "gone").write_text("gone")
    was = sorted((item, item.is_symlink(), item.is_dir()) for item in tmp_path.rglob("*"))
    with staging(str(place)) as directory:
        make(Path(directory) / "new", "a file", "new")
        with pytest.raises(FileNotFoundError), FileTransaction(directory) as transaction:  # noqa: PT012 - the last of four moves
            transaction.remove(str(tmp_path / "gone"))
            transaction.put(f"{directory}/new", str(tmp_path / "made/deep/new"))
            transaction.put(f"{tmp_path}/made/deep/new", str(place))
            transaction.put(f"{directory}/missing", str(place))
    assert sorted((item, item.is_symlink(), item.is_dir()) for item in tmp_path.rglob("*")) == was
    if before == "a file":
        assert place.read_text() == "old"


@pytest.mark.parametrize("before", ["a file", "a link"])
def test_a_file_in_place_of_a_directory_is_replaced_only_within_the_artifact(
    before: str, tmp_path: Path
) -> None:
    make(tmp_path / "place", before, "old")
    with staging(str(tmp_path / "place")) as directory:
        (Path(directory) / "new").write_text("new")
        with pytest.raises(OSError, match="exists"), FileTransaction(directory) as transaction:
            transaction.put(f"{directory}/new", str(tmp_path / "place/deep/new"))
        with FileTransaction(directory) as transaction:
            transaction.put(
                f"{directory}/new", str(tmp_path / "place/deep/new"), str(tmp_path / "place")
            )
    assert (tmp_path / "place/deep/new").read_text() == "new"
    assert not (tmp_path / "place").is_symlink()


def test_read_only_files_are_removed(tmp_path: Path) -> None:
    with staging(str(tmp_path / "place")) as directory:
        (Path(directory) / "kept").write_text("")
        (Path(directory) / "kept").chmod(0o444)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("link/x", "leads through the link"),
        ("deep/link/x", "leads through the link"),
        ("../x", "is not a path for an artifact"),
        (".git/hooks", "is not a path for an artifact"),
        ("deep/.GIT/x", "is not a path for an artifact"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for link in ("link", "deep/link"):
        (tmp_path / link).symlink_to(tmp_path)
    with pytest.raises(PullError, match=sentence):
        inside(str(tmp_path), path)
    assert inside(str(tmp_path), "deep/link") == f"{tmp_path}/deep/link"


def test_files_are_listed_in_order_and_links_are_not_followed(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a", "c/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "b/0").symlink_to(tmp_path / "c")
    (tmp_path / "empty").mkdir()
    reported = [str(Path(item).relative_to(tmp_path)) for item in files_below(str(tmp_path))]
    assert reported == ["a", "b/0", "b/1", "b/2", "c/d/e"]
    assert list(files_below(str(tmp_path / "missing"))) == []
