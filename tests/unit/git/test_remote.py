from __future__ import annotations

import pytest

from gto_action.errors import NoRepositoryError
from gto_action.git.checkout import Checkout
from gto_action.git.remote import choose_remote
from gto_action.git.repository import Repository, Setting, with_settings, without_userinfo

SERVER = "https://github.example"
TOKEN = "t"  # noqa: S105 - of nothing
SECRET = "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46dA=="  # noqa: S105 - x-access-token:t
HEADER = ("http.https://github.example/.extraheader", SECRET)


def _checkout(
    url: str | None, settings: tuple[Setting, ...] = (), kept: tuple[str, ...] = ()
) -> Checkout:
    return Checkout(Repository("/w", {}), "/w/.git/objects", "sha1", url, settings, kept)


@pytest.mark.parametrize(
    ("url", "kept", "sent"),
    [
        (f"{SERVER}/org/models", (), True),
        (f"{SERVER}/org/models", ("http.https://github.example/.extraheader",), False),
        (f"{SERVER}/org/models", ("http.extraheader",), False),
        (f"{SERVER}/org/models", ("http.https://other.example/.extraheader",), True),
        ("https://other.example/org/models", (), False),
        ("http://github.example/org/models", (), False),
        ("git@github.example:org/models.git", (), False),
        ("ssh://git@github.example/org/models", (), False),
        ("/srv/models.git", (), False),
        ("https://[x", (), False),
    ],
)
def test_the_token_goes_to_its_own_server_where_no_credentials_were_kept(
    url: str, kept: tuple[str, ...], sent: bool
) -> None:
    settings = (("core.sshcommand", "ssh -i key"),)
    remote = choose_remote(
        _checkout(url, settings, kept), server_url=SERVER, repository="org/models", token=TOKEN
    )
    assert remote.url == url
    expected = (*settings, HEADER) if sent else settings
    keys = ("http.followRedirects", f"http.{url}.followRedirects")
    stays = tuple((key, "false") for key in keys if sent or kept)
    assert remote.settings == (*expected, *stays)
    assert "t" not in repr(remote).removeprefix("Remote")


def test_without_a_checkout_the_runs_repository_is_the_remote() -> None:
    remote = choose_remote(None, server_url=f"{SERVER}/", repository="org/models", token="")
    assert (remote.url, remote.settings) == (f"{SERVER}/org/models", ())


def test_without_any_remote_the_user_is_told() -> None:
    with pytest.raises(NoRepositoryError, match="check the repository out"):
        choose_remote(_checkout(None), server_url="", repository="", token=TOKEN)


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


def test_settings_are_added_to_those_that_the_caller_gave() -> None:
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}
    assert with_settings(given, [("d.e", "f")]) == {
        **given,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_1": "d.e",
        "GIT_CONFIG_VALUE_1": "f",
    }
