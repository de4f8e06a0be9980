"""DVC's configuration, as it is read and as it is handed on."""

from __future__ import annotations

import pytest

from gto_action.artifacts.dvc.config_files import DvcConfig, DvcRemote, find_remote, is_relative
from gto_action.errors import PullError


def config(text: str) -> DvcConfig:
    return DvcConfig(text.encode(), ".dvc/config")


BOTH = (
    config(
        "[Core]\nRemote = Main\n"
        "['remote \"Main\"']\nURL = s3://bucket/x\n"
        "['remote \"directory\"']\nurl = ../store\n"
        "['remote \"within\"']\nurl = remote://main/deep\n"
        "['remote \"round\"']\nurl = remote://round/x\n"
    ),
    config("['remote \"directory\"']\nurl = ssh://host/x\n['remote \"mine\"']\nurl = /mine\n"),
)


@pytest.mark.parametrize(
    ("name", "url", "scheme"),
    [
        ("main", "s3://bucket/x", "s3"),
        ("MAIN", "s3://bucket/x", "s3"),
        ("directory", "ssh://host/x", "ssh"),
        ("mine", "/mine", ""),
        ("within", "remote://main/deep", "s3"),
        ("round", "remote://round/x", "remote"),
    ],
)
def test_a_remote_is_found_in_the_file_that_comes_last(name: str, url: str, scheme: str) -> None:
    assert find_remote(name, BOTH) == DvcRemote(name.lower(), url, scheme)


def test_there_is_no_remote_of_another_name() -> None:
    assert find_remote("gone", BOTH) is None
    assert BOTH[0].get("core", "remote") == "Main"
    assert BOTH[0].get("core", "other") == ""


def test_a_remote_is_named_without_its_password() -> None:
    assert str(DvcRemote("web", "https://ann:secret@host/x", "https")) == "web (https://host/x)"


@pytest.mark.parametrize(
    ("path", "relative"),
    [("../x", True), ("x", True), ("/x", False), ("~/x", False), ("s3://x", False), ("", True)],
)
def test_relative_paths(path: str, *, relative: bool) -> None:
    assert is_relative(path) is relative


def test_only_relative_paths_are_changed_and_made_absolute() -> None:
    text = (
        "[cache]\n    dir = ../../cache\n"
        "['remote \"a\"']\n    url = ../../store\n    keyfile = keys/one\n"
        "    password = ../not-a-path\n    credentialpath = ~/aws\n"
    )
    parsed = config(text)
    assert parsed.anchor("/srv/repo/.dvc")
    assert parsed.text().decode() == text.replace("../../cache", "/srv/cache").replace(
        "../../store", "/srv/store"
    ).replace("keys/one", "/srv/repo/.dvc/keys/one")
    assert not parsed.anchor("/elsewhere")


def test_a_setting_replaces_an_earlier_one() -> None:
    parsed = config("[core]\n    No_SCM = false\n    remote = a\n")
    parsed.set("core", "no_scm", "true")
    parsed.set("cache", "type", "hardlink,copy")
    written = config(parsed.text().decode())
    assert written.get("core", "no_scm") == "true"
    assert written.get("core", "remote") == "a"
    assert written.get("cache", "type") == "hardlink,copy"


@pytest.mark.parametrize("value", ["a%(b)s", "50%", "x, y", "'quoted'", "a#b", "ä"])
def test_a_value_comes_back_as_it_was(value: str) -> None:
    parsed = config(f'[\'remote "a"\']\n    password = "{value}"\n')
    again = DvcConfig(parsed.text(), ".dvc/config")
    assert again.get('remote "a"', "password") == value


@pytest.mark.parametrize("content", [b"[core\n", b"\xff\xfe", b"[a]\n[a]\n", b"x = 1\nx = 2\n"])
def test_a_configuration_that_dvc_cannot_read_is_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(
        PullError, match=r"^\.dvc/config is not a configuration that DVC can read: .+$"
    ):
        DvcConfig(content, ".dvc/config")


def test_a_file_that_is_not_there_is_empty() -> None:
    assert DvcConfig(None, ".dvc/config").remotes() == []
    assert BOTH[0].remotes() == ["main", "directory", "within", "round"]
