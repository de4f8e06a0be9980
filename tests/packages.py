"""A package index on 127.0.0.1, and DVC as a pull installs it from there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

WHEELS = Path(sys.prefix) / "wheels"


@contextmanager
def package_index() -> Iterator[dict[str, str]]:
    """Serve the wheels that `make test` downloaded; give what tells installers of them.

    Source: the Python Packaging Authority's simple repository API.
    """
    assert WHEELS.is_dir(), "there are no wheels: run make test, which downloads them"
    with _Server(("127.0.0.1", 0), _Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/simple/"
        try:
            yield {"UV_DEFAULT_INDEX": url, "PIP_INDEX_URL": url, "PIP_CONFIG_FILE": "/dev/null"}
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256  # an installer asks for all packages at once


class _Index(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments, directory=str(WHEELS))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        _, kind, name, *_ = [*unquote(self.path).split("/"), ""]
        if kind != "simple":
            super().do_GET()
            return
        wheels = [one.name for one in WHEELS.iterdir() if _project(one) == name]
        page = "".join(f'<a href="/{wheel}">{wheel}</a>\n' for wheel in sorted(wheels)).encode()
        self.send_response(200 if wheels else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        pass


def _project(wheel: Path) -> str:
    return wheel.name.partition("-")[0].lower().replace("_", "-").replace(".", "-")
