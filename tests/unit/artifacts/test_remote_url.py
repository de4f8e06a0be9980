"""URLs of objects in DVC remotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.artifacts.dvc.config_files import ConfigFile, DvcConfig, DvcRemote
from gto_action.artifacts.dvc.remote_url import (
    RemoteSettings,
    build_object_url,
    find_default_remote,
    find_remote_settings,
    parse_url,
)
from gto_action.errors import PullError


def object_url(url: str, *, port: str = "") -> str:
    return build_object_url(RemoteSettings("store", url, port, is_versioned=False), "files/ab")


@pytest.mark.parametrize(
    ("url", "expected"),
    [  # what DVC 3.67.1 prints with all of its plug-ins installed, but for users and passwords
        ("s3://bucket", "s3://bucket/files/ab"),
        ("s3://b/p/", "s3://b/p/files/ab"),
        ("s3://b//p//", "s3://b//p//files/ab"),
        ("s3://u:p@w@b/p", "s3://b/p/files/ab"),
        ("s3://B/../p q%20", "s3://B/../p q%20/files/ab"),
        ("gs://u:pw@b/p/", "gs://b/p/files/ab"),
        ("azure://container", "azure://container/files/ab"),
        ("azure://user@container/p/", "azure://container/p/files/ab"),
        ("oss://u:pw@b/p", "oss://b/p/files/ab"),
        ("gdrive://directory-ID/p/", "gdrive://directory-ID/p/files/ab"),
        ("gdrive://root", "gdrive://root/files/ab"),
        ("ssh://u:pw@h:22/srv/p/", "ssh://h:22/srv/p/files/ab"),
        ("ssh://h//srv//p", "ssh://h/srv//p/files/ab"),
        ("ssh://u@h/~/x", "ssh://h/~/x/files/ab"),
        ("https://u:pw@h:8443/p", "https://h:8443/p/files/ab"),
        ("http://h/a//b", "http://h/a//b/files/ab"),
        ("webdav://u:pw@h/p/", "http://h/p/files/ab"),
        ("webdavs://h:8/p//", "https://h:8/p/files/ab"),
        ("webdavs://h", "https://h/files/ab"),
        ("/srv/st#re?x@y", "/srv/st#re?x@y/files/ab"),
        ("/", "/files/ab"),
        ("//srv//a/", "/srv/a/files/ab"),
    ],
)
def test_an_object_is_below_the_remote_s_url(url: str, expected: str) -> None:
    assert object_url(url) == expected


def test_a_configured_port_overrides_that_of_an_ssh_url() -> None:
    assert object_url("ssh://h:1/p", port="2222") == "ssh://h:2222/p/files/ab"
    with pytest.raises(PullError, match="no valid port"):
        object_url("ssh://h/p", port="22 -o x")


@pytest.mark.parametrize("url", ["/srv/a\nb", "s3://b/a\nb", "s3://b/\x1b[0m"])
def test_control_characters_are_refused(url: str) -> None:
    with pytest.raises(PullError):
        object_url(url)


@pytest.mark.parametrize("url", ["hdfs://h/p", "webhdfs://h:1/p", "remote://a/b", "x://h/p"])
def test_other_kinds_of_remotes_are_refused(url: str) -> None:
    with pytest.raises(PullError, match="layout is unknown"):
        object_url(url)


SCHEMES = st.sampled_from(["s3", "gs", "azure", "ssh", "http", "https", "webdav", "x"])


@given(scheme=SCHEMES, rest=st.text("ab:/@?#[]\\ .%1", max_size=12))
def test_no_url_has_a_user_a_query_or_a_fragment(scheme: str, rest: str) -> None:
    try:
        url = object_url(f"{scheme}://{rest}")
    except PullError:
        return
    authority = url.partition("://")[2].partition("/")[0]
    assert "@" not in authority
    assert not {"?", "#", "\\"} & set(url)
    assert url.endswith("/files/ab")


@pytest.mark.parametrize(
    "url",
    [
        "https://TOKEN/SECRET@h.example/x",
        "ssh://u:pass/word@h/x",
        "webdav://h/x@y",
        "http://h:1/a@b",
        "https:/u:SECRET@h/x",
        "u:SECRET@h:/x",
        "//u:SECRET@h/x",
    ],
)
def test_a_url_that_may_hold_a_password_in_an_odd_place_is_refused(url: str) -> None:
    with pytest.raises(PullError) as caught:
        build_object_url(find_remote_settings("a", remote(url), "/home"), "files/ab")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("url", ["s3://bucket/a@b", "/data/a@b", "gs://bucket/x@y/z"])
def test_a_key_or_a_directory_may_hold_an_at_sign(url: str) -> None:
    settings = find_remote_settings("a", remote(url), "/home")
    assert build_object_url(settings, "files/ab") == f"{url}/files/ab"


def test_a_remote_whose_name_is_a_url_is_not_named() -> None:
    secret = "https://u:secret@h.example/x"  # noqa: S105
    for error in (f"[core]\nremote = {secret}\n", f"['remote \"{secret}\"']\nport = 1\n"):
        with pytest.raises(PullError) as caught:
            find_remote_settings(secret, files(error), "/home")
        assert "secret" not in str(caught.value)
    shown = str(DvcRemote(secret, "https://TOKEN/SECRET@h.example/x", "https"))
    assert shown == "(a name with special characters)"
    assert str(DvcRemote("a", "https://u:pw@h.example/x", "https")) == "a (https://h.example/x)"


@given(user=st.text("ab:@%-", min_size=1, max_size=8), path=st.text("ab/", max_size=8))
def test_user_and_password_never_remain(user: str, path: str) -> None:
    parsed = parse_url(f"https://{user}@host/{path}", "it")
    assert (parsed.scheme, parsed.host, parsed.port) == ("https", "host", "")
    assert parsed.path == f"/{path}"


def remote(url: str) -> list[ConfigFile]:
    return files(f"['remote \"a\"']\nurl = {url}\n")


def files(*contents: str) -> list[ConfigFile]:
    return [ConfigFile(DvcConfig(text.encode(), "f"), "/p/.dvc") for text in contents]


def test_settings_are_merged_key_by_key() -> None:
    shared = "[core]\nremote = a\n['remote \"A\"']\nurl = ssh://u:secret@h/x\nport = 1\n"
    local = "['remote \"a\"']\nport = 2\n"
    settings = find_remote_settings("A", files(shared, local), "")
    assert settings == RemoteSettings("a", "ssh://u:secret@h/x", "2", is_versioned=False)
    assert "secret" not in repr(settings)
    assert find_default_remote(files(shared, local)) == "a"
    assert find_default_remote(files(shared, "[core]\nremote = b\n")) == "b"


def test_a_relative_url_starts_where_it_is_configured() -> None:
    shared = ConfigFile(DvcConfig(b"['remote \"a\"']\nurl = ../x\n", "f"), "/home/ann/.config/dvc")
    project = ConfigFile(DvcConfig(b"['remote \"a\"']\njobs = 2\n", "f"), "/p/.dvc")
    assert find_remote_settings("a", [shared, project], "").url == "/home/ann/.config/x"


def test_references_that_never_end_are_refused() -> None:
    loop = "['remote \"a\"']\nurl = remote://b/x\n['remote \"b\"']\nurl = remote://a/x\n"
    with pytest.raises(PullError, match="refers to itself"):
        find_remote_settings("a", files(loop), "")
