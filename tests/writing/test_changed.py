"""`register --changed` registers what changed, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from testkit.servers import http_server
from tests.terminal.harness import ask_process
from tests.writing.harness import WHO, run, tags

DVC_YAML = """\
stages:
  train: {cmd: x, outs: [out/model.bin]}
artifacts:
  in-git: {path: models/a.pkl}
  directory: {path: models}
  tracked: {path: data.bin}
  made: {path: out/model.bin}
  far: {path: 's3://bucket/model', desc: one}
"""
FIRST = {
    "dvc.yaml": DVC_YAML,
    "artifacts.yaml": "planned: {path: later.bin}\n",
    "models/a.pkl": "a 1\n",
    "models/b.pkl": "b 1\n",
    ".dvc/config": "",
    "data.bin.dvc": "outs: [{md5: aa, path: data.bin}]\n",
    "dvc.lock": "schema: '2.0'\nstages: {train: {outs: [{path: out/model.bin, md5: bb}]}}\n",
    "models/nlp/dvc.yaml": "artifacts: {cv: {path: cv.onnx}}\n",
    "models/nlp/cv.onnx": "cv 1\n",
}
ALL = ["directory", "far", "in-git", "made", "models/nlp=cv", "planned", "tracked"]


def _repository(directory: Path, changes: dict[str, str | None]) -> Path:
    """A registry in which everything is registered, and then files were changed."""
    builder = Builder(directory / "models.git")
    first = builder.commit(dict(FIRST))
    for name in ALL:
        builder.tag(f"{name}@v1.0.0", first)
    builder.commit(changes)
    path = builder.build()
    git("-C", str(path), "config", "http.receivepack", "true")
    return path


def test_an_artifact_that_is_registered_already_says_nothing_of_others(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "models/a.pkl": "a 2\n",
        "artifacts.yaml": "new: {path: models/b.pkl}\n",
    }
    for registered in ("directory", "in-git", "new"):
        path = _repository(tmp_path / registered, changes)
        run("register", registered, at=path)
        before = set(tags(path))
        run("register", "--changed", at=path)
        names = {tag.partition("@")[0] for tag in set(tags(path)) - before}
        assert names == {"directory", "in-git", "new"} - {registered}


def test_the_files_of_a_commit_are_listed_once_for_all_artifacts(tmp_path: Path) -> None:
    path = _repository(tmp_path, {"models/a.pkl": "a 2\n"})
    # in a process of its own: what prints the commands stays
    words = ("-v", "register", "--changed", "--dry-run")
    errors = ask_process(*words, directory=path, environment=WHO).errors
    head, first = (git("-C", str(path), "rev-parse", name) for name in ("HEAD", "HEAD~1"))
    listings = re.findall(r"ls-tree -r .* (\w+)  # in", errors)
    # of HEAD once more, to find what annotates
    assert sorted(listings) == sorted([head, head, first])


@pytest.mark.parametrize("filters", ["true", "false"])
def test_what_changed_in_a_commit_that_the_remote_lacks(filters: str, tmp_path: Path) -> None:
    path = _repository(tmp_path, {"models/a.pkl": "a 2\n"})
    git("-C", str(path), "config", "uploadpack.allowFilter", filters)
    clone = tmp_path / "clone"
    git("clone", "--quiet", str(path), str(clone))
    (clone / "data.bin.dvc").write_text("outs: [{md5: cc, path: data.bin}]\n")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(clone), *who, "commit", "--quiet", "--all", "--message", "x")
    before = tags(path)
    for dry_run in ([], ["--dry-run"]):
        refused = run("register", "--changed", "--push", *dry_run, at=clone, code=1)
        assert "push it first, or with the tag by --push-commits" in refused.errors
    assert tags(path) == before
    run("register", "--changed", "--push-commits", at=clone)
    assert set(tags(path)) - set(before) == {
        "directory@v1.0.1",
        "in-git@v1.0.1",
        "tracked@v1.0.1",
    }


def test_an_artifact_is_not_taken_for_a_branch(tmp_path: Path) -> None:
    path = _repository(tmp_path, {"models/a.pkl": "a 2\n"})
    before = tags(path)
    missing = run("register", "tracked", "--changed", at=path, code=1)
    assert "there is no commit 'tracked'" in missing.errors
    assert "--changed takes a REF, and no NAME" in missing.errors
    git("-C", str(path), "branch", "tracked")
    for words in (("register",), ("assign", "--stage", "dev")):
        refused = run(*words, "tracked", "--changed", at=path, code=1)
        assert "tracked is an artifact, and --changed is about all of them" in refused.errors
    assert tags(path) == before
    run("register", "refs/heads/tracked", "--changed", at=path)
    assert tags(path) != before


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"README.md": "hello\n"}, []),
        ({"models/a.pkl": "a 2\n"}, ["directory", "in-git"]),
        ({"models/b.pkl": "b 2\n"}, ["directory"]),
        ({"data.bin.dvc": "outs: [{md5: cc, path: data.bin}]\n"}, ["tracked"]),
        ({"dvc.lock": FIRST["dvc.lock"].replace("bb", "dd")}, ["made"]),
        ({"dvc.yaml": DVC_YAML.replace("desc: one", "desc: two")}, ["far"]),
        ({"artifacts.yaml": "planned: {path: sooner.bin}\n"}, ["planned"]),
        ({"models/nlp/cv.onnx": "cv 2\n"}, ["directory", "models/nlp=cv"]),
        ({"artifacts.yaml": FIRST["artifacts.yaml"] + "new: {path: models/b.pkl}\n"}, ["new"]),
    ],
)
def test_what_changed_is_registered(
    changes: dict[str, str | None], changed: list[str], tmp_path: Path
) -> None:
    path = _repository(tmp_path, changes)
    before = set(tags(path))
    run("register", "--changed", "--bump-minor", at=path)
    versions = {"new": "v0.0.1"}
    created = sorted(f"{name}@{versions.get(name, 'v1.1.0')}" for name in changed)
    assert sorted(set(tags(path)) - before) == created
    again = run("register", "--changed", at=path)
    assert again.errors == "nothing to do: the registry is as requested\n"


def test_what_was_registered_is_assigned_in_one_go(tmp_path: Path) -> None:
    path = _repository(tmp_path, {"models/b.pkl": "b 2\n"})
    (tmp_path / "lines").write_text("register --changed\nassign --changed --stage dev\n")
    dry = run("apply", "-f", tmp_path / "lines", "--dry-run", at=path)
    assert dry.output.count("Would create git tag ") == 2
    with http_server(tmp_path) as server:
        url = f"{server.url}/models.git"
        run("apply", "-f", tmp_path / "lines", "-r", url, at=tmp_path)
    assert {"directory@v1.0.1", "directory#dev#1"} < set(tags(path))
    assert len(tags(path)) == len(ALL) + 2
    run("assign", "--changed", "main~1", "--stage", "prod", at=path)
    assigned = {tag.partition("#")[0] for tag in tags(path) if "#prod#" in tag}
    assert assigned == set(ALL)
    run("assign", "--changed", "main~1", "--stage", "prod", at=path)
    assert len(tags(path)) == 2 * len(ALL) + 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"models/a.pkl": None}, "the path of in-git in dvc.yaml: DVC tracks no models/a.pkl: "),
        ({"data.bin.dvc": None}, "the path of tracked in dvc.yaml: "),
        (
            {"dvc.yaml": "artifacts: [\n"},
            "the annotation of planned can't be used: dvc.yaml, line ",
        ),
        ({"artifacts.yaml": "'a b': {}\n"}, "'a b', a name that no tag can have"),
        ({"artifacts.yaml": "a: {path: 3}\n"}, "the annotation of a can't be used: "),
    ],
)
def test_what_cannot_be_compared_is_an_error_and_registers_nothing(
    changes: dict[str, str | None], reason: str, tmp_path: Path
) -> None:
    path = _repository(tmp_path, changes)
    result = run("register", "--changed", at=path, code=1)
    assert reason in result.errors
    assert result.errors.count("\n") == 1
    assert len(tags(path)) == len(ALL)
