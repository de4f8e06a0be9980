"""Which credentials reach a server, whatever the user and the checkout have configured."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gto_action.errors import FetchError
from gto_action.git.fetch import FetchObserver
from gto_action.git.remote import RunRepository
from gto_action.git.source import open_source
from testkit.demo_registry import build_demo
from testkit.repositories import git, git_environment
from testkit.servers import header_recorder, http_server
from testkit.step import Workspace
from tests.hostile.repositories import workspace

TAG = "churn#prod#3"
TOKEN = "ghs_not-a-real-token"  # noqa: S105
SENT = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()

PATTERNS = (
    "",
    "{}/",
    "{}/org/",
    "{}/org/models",
    "{}/other/",
    "{wild}/",
    "http://127.0.0.1/",
    "{}",
)
VALUES = ("AUTHORIZATION: basic a", "Authorization: Bearer b", "X-Tenant: t", "")
ENTRY = st.tuples(
    st.sampled_from(["global", "local"]), st.sampled_from(PATTERNS), st.sampled_from(VALUES)
)


@settings(max_examples=25)
@given(entries=st.lists(ENTRY, max_size=6), checkout=st.booleans())
@example(entries=[("global", "{}/", VALUES[0])], checkout=False)
@example(entries=[("local", "{wild}/", VALUES[0])], checkout=True)
@example(entries=[("local", "{}/other/", VALUES[0])], checkout=True)
@example(entries=[("local", "{}/", VALUES[0]), ("local", "{}/", "")], checkout=True)
@example(entries=[("local", "{}/org/", VALUES[2])], checkout=True)
@example(entries=[("local", "", VALUES[2])], checkout=True)
@example(entries=[("global", "", VALUES[2])], checkout=False)
@example(entries=[("local", "{}/org/", VALUES[0]), ("local", "", VALUES[1])], checkout=True)
@example(entries=[("global", "", VALUES[0]), ("local", "{}/", VALUES[1])], checkout=True)
def test_only_the_authorization_header_that_git_sends_last_arrives(
    entries: list[tuple[str, str, str]], *, checkout: bool
) -> None:
    with tempfile.TemporaryDirectory() as root, header_recorder() as (url, requests):
        place = Path(root) / "workspace"
        environment = {**git_environment(), "GIT_CONFIG_GLOBAL": f"{root}/gitconfig"}
        if checkout:
            git("init", "--quiet", str(place))
            git("-C", str(place), "remote", "add", "origin", f"{url}/org/models")
        for scope, pattern, value in entries:
            if checkout or scope == "global":
                _configure(Path(root), scope, pattern, url, value)
        where = place if checkout else Path(root)
        native = _sent_by_git(f"{url}/org/models", where, environment, requests)
        requests.clear()
        run = RunRepository(url, "org/models", TOKEN)
        with (
            pytest.raises(FetchError),
            open_source(
                str(place),
                environment,
                fetch=True,
                artifact=None,
                run=run,
                is_chosen=False,
                observer=FetchObserver(lambda _: None),
                notice=lambda _: None,
            ) as source,
        ):
            list(source.tags())
    assert [len(sent) for sent in requests] == [1] * len(requests)
    assert requests[0] == [native[-1] if native else SENT]
    assert requests[-1] == [SENT]  # the fallback, where it is another one


def _configure(root: Path, scope: str, pattern: str, url: str, value: str) -> None:
    file = root / ("gitconfig" if scope == "global" else "workspace/.git/config")
    name = pattern.format(url, wild=url.replace("127.0", "*.0"))
    key = f"http.{name}.extraheader" if name else "http.extraheader"
    git("config", "--file", str(file), "--add", key, value)


def _sent_by_git(
    url: str, directory: Path, environment: Mapping[str, str], requests: list[list[str]]
) -> list[str]:
    command = ["git", "ls-remote", url]
    subprocess.run(command, cwd=directory, env=environment, capture_output=True, check=False)
    return requests[0]


def test_the_host_of_a_remote_may_be_in_capitals(tmp_path: Path) -> None:
    with header_recorder() as (url, requests):
        upper, lower = (url.replace("127.0.0.1", host) for host in ("LOCALHOST", "localhost"))
        run = workspace(tmp_path, Path("/nowhere"), TAG)
        git("-C", str(run.checkout), "remote", "set-url", "origin", f"{upper}/org/models")
        environment = {"GITHUB_SERVER_URL": lower, "GITHUB_REPOSITORY": "org/models"}
        assert run.run(environment, token=TOKEN).code == 5
    assert all(each == [SENT] for each in requests)


def _rewriting(server: str, base: str, path: str = "") -> dict[str, str]:
    """The environment of a run on a server whose URLs git rewrites to another base."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{base}/{path}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"{server}/{path}",
        "GITHUB_SERVER_URL": server,
        "GITHUB_REPOSITORY": "org/models",
    }


def test_credentials_of_a_url_that_is_rewritten_win_over_the_token(tmp_path: Path) -> None:
    build_demo(tmp_path / "org" / "models")
    kept = "basic " + base64.b64encode(b"me:password").decode()
    (tmp_path / "workspace").mkdir()
    with http_server(tmp_path, kept) as server:
        base = server.url.replace("://", "://me:password@")
        config = _rewriting(server.url, base)
        result = Workspace(tmp_path, f"refs/tags/{TAG}", "").run(config, token=TOKEN)
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0"), result.log
    assert SENT not in server.authorizations


@pytest.mark.parametrize(
    "stderr",
    [
        "Identity file key not accessible",
        "git@127.0.0.1: Permission denied (publickey).",
        "ssh: connect to host 127.0.0.1 port 22: Connection refused",
        "Host key verification failed.",
    ],
)
def test_a_checkout_by_ssh_without_its_key_is_read_with_the_token(
    stderr: str, tmp_path: Path
) -> None:
    build_demo(tmp_path / "org" / "models")
    with http_server(tmp_path, SENT) as server:
        run = workspace(tmp_path, Path("/nowhere"), TAG)
        url = "ssh://git@127.0.0.1/org/models.git"
        git("-C", str(run.checkout), "remote", "set-url", "origin", url)
        ssh = f"echo '{stderr}' >&2; exit 255; #"
        git("-C", str(run.checkout), "config", "core.sshCommand", ssh)
        environment = {"GITHUB_SERVER_URL": server.url, "GITHUB_REPOSITORY": "org/models"}
        result = run.run(environment, token=TOKEN, show=True)
        alone = run.run(environment, token="") if "denied" in stderr else None
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0"), result.log
    assert f"{stderr} fatal: Could not read" in result.log
    assert f"; trying {server.url}/org/models with the token" in result.log
    assert "trying again" not in result.log
    if alone:
        assert (alone.code, "trying" in alone.log) == (5, False)


def test_kept_credentials_that_are_refused_are_replaced_by_the_token(tmp_path: Path) -> None:
    build_demo(tmp_path / "org" / "models")
    with http_server(tmp_path, SENT) as server:
        run = workspace(tmp_path, Path("/nowhere"), TAG)
        git("-C", str(run.checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
        expired = "AUTHORIZATION: basic ZXhwaXJlZA=="
        git("-C", str(run.checkout), "config", f"http.{server.url}/.extraheader", expired)
        environment = {"GITHUB_SERVER_URL": server.url, "GITHUB_REPOSITORY": "org/models"}
        result = run.run(environment, token=TOKEN)
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0"), result.log
    assert "with the token" in result.log
    assert TOKEN not in result.log


@pytest.mark.parametrize("kept", [True, False])
def test_a_proxy_that_only_the_checkout_names_sees_no_credentials(
    kept: bool, tmp_path: Path
) -> None:
    build_demo(tmp_path / "org" / "models")
    with header_recorder() as (proxy, seen), http_server(tmp_path, SENT) as server:
        run = workspace(tmp_path, Path("/nowhere"), TAG)
        git("-C", str(run.checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
        git("-C", str(run.checkout), "config", "http.proxy", proxy)
        environment = {"GITHUB_SERVER_URL": server.url, "GITHUB_REPOSITORY": "org/models"}
        if kept:
            environment["GIT_CONFIG_COUNT"] = "1"
            environment["GIT_CONFIG_KEY_0"] = "http.extraheader"
            environment["GIT_CONFIG_VALUE_0"] = f"AUTHORIZATION: {SENT}"
        result = run.run(environment, token="" if kept else TOKEN)
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0"), result.log
    assert seen == []


def test_a_transient_error_is_tried_again_before_the_token_is(tmp_path: Path) -> None:
    build_demo(tmp_path / "org" / "models")
    failures = iter([True])

    def fail_once(handler: BaseHTTPRequestHandler) -> bool:
        if next(failures, False):
            handler.send_error(503)
            return True
        return False

    with http_server(tmp_path, "basic a2VwdA==") as server:
        server.intercept = fail_once
        run = workspace(tmp_path, Path("/nowhere"), TAG)
        git("-C", str(run.checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
        header = "AUTHORIZATION: basic a2VwdA=="
        git("-C", str(run.checkout), "config", "http.extraheader", header)
        logged: list[str] = []
        with open_source(
            str(run.checkout),
            git_environment(),
            fetch=True,
            artifact=None,
            run=RunRepository(server.url, "org/models", TOKEN),
            is_chosen=False,
            observer=FetchObserver(logged.append, pauses=(0.0,)),
            notice=logged.append,
        ) as source:
            assert len(list(source.tags())) == 15
    assert len(logged) == 1
    assert "trying again" in logged[0]


def test_a_checkout_over_http_starts_no_ssh_command(tmp_path: Path) -> None:
    build_demo(tmp_path / "org" / "models")
    started = tmp_path / "started"
    with http_server(tmp_path, SENT) as server:
        run = workspace(tmp_path, Path("/nowhere"), TAG)
        config = ("-C", str(run.checkout), "config")
        git("-C", str(run.checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
        git(*config, "core.sshCommand", f"touch {started}; false")
        git(*config, "url.ssh://git@models.invalid/.insteadOf", f"{server.url}/")
        environment = {
            "GITHUB_SERVER_URL": server.url,
            "GITHUB_REPOSITORY": "org/models",
            "GIT_SSH_COMMAND": "echo 'Permission denied' >&2; exit 255; #",
        }
        run.run(environment, token=TOKEN)
        del environment["GIT_SSH_COMMAND"]
        run.run({**environment, "GIT_SSH": "/bin/false"}, token=TOKEN)
    assert not started.exists()


@pytest.mark.parametrize("path", ["", "org/models"])
def test_a_stale_password_in_a_rewritten_url_is_replaced_by_the_token(
    path: str, tmp_path: Path
) -> None:
    build_demo(tmp_path / "org" / "models")
    (tmp_path / "workspace").mkdir()
    with http_server(tmp_path, SENT) as server:
        base = server.url.replace("://", "://me:stale@")
        config = _rewriting(server.url, base, path)
        result = Workspace(tmp_path, f"refs/tags/{TAG}", "").run(config, token=TOKEN)
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0"), result.log
    assert "with the token" in result.log
    assert "stale" not in result.log
