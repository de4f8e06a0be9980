"""What the tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest

from testkit.repositories import git


@pytest.fixture
def checkout(demo_remote: Path, tmp_path: Path) -> Path:
    """A clone of the demo registry with all tags."""
    directory = tmp_path / "checkout"
    git("clone", "--quiet", str(demo_remote), str(directory))
    return directory
