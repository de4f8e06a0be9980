"""A package index on 127.0.0.1, and DVC as a pull installs it from there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from testkit.servers import answering

WHEELS = Path(sys.prefix) / "wheels"


@contextmanager
def package_index(packages: Path = WHEELS) -> Iterator[dict[str, str]]:
    """Serve a directory of packages, by default the wheels that `make test` downloaded.

    Yields the environment variables that make installers use this index and no other. Source: the
    Python Packaging Authority's simple repository API.
    """
    assert WHEELS.is_dir(), "there are no wheels: run make test, which downloads them"
    handler = partial(_Index, directory=str(packages))
    with _Server(("127.0.0.1", 0), handler) as server, answering(server) as url:
        simple = f"{url}/simple/"
        yield {"UV_DEFAULT_INDEX": simple, "PIP_INDEX_URL": simple, "PIP_CONFIG_FILE": "/dev/null"}


class _Server(ThreadingHTTPServer):
    request_queue_size = 256  # an installer asks for all packages at once


class _Index(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        _, kind, name, *_ = [*unquote(self.path).split("/"), ""]
        if kind != "simple":
            super().do_GET()
            return
        files = [path.name for path in Path(self.directory).iterdir() if _project(path) == name]
        page = "".join(f'<a href="/{file}">{file}</a>\n' for file in sorted(files)).encode()
        self.send_response(200 if files else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        pass


def _project(package: Path) -> str:
    return package.name.partition("-")[0].lower().replace("_", "-").replace(".", "-")
