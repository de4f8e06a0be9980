from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import replace

import pytest

from gto_action.action.declared_inputs import parse_inputs
from gto_action.action.inputs import Inputs
from gto_action.action.step import Step
from gto_action.ci import github
from gto_action.errors import NoRepositoryError
from gto_action.git.checkout import Checkout
from gto_action.git.configuration import Configuration, Variable
from gto_action.git.remote import Remote, RunRepository, choose_remote
from gto_action.git.runner import GitRunner, printable_url, without_userinfo
from gto_action.util.environment import with_settings
from testkit.repositories import git_environment

SERVER = "https://github.example"
TOKEN = "t"  # noqa: S105 - of nothing
SECRET = "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46dA=="  # noqa: S105 - x-access-token:t
KEPT = "AUTHORIZATION: basic kept"
RUN = RunRepository(SERVER, "org/models", TOKEN)


def _checkout(url: str | None, *variables: tuple[str, str]) -> Checkout:
    configuration = Configuration(tuple(Variable("local", *variable) for variable in variables))
    return Checkout(GitRunner(os.sep, {}), "/w/.git/objects", "sha1", configuration, url)


@pytest.mark.parametrize(
    ("url", "kept", "sent"),
    [
        (f"{SERVER}/org/models", "", SECRET),
        (f"{SERVER}:443/org/models", "", SECRET),
        ("HTTPS://GitHub.Example/org/models", "", SECRET),
        (f"{SERVER}/org/models", "http.https://github.example/.extraheader", ""),
        (f"{SERVER}/org/models", "http.extraheader", ""),
        (f"{SERVER}/org/models", "http.https://*.example/.extraheader", ""),
        (f"{SERVER}/org/models", "http.https://github.example/other/.extraheader", SECRET),
        (f"{SERVER}/org/models", "http.https://other.example/.extraheader", SECRET),
        ("https://user:password@github.example/org/models", "", ""),
        ("https://token:@github.example/org/models", "", ""),
        ("https://git@github.example/org/models", "", SECRET),
        ("https://other.example/org/models", "", ""),
        ("http://github.example/org/models", "", ""),
        ("https://github.example:8443/org/models", "", ""),
        ("git@github.example:org/models.git", "", ""),
        ("ssh://git@github.example/org/models", "", ""),
        ("/srv/models.git", "", ""),
        ("https://[x", "", ""),
    ],
)
def test_the_token_goes_to_its_own_server_if_no_credentials_were_kept(
    url: str, kept: str, sent: str
) -> None:
    checkout = _checkout(url, *([(kept, KEPT)] if kept else []))
    remote = choose_remote(checkout, RUN, git_environment())
    assert remote.url == url
    added = [value for key, value in remote.settings if key.lower().endswith("extraheader")]
    assert added == ([sent] if sent else [])
    has_credentials = bool(sent) or (bool(kept) and "other" not in kept)
    stays = [key for key, value in remote.settings if value == "false"]
    assert stays == (
        ["http.followRedirects", f"http.{url}.followRedirects"] if has_credentials else []
    )
    assert "eC1h" not in repr(remote)


@pytest.mark.parametrize("scope", ["global", "local"])
def test_a_header_that_is_no_authorization_does_not_keep_the_token_from_being_sent(
    scope: str,
) -> None:
    configuration = Configuration((Variable(scope, "http.extraheader", "X-Trace: 1"),))
    url = f"{SERVER}/org/models"
    checkout = Checkout(GitRunner(os.sep, {}), "/w/.git/objects", "sha1", configuration, url)
    remote = choose_remote(checkout, RUN, git_environment())
    # only added: the configured header is sent as well
    assert [setting for setting in remote.settings if setting[0].endswith("extraheader")] == [
        (f"http.{url}.extraheader", SECRET)
    ]
    assert remote.fallback is None


def test_the_token_and_passwords_are_in_no_repr() -> None:
    token = "ghs_repr"  # noqa: S105 - of nothing
    encoded = b64encode(f"x-access-token:{token}".encode()).decode()
    run = RunRepository(SERVER, "org/models", token)
    environment = {"GITHUB_REF": "refs/tags/churn@v1.0.0", "INPUT_TOKEN": token}
    inputs = parse_inputs(Inputs, github.read_inputs(environment), "")
    step = Step(github.read_run(environment), inputs, github.reporter({}))
    assert (run.token, inputs.token, step.repository.token) == (token, token, token)
    with_token = choose_remote(_checkout(f"{SERVER}/org/models"), run, git_environment())
    kept = ("http.extraheader", f"AUTHORIZATION: basic {encoded}")
    checkout = _checkout("https://user:ghs_repr@github.example/org/models", kept)
    with_fallback = choose_remote(
        replace(checkout, configuration=Configuration()), run, git_environment()
    )
    assert encoded in str(with_token.settings)
    assert with_fallback.fallback
    assert encoded in str(with_fallback.fallback.settings)
    repository = GitRunner(os.sep, with_settings({}, with_token.settings))
    shown = repr((run, step, with_token, with_fallback, checkout, repository))
    assert token not in shown
    assert encoded not in shown


@pytest.mark.parametrize(
    ("url", "kept", "fallback"),
    [
        ("git@github.example:org/models.git", "", f"{SERVER}/org/models"),
        ("ssh://git@github.example:2222/org/models", "", f"{SERVER}/org/models"),
        (f"{SERVER}/org/models", KEPT, f"{SERVER}/org/models"),
        (f"{SERVER}/org/models", SECRET, None),
        (f"{SERVER}/org/models", "", None),
        ("https://user:password@github.example/org/models", "", f"{SERVER}/org/models"),
        ("git@other.example:org/models.git", "", None),
        ("/srv/models.git", "", None),
    ],
)
def test_the_token_is_the_fallback_for_what_else_is_tried_first(
    url: str, kept: str, fallback: str | None
) -> None:
    headers = [("http.extraheader", kept), ("http.extraheader", "X-Tenant: a")] if kept else []
    remote = choose_remote(_checkout(url, *headers), RUN, git_environment())
    assert (remote.fallback and str(remote.fallback)) == fallback
    if remote.fallback:
        key = f"http.{fallback}/.extraheader"
        sent = ["", "X-Tenant: a", SECRET] if kept else [SECRET]
        assert [value for name, value in remote.fallback.settings if name == key] == sent
    without_token = RunRepository(SERVER, "org/models")
    assert choose_remote(_checkout(url), without_token, git_environment()).fallback is None


def test_without_a_checkout_the_runs_repository_is_the_remote() -> None:
    run = RunRepository(f"{SERVER}/", "org/models")
    remote = choose_remote(None, run, git_environment())
    assert (remote.url, remote.settings) == (f"{SERVER}/org/models", ())


def test_without_any_remote_the_error_says_what_to_do() -> None:
    with pytest.raises(NoRepositoryError, match="check the repository out"):
        choose_remote(_checkout(None), RunRepository(token=TOKEN), git_environment())


@pytest.mark.parametrize(
    ("url", "is_it"),
    [
        (f"{SERVER}/org/models", True),
        (f"{SERVER}:443/Org/Models.git/", True),
        ("http://x@GITHUB.example/org/models", True),
        ("git@github.example:org/models.git", True),
        ("ssh://git@github.example:7999/org/models", True),
        (None, True),
        (f"{SERVER}/org/other", False),
        (f"{SERVER}:8443/org/models", False),
        ("https://other.example/org/models", False),
        ("/srv/org/models", False),
    ],
)
def test_remotes_are_compared_by_host_and_path(url: str | None, is_it: bool) -> None:
    assert RUN.is_at(url) is is_it


def test_outside_a_run_any_repository_is_the_runs() -> None:
    assert RunRepository().is_at(f"{SERVER}/org/models")
    assert RunRepository(SERVER, "git://other.example/org/x").is_at(f"{SERVER}/org/models")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@github.example/a", "https://github.example/a"),
        ("https://user:s3'cr\"et@h/a", "https://h/a"),
        ("https://user:s3 cret@h/a", "https://h/a"),
        ("https://user:s3/cret@h/a", "https://h/a"),
        ("https://user:s3@cret@h/a", "https://h/a"),
        ("https:/user:secret@h/a", "https:/h/a"),
        ("git://user:secret@h", "git://h"),
        ("https://h/a?token=secret&x=y", "https://h/a?…"),
        ("https://h:8080/a@b", "https://h:8080/a@b"),
        ("https://h: refused, ask a@b", "https://h: refused, ask a@b"),
        ("https://github.example/a@b", "https://github.example/a@b"),
        ("git@github.example:a/b", "git@github.example:a/b"),
        ("/srv/a@b", "/srv/a@b"),
        ("could not read 'http://secret@127.0.0.1:9'", "could not read 'http://127.0.0.1:9'"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_userinfo(url) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:sec\nret@h/a", "https://h/a"),
        ("user:sec\rret@h:a", "h:a"),
        ("https://h/a\x1b", "https://h/a\\x1b"),
    ],
)
def test_a_url_is_printed_on_one_line_without_its_password(url: str, shown: str) -> None:
    assert printable_url(url) == shown
    assert str(Remote(url)) == shown


def test_the_urls_for_people_have_no_credentials() -> None:
    run = RunRepository("https://user:secret@github.example", "org/models")
    assert run.url == "https://user:secret@github.example/org/models"
    assert run.web_url == "https://github.example/org/models"


def test_settings_are_added_to_those_that_the_caller_gave() -> None:
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}
    assert with_settings(given, [("d.e", "f")]) == {
        **given,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_1": "d.e",
        "GIT_CONFIG_VALUE_1": "f",
    }
    assert with_settings(given, below=[("d.e", "f")]) == {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "d.e",
        "GIT_CONFIG_VALUE_0": "f",
        "GIT_CONFIG_KEY_1": "a.b",
        "GIT_CONFIG_VALUE_1": "c",
    }
