"""The token's header, with what any environment may hold."""

from __future__ import annotations

import os
from base64 import b64decode

from gto_action.git.credentials import sent_headers, token_header
from gto_action.git.runner import GitRunner
from testkit.repositories import git_environment


def test_a_token_of_any_bytes_is_sent() -> None:
    header = token_header(os.fsdecode(b"t\xff"))
    assert header.startswith("AUTHORIZATION: basic ")
    assert b64decode(header.rpartition(" ")[2]) == b"x-access-token:t\xff"


def test_a_key_of_any_bytes_counts_for_its_url_only(tmp_path: object) -> None:
    git = GitRunner(str(tmp_path), git_environment())
    entries = [
        (os.fsdecode(b"http.https://other/\xff.extraheader"), "X: other"),
        ('http.https://host/"a"\\b.extraheader', "X: quoted"),
        ("http.extraheader", "X: all"),
        ("http.https://host/.extraheader", ""),
        ("http.https://host/a.extraheader", "X: a"),
    ]
    assert sent_headers(entries[:3], "https://host/a", git) == ["X: all"]
    assert sent_headers(entries, "https://host/a", git) == ["X: a"]
    assert sent_headers(entries[:2], 'https://host/"a"\\b', git) == ["X: quoted"]
