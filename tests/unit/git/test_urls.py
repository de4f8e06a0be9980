"""Which server and which repository a URL names."""

from __future__ import annotations

import pytest

from gto_action.git.urls import (
    RepositoryUrl,
    is_same_repository,
    parse_repository_url,
    public_url,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://host/a/b.git", RepositoryUrl("https", "host", None, "a/b")),
        (
            "HTTPS://me:pw@Host:443/a/b/",
            RepositoryUrl("https", "host", None, "a/b", has_password=True),
        ),
        ("http://me@host:8080/a", RepositoryUrl("http", "host", 8080, "a")),
        ("ssh://git@host:22/a", RepositoryUrl("ssh", "host", None, "a")),
        ("ssh://git@ssh.github.com:443/a/b", RepositoryUrl("ssh", "github.com", 443, "a/b")),
        ("git@Host:a/b.git", RepositoryUrl("ssh", "host", None, "a/b")),
        ("git@ssh.github.com:a", RepositoryUrl("ssh", "github.com", None, "a")),
        ("git://host:9418/a", RepositoryUrl("git", "host", None, "a")),
        ("/srv/a.git/", RepositoryUrl("", "", None, "srv/a")),
        ("./a:b", RepositoryUrl("", "", None, "./a:b")),
        ("C:\\a", RepositoryUrl("", "", None, "C:\\a")),
        ("file:///srv/a", RepositoryUrl("file", "", None, "srv/a")),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: RepositoryUrl) -> None:
    assert parse_repository_url(url) == expected


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://me:pw@host:8443/a/b.git?x=1#y", "https://host:8443/a/b"),
        ("https://host/a/b", "https://host/a/b"),
        ("git@host:a/b.git", "ssh://host/a/b"),
        ("/srv/a", ""),
    ],
)
def test_a_public_url_has_no_secret(url: str, public: str) -> None:
    assert public_url(url) == public


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("https://host/A/b", "ssh://git@host/a/B.git", True),
        ("https://host/a", "https://host:8443/a", False),
        ("https://host/a", "https://other/a", False),
        ("https://host/a", "/a", False),
        ("/a", "https://host/a", False),
        ("/a", "/a.git", True),
        ("/a", "/b", False),
        ("ssh://host:2222/a", "https://host/a", True),
    ],
)
def test_one_repository_has_many_urls(url: str, other: str, same: bool) -> None:
    urls = parse_repository_url(url), parse_repository_url(other)
    assert is_same_repository(*urls) is same
