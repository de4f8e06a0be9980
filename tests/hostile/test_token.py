"""The token is in git's environment while git needs it, and nowhere else."""

from __future__ import annotations

import base64
import os
import secrets
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from testkit.demo_registry import build_demo
from testkit.repositories import git
from testkit.servers import http_server
from tests.hostile.repositories import workspace

TAG = "churn#prod#3"


@pytest.fixture
def token() -> str:
    """A token that no other test has: every process of the machine is searched for it."""
    return f"ghs_{secrets.token_hex(16)}"


def _encoded(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


def _command_lines() -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines


def _contents(directory: Path) -> list[str]:
    found = []
    paths = (Path(parent, name) for parent, _, files in os.walk(directory) for name in files)
    for path in filter(Path.is_file, paths):
        with suppress(OSError):  # git removes files while others are read
            found.append(path.read_bytes().decode(errors="replace"))
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("status", [0, 403])
def test_it_is_in_no_argument_list_no_file_and_no_log(
    status: int, token: str, tmp_path: Path
) -> None:
    remote = build_demo(tmp_path / "org" / "models")
    (tmp_path / "tmp").mkdir()
    seen: list[str] = []
    written: list[str] = []

    def look(handler: BaseHTTPRequestHandler) -> bool:
        seen.extend(_command_lines())
        written.extend(_contents(tmp_path))
        if status:
            handler.send_error(status)
        return bool(status)

    with http_server(tmp_path, f"basic {_encoded(token)}") as server:
        server.intercept = look
        run = workspace(tmp_path, remote, TAG)
        git("-C", str(run.checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
        environment = {
            "GITHUB_SERVER_URL": server.url,
            "GITHUB_REPOSITORY": "org/models",
            "TMPDIR": str(tmp_path / "tmp"),
            "GIT_TRACE": "1",
            "GIT_TRACE_CURL": "1",
            "GIT_TRACE_REDACT": "0",
            "GIT_CURL_VERBOSE": "1",
        }
        result = run.run(environment, token=token, show=True, summary=True)
    assert result.code == (5 if status else 0), result.log
    assert any("git" in line and ("fetch" in line or "ls-remote" in line) for line in seen)
    assert list((tmp_path / "tmp").iterdir()) == []
    written.extend(_contents(tmp_path))
    for secret in (token, _encoded(token)):
        assert not [line for line in seen if secret in line]
        assert not [text for text in written if secret in text]


def test_a_program_that_fetches_for_git_does_not_see_it(
    token: str, demo_remote: Path, tmp_path: Path
) -> None:
    run = workspace(tmp_path, demo_remote, TAG)
    seen = tmp_path / "seen"
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\nenv > '{seen}'; exec git-upload-pack '{demo_remote}'\n")
    program.chmod(0o755)
    git("-C", str(run.checkout), "remote", "set-url", "origin", "git@models.invalid:org/models")
    git("-C", str(run.checkout), "config", "core.sshCommand", str(program))
    server = {"GITHUB_SERVER_URL": "https://models.invalid", "GITHUB_REPOSITORY": "org/models"}
    result = run.run(server, token=token)
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0")
    assert token not in seen.read_text()
    assert _encoded(token) not in seen.read_text()
