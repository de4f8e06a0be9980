"""What is cancelled leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo.runner import runner_environment
from tests.step.harness import ENTRYPOINT
from tests.terminal.harness import command, terminal_environment


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_cancelled_fetch_leaves_no_folder(tmp_path: Path, *, by_hand: bool) -> None:
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
