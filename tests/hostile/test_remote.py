"""A remote that fails: it retries transient errors and interprets complete fetches only."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from gto_action.errors import FetchError
from gto_action.git.fetch import FetchObserver
from gto_action.git.fetch_failures import is_transient
from gto_action.git.source import open_location
from testkit.demo_registry import build_demo
from testkit.repositories import Builder, git, git_environment
from testkit.servers import HttpServer, free_port, http_server
from tests.conftest import Pushed
from tests.hostile.repositories import workspace

TAG = "churn#prod#3"
TOKEN = "ghs_not-a-real-token"  # noqa: S105
TAGS = 15
NO_PAUSES = (0.0, 0.0, 0.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpServer]:
    build_demo(tmp_path / "org" / "models")
    with http_server(tmp_path) as running:
        yield running


def _count_tags(url: str, environment: dict[str, str] | None, logged: list[str]) -> int:
    observer = FetchObserver(logged.append, pauses=NO_PAUSES)
    variables = {**git_environment(), **(environment or {})}
    with open_location(url, variables, observer=observer) as source:
        return sum(1 for _ in source.tags())


def _fetch_tags(url: str, environment: dict[str, str] | None = None) -> tuple[int, list[str]]:
    """Fetch the tags of a URL; return their number, and the lines of the log."""
    logged: list[str] = []
    return _count_tags(url, environment, logged), logged


def _fails(url: str, environment: dict[str, str] | None = None) -> tuple[str, int]:
    """Return the message of a fetch that fails, and the number of further attempts."""
    logged: list[str] = []
    with pytest.raises(FetchError) as caught:
        _count_tags(url, environment, logged)
    return str(caught.value), len(logged)


def _refuses(status: int) -> Callable[[BaseHTTPRequestHandler], bool]:
    def refuse(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_error(status)
        return True

    return refuse


def test_a_refused_connection_is_tried_again_three_times() -> None:
    message, again = _fails(f"http://127.0.0.1:{free_port()}/org/models")
    assert "could not fetch the tags from http://127.0.0.1" in message
    assert again == 3
    assert _fails(f"git://127.0.0.1:{free_port()}/org/models")[1] == 3


def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    message, again = _fails("http://models.invalid/org/models")
    assert ("Could not resolve host" in message, again) == (True, 3)


@pytest.mark.parametrize(
    ("status", "again"), [(401, 0), (403, 0), (404, 0), (429, 3), (500, 3), (503, 3)]
)
def test_a_status_is_tried_again_where_it_may_pass(
    status: int, again: int, server: HttpServer
) -> None:
    server.intercept = _refuses(status)
    assert _fails(f"{server.url}/org/models")[1] == again


def test_a_connection_that_is_closed_is_tried_again(server: HttpServer) -> None:
    def close(handler: BaseHTTPRequestHandler) -> bool:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
        return True

    server.intercept = close
    assert _fails(f"{server.url}/org/models")[1] == 3


def _half_a_pack(handler: BaseHTTPRequestHandler) -> bool:
    if handler.command != "POST":
        return False
    handler.send_response(200)
    handler.send_header("Content-Type", "application/x-git-upload-pack-result")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"000dpackfile\n0011\x01PACK\x00\x00\x00\x02\x00\x00")
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)
    return True


def test_half_a_pack_is_fetched_again_and_never_interpreted(server: HttpServer) -> None:
    server.intercept = _half_a_pack
    assert _fails(f"{server.url}/org/models")[1] == 3


def test_a_transport_that_ends_badly_is_not_an_empty_remote(tmp_path: Path) -> None:
    remote = build_demo(tmp_path / "models")
    command = {"GIT_SSH_COMMAND": f"f() {{ git-upload-pack '{remote}'; exit 1; }}; f"}
    url = "ssh://models.invalid/models"
    message, again = _fails(url, command)
    assert message == f"could not fetch the tags from {url}: it ended early, without a reason"
    assert again == 3


def test_the_name_of_a_repository_is_no_reason_to_give_up() -> None:
    assert _fails(f"http://127.0.0.1:{free_port()}/org/certificate-not-found")[1] == 3


def test_a_transient_error_is_retried(server: HttpServer) -> None:
    requests: list[str] = []

    def twice(handler: BaseHTTPRequestHandler) -> bool:
        requests.append(handler.path)
        if len(requests) < 3:
            handler.send_error(502)
        return len(requests) < 3

    server.intercept = twice
    number, logged = _fetch_tags(f"{server.url}/org/models")
    assert (number, len(logged)) == (TAGS, 2)
    assert all("; trying again in 0 s" in item for item in logged)


def test_the_step_says_in_its_log_what_it_tries_again(server: HttpServer, tmp_path: Path) -> None:
    requests: list[str] = []

    def once(handler: BaseHTTPRequestHandler) -> bool:
        requests.append(handler.path)
        if len(requests) == 1:
            handler.send_error(503)
        return len(requests) == 1

    server.intercept = once
    run = workspace(tmp_path, Path("unused"), TAG)
    git("-C", str(run.checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
    result = run.run(policy="off")
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0")
    assert "The requested URL returned error: 503; trying again in 1 s" in result.log


@pytest.mark.parametrize("where", ["at once", "in a pack"])
def test_a_stall_ends_at_the_time_limit(where: str, server: HttpServer, tmp_path: Path) -> None:
    over = threading.Event()

    def stall(handler: BaseHTTPRequestHandler) -> bool:
        if where == "in a pack" and handler.command != "POST":
            return False
        if where == "in a pack":
            handler.send_response(200)
            handler.send_header("Content-Type", "application/x-git-upload-pack-result")
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
            handler.wfile.write(b"000dpackfile\n")
            handler.wfile.flush()
        over.wait()
        handler.close_connection = True
        return True

    server.intercept = stall
    (tmp_path / "tmp").mkdir()
    run = workspace(tmp_path, Path("unused"), TAG)
    git("-C", str(run.checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
    try:
        result = run.run({"TMPDIR": str(tmp_path / "tmp")}, time_limit="1")
    finally:
        over.set()
    assert (result.code, result.outputs) == (10, {})
    assert "the step took longer than 1 s, the input time-limit" in result.log
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("credentials", ["token", "kept", "none"])
def test_credentials_do_not_follow_a_redirect(
    credentials: str, server: HttpServer, tmp_path: Path, pushed: Pushed
) -> None:
    elsewhere = f"http://localhost:{server.server_port}"
    run = pushed(tmp_path / "org" / "models", TAG)

    with http_server(tmp_path) as first:

        def send_away(handler: BaseHTTPRequestHandler) -> bool:
            handler.send_response(301)
            handler.send_header("Location", f"{elsewhere}{handler.path}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return True

        first.intercept = send_away
        git("-C", str(run.checkout), "remote", "set-url", "origin", f"{first.url}/org/models")
        if credentials == "kept":
            key = f"http.{first.url}/.extraheader"
            git("-C", str(run.checkout), "config", key, f"AUTHORIZATION: basic {TOKEN}")
        for key in ("http.followRedirects", f"http.{first.url}/.followRedirects"):
            git("-C", str(run.checkout), "config", key, "true")
        result = run.run(
            {"GITHUB_SERVER_URL": first.url, "GITHUB_REPOSITORY": "org/models"},
            token=TOKEN if credentials == "token" else "",
        )
    assert set(server.authorizations) <= {""}
    if credentials == "none":
        assert (result.code, result.outputs["version"]) == (0, "v1.1.0")
    else:
        assert (result.code, result.outputs) == (5, {})
        assert "credentials do not follow: name the new URL" in result.log


def test_a_proxy_is_used(server: HttpServer) -> None:
    requested: list[str] = []

    def note(handler: BaseHTTPRequestHandler) -> bool:
        requested.append(handler.path)
        return False

    server.intercept = note
    number, _ = _fetch_tags("http://models.invalid/org/models", {"http_proxy": server.url})
    assert number == TAGS
    assert all(item.startswith("http://models.invalid/org/models") for item in requested)


def test_a_certificate_that_does_not_verify_is_refused_at_once(tmp_path: Path) -> None:
    build_demo(tmp_path / "org" / "models")
    with _https_server(tmp_path) as url:
        message, again = _fails(f"{url}/org/models")
        assert ("certificate" in message, again) == (True, 0)
        trusted = {"GIT_SSL_CAINFO": str(tmp_path / "certificate")}
        assert _fetch_tags(f"{url}/org/models", trusted) == (TAGS, [])


@contextmanager
def _https_server(root: Path) -> Iterator[str]:
    certificate, key = root / "certificate", root / "key"
    request = ("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2")
    names = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run((*request, *names, *files), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http_server(root) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield f"https://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("filters", [True, False])
def test_a_server_without_filters(filters: bool, server: HttpServer, tmp_path: Path) -> None:
    remote = tmp_path / "org" / "models"
    git("-C", str(remote), "config", "uploadpack.allowFilter", str(filters).lower())
    assert _fetch_tags(f"{server.url}/org/models") == (TAGS, [])


def test_a_tag_that_is_deleted_after_it_was_listed_is_not_there(tmp_path: Path) -> None:
    """Git before 2.41 lists the tags, and then fetches them by their SHAs."""
    remote = tmp_path / "models"
    build_demo(remote)
    program = shutil.which("git")
    (tmp_path / "git").write_text(
        f"""#!/bin/sh
        case "$*" in
        *--porcelain*) exit 129 ;;
        *--stdin*)
            (
                unset $('{program}' rev-parse --local-env-vars)
                '{program}' -C '{remote}' tag -d churn@v1.0.0 &&
                    '{program}' -C '{remote}' -c gc.auto=0 repack -q -a -d &&
                    '{program}' -C '{remote}' prune --expire=now
            ) >>'{tmp_path}/deleted'
            ;;
        esac
        exec '{program}' "$@"
        """
    )
    (tmp_path / "git").chmod(0o755)
    path = {"PATH": f"{tmp_path}:{git_environment()['PATH']}"}
    assert _fetch_tags(f"file://{remote}", path) == (TAGS - 1, [])
    assert "churn@v1.0.0" in (tmp_path / "deleted").read_text()


def test_a_repository_without_a_tag_has_none(tmp_path: Path) -> None:
    git("init", "--quiet", "--bare", str(tmp_path / "empty.git"))
    assert _fetch_tags(f"file://{tmp_path}/empty.git") == (0, [])


@pytest.mark.parametrize("protocol", ["0", "2"])
@pytest.mark.parametrize("transport", ["file", "http"])
def test_a_remote_with_branches_and_no_tags(transport: str, protocol: str, tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models")
    builder.commit({"file": "x"}, branch="main")
    builder.commit({"file": "y"}, branch="tags/churn@v1.0.0")
    builder.build()
    environment = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.version",
        "GIT_CONFIG_VALUE_0": protocol,
    }
    with http_server(tmp_path) as server:
        url = f"{server.url}/models" if transport == "http" else f"file://{tmp_path}/models"
        assert _fetch_tags(url, environment) == (0, [])
        run = workspace(tmp_path, Path(url), TAG)
        git("-C", str(run.checkout), "remote", "set-url", "origin", url)
        event = run.run(environment)
        branch = run.run(environment, ref="refs/heads/main", show=True)
    assert (event.code, event.outputs) == (6, {})
    assert f"there is no tag '{TAG}' in {url}" in event.log
    assert (branch.code, set(branch.outputs.values())) == (0, {""})


@pytest.mark.parametrize(
    ("stderr", "passes"),
    [
        ("ssh: Could not resolve hostname x: Temporary failure in name resolution", True),
        ("ssh: connect to host x port 22: Connection timed out", True),
        ("kex_exchange_identification: Connection closed by remote host", True),
        ("git@x: Permission denied (publickey).\nfatal: Could not read from remote.", False),
        ("Host key verification failed.\nfatal: the remote end hung up unexpectedly", False),
        ("fatal: Authentication failed for 'https://x/'", False),
        ("fatal: repository 'https://x/' not found", False),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", False),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 504", True),
        ("fatal: unable to access 'https://x/': Operation too slow.", True),
        ("fatal: unable to access 'https://x/': SSL certificate problem: expired", False),
        ("error: RPC failed; curl 18 transfer closed\nfatal: early EOF", True),
        ("error: RPC failed; curl 56 GnuTLS recv error (-110)", True),
        ("fatal: '/x' does not appear to be a git repository\nfatal: hung up", False),
        ("fatal: write error: No space left on device\nfatal: index-pack failed", False),
        ("fatal: transport 'ext' not allowed", False),
    ],
)
def test_transient_errors(stderr: str, passes: bool) -> None:
    assert is_transient(stderr) == passes


def test_a_refusal_by_ssh_is_not_tried_again() -> None:
    ssh = "echo 'Identity file key not accessible' >&2; exit 255; #"
    message, again = _fails("git@models.invalid:org/models", {"GIT_SSH_COMMAND": ssh})
    assert ("Could not read from remote repository" in message, again) == (True, 0)
    lost = "echo 'ssh: connect to host x port 22: Connection timed out' >&2; exit 255; #"
    assert _fails("git@models.invalid:org/models", {"GIT_SSH_COMMAND": lost})[1] == 3
