"""Real storages on 127.0.0.1: HTTP, SSH and S3."""

from __future__ import annotations

import base64
import getpass
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

from testkit.repositories import git_environment
from testkit.servers import answering, free_port


@contextmanager
def http_files(directory: Path, user: str, password: str) -> Iterator[str]:
    """Serve the files of a directory to clients with a password; return the URL."""
    secret = base64.b64encode(f"{user}:{password}".encode()).decode()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self._is_known():
                super().do_GET()

        def do_HEAD(self) -> None:
            if self._is_known():
                super().do_HEAD()

        def log_message(self, *_: object) -> None:
            pass

        def _is_known(self) -> bool:
            if self.headers.get("Authorization") == f"Basic {secret}":
                return True
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False

    handler = partial(Handler, directory=str(directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, answering(server) as url:
        yield url


SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
"""OpenSSH's server; `make test` installs it where it can."""


@contextmanager
def ssh_server(directory: Path) -> Iterator[str]:
    """Serve all files to clients with the key directory/key; return the URL of the root."""
    assert SSHD
    directory.mkdir()
    for name in ("host", "key", "stranger"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)]
        subprocess.run(command, check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": directory / "host",
        "AuthorizedKeysFile": directory / "key.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "yes",
        "PidFile": "none",
        "Subsystem": "sftp internal-sftp",
    }
    text = "".join(f"{name} {value}\n" for name, value in settings.items())
    (directory / "config").write_text(text)
    command = [SSHD, "-D", "-e", "-f", str(directory / "config")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            assert "listening" in server.stderr.readline()
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield f"ssh://{getpass.getuser()}@127.0.0.1:{port}"
        finally:
            server.terminate()


KNOWN = {"AWS_ACCESS_KEY_ID": "known", "AWS_SECRET_ACCESS_KEY": "secret"}


@contextmanager
def s3_server(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve S3; return the URL."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    given = {**git_environment(), **(environment or {})}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=given, text=True) as server:
        try:
            assert server.stderr is not None
            while "Running on" not in server.stderr.readline():
                assert server.poll() is None
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def fill_bucket(server: str, bucket: str, directory: Path) -> None:
    """Make a bucket with a directory and its files. Source: the S3 API, CreateBucket, PutObject."""
    _put(f"{server}/{bucket}", None)
    for file in directory.rglob("*"):
        if file.is_file():
            _put(f"{server}/{bucket}/{file.relative_to(directory.parent)}", file.read_bytes())


def _put(url: str, content: bytes | None) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    requested = Request(url, content, kind, method="PUT")  # noqa: S310 - it is our own server
    urlopen(requested, timeout=60).close()  # noqa: S310
