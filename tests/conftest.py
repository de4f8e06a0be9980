"""The demo registry and checkouts of it; a DVC, and repositories that people made with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from gto_action.artifacts.dvc.installation import find_dvc
from testkit.demo_registry import build_demo
from testkit.dvc_projects import Dvc, Shop, build_shop, build_small, pull, reach_stores, small_at
from testkit.repositories import git_environment
from testkit.runner import clone_as_a_runner
from testkit.step import Result, Workspace
from tests.packages import package_index
from tests.pull.dvc_peer import DvcPeer, dvc_peer
from tests.pull.dvc_server import dvc_server

Pushed = Callable[..., Workspace]
Pulled = Callable[..., tuple[Workspace, Result]]

# speed is measured by the benchmark: a slow machine is not a failure
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """End the measurement that pytest-cov starts in a worker before the worker's own.

    It would go on, for nothing, while a test marked ``no_cover`` has paused the other.
    """
    if hasattr(config, "workerinput") and (measurement := Coverage.current()):
        measurement.stop()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    """Let one worker run, first, all tests with a DVC; measure no coverage of generated cases.

    A worker that has installed DVC need not do it twice, and a property runs the same lines often.
    """
    for item in items:
        if "installed_dvc" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("dvc"))
        if item.path.parent.name == "conformance" or hasattr(item.obj, "hypothesis"):  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.no_cover)
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
    yield  # xdist reads the groups
    if config.getoption("loadgroup", default=False):
        for item in items:
            if marker := item.get_closest_marker("xdist_group"):
                assert item.nodeid.endswith(f"@{marker.args[0]}"), "xdist ignores the groups"


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Return one worker more than xdist starts: tests wait for servers and for pauses."""
    return (yield) + 1


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of a long value by its length; the environment has no room for the value."""
    if isinstance(val, (str, bytes)) and len(val) > 200:
        return f"{argname} of length {len(val)}"
    return None


@pytest.fixture(scope="session")
def demo_remote(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo registry's bare repository, for tests that only read it."""
    return build_demo(tmp_path_factory.mktemp("demo") / "remote.git")


@pytest.fixture(scope="session")
def demo_checkouts(
    demo_remote: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[str, Path]]:
    """Return a function that checks out a tag of the demo registry, once: its commit, its path."""

    @cache
    def check_out(tag: str) -> tuple[str, Path]:
        path = tmp_path_factory.mktemp("checkout") / "workspace"
        return clone_as_a_runner(str(demo_remote), tag, path), path

    return check_out


@pytest.fixture
def pushed(
    tmp_path: Path, demo_remote: Path, demo_checkouts: Callable[[str], tuple[str, Path]]
) -> Pushed:
    """Return a function that checks out a pushed tag of a remote as a runner does."""

    def check_out(remote: Path | str, tag: str) -> Workspace:
        workspace = tmp_path / "workspace"
        if remote == demo_remote and not workspace.exists():
            sha, template = demo_checkouts(tag)
            shutil.copytree(template, workspace, symlinks=True)
        else:
            sha = clone_as_a_runner(str(remote), tag, workspace)
        return Workspace(tmp_path, f"refs/tags/{tag}", sha)

    return check_out


@pytest.fixture(scope="session")
def index() -> Iterator[dict[str, str]]:
    """The variables with which installers use a package index on 127.0.0.1."""
    with package_index() as reported:
        yield reported


@pytest.fixture(scope="session")
def installed_dvc(index: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """The command of a DVC with the plug-ins for S3 and SSH, installed by the program itself."""
    directory = tmp_path_factory.mktemp("programs")
    environment = {**git_environment(), **index, "PATH": os.defpath}
    logged: list[str] = []
    return find_dvc({"s3", "ssh"}, environment, directory=str(directory), log=logged.append).command


@pytest.fixture(scope="session")
def dvc(
    installed_dvc: Sequence[str], peer: DvcPeer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dvc]:
    """The installed DVC, in a directory for the PATH; it knows what `dvc version` prints."""
    directory = tmp_path_factory.mktemp("bin")
    printed = subprocess.run([*installed_dvc, "version"], capture_output=True, check=True).stdout
    (directory / "version").write_bytes(printed)
    (directory / "dvc").write_text(
        f'#!/bin/sh\n[ "$*" = version ] && exec cat {directory}/version\n'
        f'exec {directory}/run-dvc "$@"\n'
    )
    (directory / "dvc").chmod(0o755)
    with dvc_server(installed_dvc[0], directory):
        yield Dvc(directory, peer.run)


@pytest.fixture(scope="session")
def small(dvc: Dvc, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a repository of one model, and the store that it is pushed to."""
    directory = tmp_path_factory.mktemp("small")
    build_small(dvc, directory)
    return directory


@pytest.fixture
def model(small: Path, tmp_path: Path) -> Workspace:
    """A checkout of a model, its repository in tmp_path/remote, its bytes in tmp_path/store."""
    return small_at(small, tmp_path)


@pytest.fixture
def pulled(shop: Shop, dvc: Dvc, pushed: Pushed) -> Pulled:
    """Return a function that checks a tag of the shop out, and runs the step with `pull`."""

    def run(tag: str, **inputs: str) -> tuple[Workspace, Result]:
        workspace = pushed(shop.repository.as_uri(), tag)
        reach_stores(workspace.root, shop)
        return workspace, pull(workspace, dvc, **inputs)

    return run


@pytest.fixture(scope="session")
def shop(dvc: Dvc, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A repository with artifacts of all kinds, for tests that only read it."""
    return build_shop(dvc, tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def peer(
    installed_dvc: Sequence[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DvcPeer]:
    """A process of the installed DVC, which runs commands of the tests themselves."""
    with dvc_peer(installed_dvc[0], tmp_path_factory.mktemp("home")) as started:
        yield started
