"""What happens to tags between the push and the end of the run."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from testkit.demo_registry import build_demo
from testkit.repositories import git
from testkit.servers import http_server
from testkit.step import AS_A_PROCESS, Result, Workspace
from tests.conftest import Pushed
from tests.hostile.repositories import add_tag

TAG = "churn#prod#3"


def test_a_moved_tag_ends_the_run(tmp_path: Path, pushed: Pushed) -> None:
    remote = build_demo(tmp_path / "remote.git")
    workspace = pushed(remote, TAG)
    git("-C", str(remote), "tag", "--delete", TAG)
    add_tag(remote, TAG, target="main")
    result = workspace.run()
    assert (result.code, result.outputs) == (7, {})
    assert "someone moved it" in result.log


def test_a_deleted_tag_ends_the_run(tmp_path: Path, pushed: Pushed) -> None:
    remote = build_demo(tmp_path / "remote.git")
    workspace = pushed(remote, TAG)
    git("-C", str(remote), "tag", "--delete", TAG)
    result = workspace.run()
    assert (result.code, result.outputs) == (6, {})


def test_a_tag_that_appears_during_the_run_takes_nothing_from_the_event(
    tmp_path: Path, pushed: Pushed
) -> None:
    remote = build_demo(tmp_path / "org" / "models")
    workspace = pushed(remote, TAG)
    appeared: list[str] = []

    def push(_: BaseHTTPRequestHandler) -> bool:
        name = f"churn@v9.0.{len(appeared)}"
        add_tag(remote, name, target="main")
        appeared.append(name)
        return False

    with http_server(tmp_path) as server:
        server.intercept = push
        git(
            "-C", str(workspace.checkout), "remote", "set-url", "origin", f"{server.url}/org/models"
        )
        result = workspace.run(show=True)
    assert len(appeared) > 1
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0")


def test_concurrent_runs_in_the_same_checkout(
    demo_remote: Path, tmp_path: Path, pushed: Pushed
) -> None:
    checkout = pushed(demo_remote, TAG).checkout
    results: list[Result] = []
    runs = []
    for number in range(4):
        root = tmp_path / f"run{number}"
        root.mkdir()
        (root / "workspace").symlink_to(checkout)
        run = Workspace(root, f"refs/tags/{TAG}", "", AS_A_PROCESS)
        runs.append(threading.Thread(target=lambda run=run: results.append(run.run(show=True))))
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    assert [(result.code, result.outputs["version"]) for result in results] == [(0, "v1.1.0")] * 4
    assert git("-C", str(checkout), "status", "--porcelain") == ""
