"""The files of a commit: their entries, and their contents on disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO

from gto_action.errors import FetchError, UnreadableRepositoryError
from gto_action.git.checkout import Checkout
from gto_action.git.commits import ALL_TREES
from gto_action.git.runner import GitRunner, listed
from gto_action.git.source import Source
from gto_action.util.text import quote_inline

LINK, SUBMODULE, PROGRAM = "120000", "160000", "100755"
"""Modes of entries that are not plain files. Source: git-fast-import(1)."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """The entry of a tree at a path: its mode and its object's SHA."""

    mode: str
    sha: str


def read_tree(repository: GitRunner, commit: str) -> dict[str, TreeEntry]:
    """Return the entries of a commit except directories, by path.

    Raises UnreadableRepositoryError.
    """
    entries = {}
    for line in listed(repository, "ls-tree", "-r", "-z", "--full-tree", commit, end="\0"):
        about, _, path = line.partition("\t")
        mode, _, sha = about.split(" ")
        if not stays_within(path):
            raise UnreadableRepositoryError(
                f"{commit} has a file that no work tree may: {quote_inline(path)}"
            )
        entries[path] = TreeEntry(mode, sha)
    return entries


def stays_within(path: str) -> bool:
    """Return whether a path relative to a directory stays in it, and out of Git's own directory.

    Every path in a work tree does. Source: git-fsck(1), hasDot and others.
    """
    return _FORGED.isdisjoint(path.replace("\\", "/").lower().split("/"))


def fetch_contents(source: Source, commit: str, ref: str, entries: Iterable[TreeEntry]) -> None:
    """Fetch the contents of a commit's entries together; reading would fetch each by itself.

    ``ref`` is what the remote knows the commit by. Raises FetchError.
    """
    shas = {entry.sha for entry in entries if entry.mode != SUBMODULE}
    if source.fetch is None or not shas or _has(source.checkout, commit):
        return
    try:
        source.fetch_commits(shas, ALL_TREES)
    except FetchError:  # a server that gives no single object gives the commit with all of them
        source.fetch.fetch_all_files(ref)


def is_foreign(checkout: Checkout, commit: str | None) -> bool:
    """Return whether a checkout has commits and lacks one: then it is of another repository."""
    head = checkout.repository.output("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return bool(head.strip()) and not _has(checkout, commit or "")


def _has(checkout: Checkout | None, commit: str) -> bool:
    if checkout is None:
        return False
    process = checkout.without_fetching.git("cat-file", "-e", commit)
    process.communicate()
    return process.returncode == 0


def is_in_place(target_path: str, entry: TreeEntry) -> bool:
    """Return whether a work tree has what a commit has, apart from line endings.

    Of a submodule only that there is something. Source: gitformat-loose(5), how objects are named.
    """
    if not os.path.lexists(target_path):
        return False
    if entry.mode == SUBMODULE:
        return os.path.isdir(target_path) and os.listdir(target_path) != []
    if os.path.islink(target_path):
        target = os.fsencode(os.readlink(target_path))
        return entry.mode == LINK and _name(entry, target) == entry.sha
    if entry.mode == LINK or not os.path.isfile(target_path):
        return False
    if os.name != "nt" and os.access(target_path, os.X_OK) != (entry.mode == PROGRAM):
        return False
    with open(target_path, "rb") as file:
        content = file.read()
    as_text = content if b"\0" in content else content.replace(b"\r\n", b"\n")
    return entry.sha in {_name(entry, content), _name(entry, as_text)}


def filtered(repository: GitRunner, paths: Iterable[str]) -> set[str]:
    """Return those of some paths whose content a filter changes at checkout.

    Git LFS is such a filter. It counts where it is configured, and is not run. Source:
    gitattributes(5).
    """
    listing = repository.output("config", "--name-only", "--get-regexp", r"^filter\.")
    configured = {
        name.rpartition(".")[0].partition(".")[2]
        for name in listing.decode(errors="surrogateescape").splitlines()
    }
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
    stdout = repository.output("check-attr", "-z", "--stdin", "filter", stdin=stdin)
    fields = stdout.decode(errors="surrogateescape").split("\0")[:-1]
    triples = zip(fields[::3], fields[2::3], strict=True)
    return {path for path, value in triples if value in configured}


def write_contents(repository: GitRunner, entries: Mapping[str, TreeEntry]) -> None:
    """Write contents of any size to disk: entries by the path to write to.

    Directories are created. Links are created last, as Git does, so that nothing is written
    through it. Raises FetchError, OSError.
    """
    process = repository.git("cat-file", "--batch")
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for path, entry in sorted(entries.items(), key=lambda item: item[1].mode == LINK):
            process.stdin.write(f"{entry.sha}\n".encode())
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) != len(("sha", "type", "size")):
                process.kill()
                raise FetchError(f"could not read the content of {path}, {entry.sha}")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _write(process.stdout, int(header[2]), path, entry.mode)
            process.stdout.read(1)


def _name(entry: TreeEntry, content: bytes) -> str:
    kind = "sha256" if len(entry.sha) == _DIGITS_OF_SHA256 else "sha1"
    return hashlib.new(
        kind, b"blob %d\0" % len(content) + content, usedforsecurity=False
    ).hexdigest()


def _write(stream: IO[bytes], size: int, path: str, mode: str) -> None:
    if mode == LINK:
        os.symlink(stream.read(size), os.fsencode(path))
        return
    with open(path, "xb") as file:
        while size:
            chunk = stream.read(min(size, 1 << 20))
            if not chunk:
                raise FetchError(f"could not read all of {path}: git ended early")
            file.write(chunk)
            size -= len(chunk)
    if mode == PROGRAM:
        os.chmod(path, os.stat(path).st_mode | 0o111)  # noqa: S103 - as Git checks it out


_DIGITS_OF_SHA256 = 64
_FORGED = frozenset({"", ".", "..", ".git"})
