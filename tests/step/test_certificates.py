"""A server whose certificate only a private authority signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testkit.certificates import make_authority
from testkit.demo_registry import build_demo
from testkit.repositories import git
from testkit.servers import HttpServer, answering
from testkit.step import Workspace
from tests.hostile.repositories import workspace

TAG = "churn#prod#3"


@dataclass(frozen=True)
class Private:
    """A checkout whose remote is served over HTTPS, and the file of the server's authority."""

    workspace: Workspace
    url: str
    authority: Path


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Private]:
    build_demo(tmp_path / "org" / "models")
    authority, context = make_authority(tmp_path)
    with HttpServer(tmp_path, "") as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with answering(server):
            run = workspace(tmp_path, Path("/nowhere"), TAG)
            url = f"https://127.0.0.1:{server.server_port}/org/models"
            git("-C", str(run.checkout), "remote", "set-url", "origin", url)
            yield Private(run, url, authority)


@pytest.mark.parametrize("how", ["input", "relative input", "GIT_SSL_CAINFO", "global"])
def test_an_authority_that_the_user_names_is_used(how: str, private: Private) -> None:
    environment: dict[str, str] = {}
    ca_file = ""
    match how:
        case "input":
            ca_file = str(private.authority)
        case "relative input":
            ca_file = "../ca.pem"
        case "GIT_SSL_CAINFO":
            environment["GIT_SSL_CAINFO"] = str(private.authority)
        case _:
            config = private.workspace.root / "gitconfig"
            git("config", "--file", str(config), "http.sslCAInfo", str(private.authority))
            environment["GIT_CONFIG_GLOBAL"] = str(config)
    result = private.workspace.run(environment, ca_file=ca_file)
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0"), result.log


def test_an_authority_that_only_the_checkout_names_is_not_used_and_named(private: Private) -> None:
    checkout = str(private.workspace.checkout)
    git("-C", checkout, "config", "http.sslCAInfo", str(private.authority))
    result = private.workspace.run()
    assert (result.code, result.outputs) == (5, {})
    assert "certificate" in result.log
    assert f"the certificate authority {private.authority}, which only the checkout" in result.log
    assert "name it with the input ca-file" in result.log
    assert "trying again" not in result.log


def test_without_any_authority_the_error_names_the_input(private: Private) -> None:
    result = private.workspace.run()
    assert (result.code, result.outputs) == (5, {})
    assert "the input ca-file names a private certificate authority" in result.log


def test_a_file_that_is_not_there_is_an_error_of_the_input(private: Private) -> None:
    result = private.workspace.run(ca_file="nowhere.pem")
    assert (result.code, result.outputs) == (2, {})
    assert "the input ca-file is 'nowhere.pem', and there is no such file" in result.log
