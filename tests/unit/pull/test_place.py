"""Files that are put in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from gto_action.errors import PullError
from gto_action.pull.place import files_below, inside, put, staging


def make(path: Path, kind: str, content: str) -> None:
    match kind:
        case "a file":
            path.write_text(content)
        case "a folder":
            path.mkdir()
            (path / content).write_text("")
        case "a link":
            path.symlink_to("nowhere")


@pytest.mark.parametrize("before", ["a file", "a folder", "a link", "nothing"])
@pytest.mark.parametrize("kind", ["a file", "a folder"])
def test_the_new_takes_the_place_of_the_old(kind: str, before: str, tmp_path: Path) -> None:
    destination = tmp_path / "deep" / "place"
    destination.parent.mkdir()
    make(destination, before, "old")
    with staging(str(destination)) as folder:
        make(Path(folder) / "new", kind, "new")
        put(f"{folder}/new", str(destination), folder)
    assert [one.name for one in destination.parent.iterdir()] == ["place"]
    assert not destination.is_symlink()
    if kind == "a file":
        assert destination.read_text() == "new"
    else:
        assert [one.name for one in destination.iterdir()] == ["new"]


def test_the_old_stays_where_the_new_can_not_be_put(tmp_path: Path) -> None:
    make(tmp_path / "place", "a folder", "old")
    with staging(str(tmp_path / "place")) as folder, pytest.raises(FileNotFoundError):
        put(f"{folder}/missing", str(tmp_path / "place"), folder)
    assert [one.name for one in (tmp_path / "place").iterdir()] == ["old"]
    assert [one.name for one in tmp_path.iterdir()] == ["place"]


def test_what_is_read_only_goes_as_well(tmp_path: Path) -> None:
    with staging(str(tmp_path / "place")) as folder:
        (Path(folder) / "kept").write_text("")
        (Path(folder) / "kept").chmod(0o444)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["link/x", "link/deep/x", "../x"])
def test_a_path_that_leads_out_is_refused(path: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/link").symlink_to(tmp_path)
    with pytest.raises(PullError, match="leads out of the checkout by a link"):
        inside(str(tmp_path / "work"), path)


def test_files_are_listed_in_order_and_links_are_not_followed(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a", "c/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "b/0").symlink_to(tmp_path / "c")
    (tmp_path / "empty").mkdir()
    told = [str(Path(one).relative_to(tmp_path)) for one in files_below(str(tmp_path))]
    assert told == ["a", "b/0", "b/1", "b/2", "c/d/e"]
    assert list(files_below(str(tmp_path / "missing"))) == []
