"""Real servers on 127.0.0.1."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.registry import git_environment


@contextmanager
def git_daemon(root: Path) -> Iterator[str]:
    """Serve the repositories of a folder; give the URL of the folder."""
    port = free_port()
    command = (
        "git",
        "daemon",
        f"--base-path={root}",
        "--export-all",
        "--reuseaddr",
        "--listen=127.0.0.1",
        f"--port={port}",
        "--verbose",
    )
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=git_environment()) as server:
        try:
            assert server.stderr is not None
            server.stderr.readline()  # "Ready to rumble": it listens
            yield f"git://127.0.0.1:{port}"
        finally:
            server.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
