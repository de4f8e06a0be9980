"""The demo registry, and checkouts of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from demo.registry import build_demo, clone_as_a_runner
from tests.step.harness import Workspace

Pushed = Callable[..., Workspace]

# a busy machine is no failure: speed is the benchmark's
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def demo_remote(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo registry's bare repository, for tests that only read it."""
    return build_demo(tmp_path_factory.mktemp("demo") / "remote.git")


@pytest.fixture
def pushed(tmp_path: Path) -> Pushed:
    """Give a function that checks out a pushed tag of a remote as a runner does."""

    def check_out(remote: Path | str, tag: str) -> Workspace:
        sha = clone_as_a_runner(str(remote), tag, tmp_path / "workspace")
        return Workspace(tmp_path, f"refs/tags/{tag}", sha)

    return check_out
