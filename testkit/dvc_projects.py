"""Repositories with DVC projects in them, made with the real DVC."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testkit.repositories import git, git_environment
from testkit.step import Result, Workspace, full_clone

IDENTITY = ("-c", "user.name=Ann Lee", "-c", "user.email=ann@example.org")


RunDvc = Callable[[Sequence[str], Path, Mapping[str, str]], tuple[int, str]]
"""Runs DVC with arguments in a directory and an environment; gives its exit code and output."""


@dataclass(frozen=True)
class Dvc:
    """The DVC in a directory that a PATH may name, and what may run it faster."""

    directory: Path
    run: RunDvc | None = None

    @property
    def path(self) -> dict[str, str]:
        """What puts it on the PATH."""
        return {"PATH": f"{self.directory}:{git_environment()['PATH']}"}

    def __call__(
        self, where: Path, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Run it in a directory; return its exit code and output."""
        known = {**git_environment(), **(environment or {}), "DVC_NO_ANALYTICS": "1"}
        if self.run:
            return self.run(arguments, where, known)
        command = [str(self.directory / "dvc"), *arguments]
        done = subprocess.run(
            command,
            cwd=where,
            env=known,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def do(self, where: Path, *arguments: str, **environment: str) -> None:
        """Run it; it has to succeed."""
        code, output = self(where, *arguments, environment=environment)
        assert code == 0, output


@dataclass(frozen=True)
class Shop:
    """A repository, and the directory that is its DVC remote."""

    repository: Path
    store: Path


def reach_stores(directory: Path, shop: Shop) -> None:
    """Put the remotes of a shop where its relative URLs lead to from directory/workspace."""
    for store in shop.repository.parent.glob("*store"):
        (directory / store.name).symlink_to(store)


def as_a_run(repository: Path) -> dict[str, str]:
    """Return what a run without a checkout knows of its repository."""
    return {
        "GITHUB_SERVER_URL": repository.parent.as_uri(),
        "GITHUB_REPOSITORY": repository.name,
    }


def pull(workspace: Workspace, dvc: Dvc, **inputs: str | bool) -> Result:
    """Run the step with `pull` and a DVC on the PATH."""
    requested: dict[str, str | bool] = {"pull": True, **inputs}
    return workspace.run(dvc.path, None, **requested)


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def commit_and_tag(repository: Path, *tags: str) -> None:
    """Commit all that is there, and register versions."""
    git("-C", str(repository), "add", "--all")
    git("-C", str(repository), *IDENTITY, "commit", "--quiet", "--message", "a step")
    tag_only(repository, *tags)


def start(dvc: Dvc, repository: Path, remote: str) -> None:
    """Make a repository with a DVC project at its root, and a remote."""
    git("init", "--quiet", "--initial-branch=main", str(repository))
    dvc.do(repository, "init", "--quiet")
    dvc.do(repository, "remote", "add", "--default", "store", remote)


def register_submodule(repository: Path) -> None:
    """Register sub@v1.0.0, whose path is a submodule."""
    sha = git("-C", str(repository), "rev-parse", "HEAD")
    git("-C", str(repository), "update-index", "--add", "--cacheinfo", f"160000,{sha},sub")
    annotate(repository, sub="sub")
    git("-C", str(repository), "add", "artifacts.yaml")
    git("-C", str(repository), *IDENTITY, "commit", "--quiet", "-m", "x")
    tag_only(repository, "sub@v1.0.0")


def annotate(repository: Path, **paths: str) -> None:
    """Let artifacts.yaml name artifacts and their paths."""
    text = "".join(f"{name}: {{path: {json.dumps(path)}}}\n" for name, path in paths.items())
    write(repository / "artifacts.yaml", text)


def build_small(dvc: Dvc, directory: Path) -> None:
    """Make directory/remote, a repository with one model that is pushed to directory/store.

    As the remote's URL is relative, both can be copied.
    """
    repository = directory / "remote"
    start(dvc, repository, "../store")
    write(repository / "models/churn.pkl", "a model\n")
    dvc.do(repository, "add", "--quiet", "models/churn.pkl")
    annotate(repository, churn="models/churn.pkl")
    commit_and_tag(repository, "churn@v1.0.0")
    dvc.do(repository, "push", "--quiet")


def small_at(small: Path, directory: Path, **settings: str) -> Workspace:
    """Copy what ``build_small`` made, and check it out; the DVC remote has ``settings``."""
    shutil.copytree(small, directory, dirs_exist_ok=True)
    remote = directory / "remote"
    if settings:
        write(remote / ".dvc/config", f"[core]\nremote = store\n{store_config(**settings)}")
        git("-C", str(remote), "tag", "--delete", "churn@v1.0.0")
        commit_and_tag(remote, "churn@v1.0.0")
    return full_clone(str(remote), directory, "refs/tags/churn@v1.0.0")


def store_config(**settings: str) -> str:
    """Write the section of the remote `store` in DVC's configuration."""
    lines = (f"    {name} = {value}\n" for name, value in settings.items())
    return "['remote \"store\"']\n" + "".join(lines)


def pushed_object(directory: Path) -> Path:
    """Return the one object that the store of ``small_at`` has."""
    return directory / "store/files/md5" / MODEL_MD5[:2] / MODEL_MD5[2:]


MODEL_MD5 = hashlib.md5(b"a model\n", usedforsecurity=False).hexdigest()
PIPELINE = """\
vars:
  - settings/names.yaml
stages:
  train:
    wdir: ${place}
    cmd: echo trained > ${out} && mkdir -p report && echo deep > report/deep.txt
    outs: ["${out}", report]
  number:
    foreach: [one, two]
    do:
      cmd: echo ${item} > ${item}.txt
      outs: ["${item}.txt"]
"""
PATHS = {
    "churn": "models/churn.pkl",
    "stage-file": "models/churn.pkl.dvc",
    "table": "data/table",
    "rows": "data/table/rows",
    "row": "data/table/rows/2.csv",
    "trained": "pipeline/work/trained.bin",
    "report": "pipeline/work/report",
    "deep": "pipeline/work/report/deep.txt",
    "number": "pipeline/two.txt",
    "odd": "models/an ödd 'name'#1.pkl",
}
"""Artifacts that `dvc pull PATH` downloads, and their paths."""
OTHERS = {
    "mixed": "mixed",
    "plain": "models/plain.txt",
    "texts": "texts",
    "linked": "linked.pkl",
    "through": "selector/rows/2.csv",
    "team": "team",
    "cloud": "s3://bucket/model.pkl",
    "absent": "data/table/absent.csv",
    "nowhere": "nowhere.pkl",
}


def build_shop(dvc: Dvc, directory: Path) -> Shop:
    """Make a repository with two versions of all kinds of artifacts, in two DVC projects."""
    repository, store = directory / "repository", directory / "store"
    start(dvc, repository, "../store")
    write(repository / "settings/names.yaml", "place: work\nout: trained.bin\n")
    write(repository / "pipeline/settings/names.yaml", "place: work\nout: trained.bin\n")
    write(repository / "pipeline/dvc.yaml", PIPELINE)
    (repository / "pipeline/work").mkdir()
    _write_version(repository, 1)
    outputs = ("models/churn.pkl", "data/table", "mixed/weights.bin", PATHS["odd"])
    dvc.do(repository, "add", "--quiet", *outputs)
    dvc.do(repository, "repro", "--quiet", "--all-pipelines")
    write(repository / "models/plain.txt", "plain 1\n")
    write(repository / "texts/in/a.txt", "a 1\n")
    write(repository / "texts/b.txt", "b\n")
    write(repository / "mixed/config.json", "{}\n")
    (repository / "linked.pkl").symlink_to("models/churn.pkl")
    (repository / "selector").symlink_to("data/table")
    annotate(repository, **PATHS, **OTHERS)
    team = repository / "team"
    team.mkdir()
    dvc.do(team, "init", "--quiet", "--subdir")
    dvc.do(team, "remote", "add", "--default", "team", "../../team-store")
    dvc.do(team, "remote", "add", "other", "../../other-store")
    write(team / "seg.pkl", "segments 1\n")
    write(team / "own.pkl", "its own remote\n")
    dvc.do(team, "add", "--quiet", "seg.pkl", "own.pkl")
    stage = team / "own.pkl.dvc"
    stage.write_text(stage.read_text() + "  remote: other\n")
    annotate(team, seg="seg.pkl", own="own.pkl")
    commit_and_tag(repository, *(f"{name}@v1.0.0" for name in (*PATHS, *OTHERS)))
    tag_only(repository, "team=seg@v1.0.0", "team=own@v1.0.0")
    dvc.do(repository, "push", "--quiet")
    dvc.do(team, "push", "--quiet")
    _write_version(repository, 2)
    write(repository / "models/plain.txt", "plain 2\n")
    write(repository / "texts/in/a.txt", "a 2\n")
    write(team / "seg.pkl", "segments 2\n")
    dvc.do(repository, "add", "--quiet", *outputs)
    dvc.do(team, "add", "--quiet", "seg.pkl")
    commit_and_tag(repository, *(f"{name}@v2.0.0" for name in (*PATHS, *OTHERS)))
    tag_only(repository, "team=seg@v2.0.0", "churn#prod#1")
    dvc.do(repository, "push", "--quiet")
    dvc.do(team, "push", "--quiet")
    return Shop(repository, store)


def tag_only(repository: Path, *tags: str) -> None:
    for tag in tags:
        git("-C", str(repository), *IDENTITY, "tag", "-a", "-m", tag, tag)


def _write_version(repository: Path, version: int) -> None:
    write(repository / "models/churn.pkl", f"churn {version}\n")
    write(repository / PATHS["odd"], f"odd {version}\n")
    write(repository / "mixed/weights.bin", f"weights {version}\n")
    for row in range(version, 4):  # version 2 has a file less
        write(repository / f"data/table/rows/{row}.csv", f"row {row} of {version}\n")
    if version > 1:
        (repository / "data/table/rows/1.csv").unlink()
