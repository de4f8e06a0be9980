"""What the tests of writing share: a remote with commits, and a clone of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from testkit.repositories import Builder, git

COMMITS = 20


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `models.git`, which accepts pushes, and `clone`."""
    directory = tmp_path_factory.mktemp("writing")
    builder = Builder(directory / "models.git")
    for number in range(COMMITS):
        builder.commit({"model.pkl": f"model {number}\n"})
    remote = str(builder.build())
    for name in ("http.receivepack", "daemon.receivepack"):
        git("-C", remote, "config", name, "true")
    git("clone", "--quiet", remote, str(directory / "clone"))
    return directory


@pytest.fixture
def remote(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built / "models.git", tmp_path / "models.git"))


@pytest.fixture
def clone(built: Path, remote: Path, tmp_path: Path) -> Path:
    directory = Path(shutil.copytree(built / "clone", tmp_path / "clone"))
    git("-C", str(directory), "remote", "set-url", "origin", str(remote))
    return directory
