"""A cancelled step leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from testkit.demo_registry import build_demo
from testkit.runner import read_outputs, runner_environment
from testkit.step import ENTRYPOINT
from tests.hostile.repositories import workspace
from tests.terminal.harness import command, terminal_environment


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_cancelled_fetch_leaves_no_directory(tmp_path: Path, *, by_hand: bool) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "workspace").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as stalling:
        url = f"git://127.0.0.1:{stalling.getsockname()[1]}"
        environment = {
            **terminal_environment(),
            **runner_environment(tmp_path, "refs/tags/m@v1.0.0", ""),
            "GITHUB_SERVER_URL": url,
            "GITHUB_REPOSITORY": "models",
            "TMPDIR": str(tmp_path / "tmp"),
        }
        words = (
            command("show", "-r", f"{url}/models") if by_hand else [sys.executable, str(ENTRYPOINT)]
        )
        with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as process:
            connection, _ = stalling.accept()
            process.terminate()
            assert process.wait() == 128 + signal.SIGTERM
            connection.close()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert (tmp_path / "output").read_text() == ""


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.mark.parametrize(
    "entries", [pytest.param(6, id="few"), pytest.param(100, id="many", marks=pytest.mark.long)]
)
def test_a_step_that_is_cancelled_at_any_moment_leaves_all_or_nothing(
    entries: int, tmp_path: Path
) -> None:
    remote = build_demo(tmp_path / "remote.git")
    run = workspace(tmp_path, remote, "churn#prod#3")
    (tmp_path / "tmp").mkdir()
    start = time.monotonic()
    assert _cancelled(run.root, run.ref, None, 60) == 0
    complete = time.monotonic() - start
    expected = read_outputs((tmp_path / "output").read_text())
    for number, entry in product(SIGNALS, range(entries)):
        delay = complete * (entry + 0.5) / entries
        code = _cancelled(run.root, run.ref, number, delay)
        outputs = read_outputs((tmp_path / "output").read_text())
        # while Python starts, a signal ends it as it ends any program, SIGINT with a traceback
        early = {-number, *([1] if number == signal.SIGINT else [])}
        assert code in {0, 128 + number, *early}, (number, delay)
        assert outputs in ({}, expected), (number, delay)
        assert list((tmp_path / "tmp").iterdir()) == [], (number, delay)
        assert code != 0 or outputs == expected


def _cancelled(root: Path, ref: str, number: signal.Signals | None, delay: float) -> int:
    """Run the step, send it a signal after some seconds and again; return its exit code."""
    environment = {
        **runner_environment(root, ref, ""),
        "TMPDIR": str(root / "tmp"),
        "INPUT_SUMMARY": "true",
    }
    words = [sys.executable, str(ENTRYPOINT)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        if number:
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.003)
            process.send_signal(number)
        return process.wait()
