from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.git.packed_refs import parse_listing, write_packed_refs
from testkit.repositories import Builder, git, git_environment

A, B = b"a" * 40, b"b" * 40
ZEROS = b"0" * 40


@pytest.mark.parametrize(
    ("listing", "refs"),
    [
        (b"", {}),
        (A + b"\trefs/tags/x\n", {b"refs/tags/x": A}),
        (b"* " + ZEROS + b" " + A + b" refs/tags/x\n", {b"refs/tags/x": A}),
        (b"c" * 64 + b"\trefs/tags/x\n", {b"refs/tags/x": b"c" * 64}),
        (
            A + b"\trefs/tags/x#1\n" + B + b"\trefs/tags/d/y@v1.0.0\n",
            {b"refs/tags/x#1": A, b"refs/tags/d/y@v1.0.0": B},
        ),
        (A + b"\trefs/tags/caf\xc3\xa9\n", {b"refs/tags/caf\xc3\xa9": A}),
        (A + b"\trefs/tags/x\n" + B + b"\trefs/tags/x\n", {b"refs/tags/x": B}),
        # no tag, and not a new ref
        (A + b"\trefs/heads/main\n" + B + b"\tHEAD\n", {}),
        (b"! " + ZEROS + b" " + A + b" refs/tags/x\n", {}),
        (b"= " + A + b" " + A + b" refs/tags/x\n", {}),
        (b"- " + A + b" " + ZEROS + b" refs/tags/x\n", {}),
        (b"warning: " + A + b"\trefs/tags/x\n", {}),
        (A[:39] + b"\trefs/tags/x\n", {}),
        (A + b"\trefs/tags/x", {b"refs/tags/x": A}),
    ],
)
def test_a_listing(listing: bytes, refs: dict[bytes, bytes]) -> None:
    assert parse_listing(listing) == refs


@given(name=st.text(st.sampled_from(" ab.~^:?*[\\@{/\x7f\t-lock"), min_size=1, max_size=9))
def test_a_ref_is_listed_if_git_allows_its_name(name: str) -> None:
    ref = f"refs/tags/{name}"
    check = subprocess.run(["git", "check-ref-format", ref], env=git_environment(), check=False)
    listed = parse_listing(A + b"\t" + ref.encode() + b"\n")
    assert bool(listed) == (check.returncode == 0)


def test_git_reads_the_refs_that_are_written(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "remote.git")
    names = ["a-b", "a/c", "b@v1.0.0", "b#prod#1", "é", "Z"]
    for name in names:
        builder.tag(name, builder.commit({"file": name}))
    remote = builder.build()
    listing = git("-C", str(remote), "ls-remote", "--refs", "--tags", ".")
    copy = tmp_path / "copy.git"
    git("init", "--quiet", "--bare", str(copy))
    (copy / "objects/info/alternates").write_text(f"{remote}/objects\n")
    write_packed_refs(str(copy), parse_listing(f"{listing}\n".encode()))
    assert git("-C", str(copy), "show-ref").splitlines() == [
        line.replace("\t", " ") for line in listing.splitlines()
    ]
