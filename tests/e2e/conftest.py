"""The action as workflows get it, and a server for their remote."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.registry import build_demo
from tests.e2e.runner import ROOT
from tests.servers import git_daemon


@pytest.fixture(scope="session")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The action as a user's workflow gets it: what it is built from, and no more."""
    folder = tmp_path_factory.mktemp("action")
    for name in ("action.yml", "Dockerfile", "entrypoint.py", "requirements.txt", ".dockerignore"):
        shutil.copy(ROOT / name, folder)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("gto_action", "composite"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A git daemon with the demo registry at org/models."""
    build_demo(tmp_path / "served" / "org" / "models")
    with git_daemon(tmp_path / "served") as url:
        yield url
