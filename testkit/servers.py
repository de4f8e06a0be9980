"""Real servers on 127.0.0.1."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from testkit.repositories import git_environment


@contextmanager
def git_daemon(root: Path) -> Iterator[str]:
    """Serve the repositories of a directory; return the URL of the directory."""
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
            # a full pipe would stop it
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield f"git://127.0.0.1:{port}"
        finally:
            server.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def http_server(root: Path, authorization: str = "", port: int = 0) -> Iterator[HttpServer]:
    """Serve the repositories of a directory by `git http-backend`.

    With ``authorization`` only to requests that have this header, as a private repository does.
    """
    with HttpServer(root, authorization, port) as server, answering(server):
        yield server


@contextmanager
def answering(server: ThreadingHTTPServer) -> Iterator[str]:
    """Let a server answer in a thread of its own; return its URL."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def header_recorder() -> Iterator[tuple[str, list[list[str]]]]:
    """Serve nothing; return the URL, and the Authorization headers of each request so far."""
    requests: list[list[str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.headers.get_all("Authorization") or [])
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, answering(server) as url:
        yield url, requests


class HttpServer(ThreadingHTTPServer):
    """A smart HTTP server of Git's.

    It remembers the Authorization headers that it was sent, and counts the bytes of contents that
    it ``sent`` and ``received``.
    ``intercept`` may answer a request instead, and returns whether it did.
    """

    def __init__(self, root: Path, authorization: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.root = root
        self.authorization = authorization
        self.authorizations: list[str] = []
        self.intercept: Callable[[BaseHTTPRequestHandler], bool] = lambda _: False
        self.sent = self.received = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that has gone: a fetch that is not needed any more is ended."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HttpServer
    body = b""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        self.body = body
        if self.server.intercept(self):
            return
        header = self.headers.get("Authorization", "")
        self.server.authorizations.append(header)
        if self.server.authorization.lower() not in {"", header.lower()}:
            self._send(401, ["WWW-Authenticate: Basic"], b"")
            return
        head, _, content = self.process(body).partition(b"\r\n\r\n")
        headers = head.decode().splitlines()
        status = [line for line in headers if line.startswith("Status: ")]
        self._send(int(status[0].split()[1]) if status else 200, headers, content)

    def _send(self, status: int, headers: list[str], content: bytes) -> None:
        self.send_response(status)
        for line in headers:
            self.send_header(*line.split(": ", 1))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.server.sent += len(content)
        self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received += len(body)
        return gzip.decompress(body) if self.headers.get("Content-Encoding") else body

    def process(self, body: bytes) -> bytes:
        """Let Git answer a request."""
        requested = urlsplit(self.path)  # of a proxy a complete URL is requested
        environment = {
            **git_environment(),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": requested.path,
            "QUERY_STRING": requested.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        command = ("git", "http-backend")
        done = subprocess.run(command, input=body, env=environment, capture_output=True, check=True)
        return done.stdout
