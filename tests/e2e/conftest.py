"""The action as workflows get it, and a server for their remote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.act import export_action
from testkit.demo_registry import build_demo
from testkit.servers import git_daemon


@pytest.fixture(scope="session")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The action as a user's workflow gets it."""
    return export_action(tmp_path_factory.mktemp("action"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A git daemon with the demo registry at org/models."""
    build_demo(tmp_path / "served" / "org" / "models")
    with git_daemon(tmp_path / "served") as url:
        yield url
