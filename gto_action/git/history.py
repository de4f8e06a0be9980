"""Commits: one by its name, those of branches, and those that changed some files."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from subprocess import DEVNULL
from typing import IO

from gto_action.errors import FetchError, UnreadableRepositoryError
from gto_action.git.files import ObjectReader
from gto_action.git.people import decode, read_signature
from gto_action.git.source import Source
from gto_action.registry.found import Commit

ROOT_TREE = "tree:1"
"""What to bring for files at the root of a commit."""
ALL_TREES = "blob:none"
"""What to bring for files anywhere in a commit."""


def find_commit(
    source: Source, rev: str, what: str = ROOT_TREE, *, history: bool = False
) -> str | None:
    """Give the full SHA of a commit by a name that Git knows: a ref, a SHA, ``HEAD``.

    ``None`` where there is none. From a remote it is brought, with ``what`` of its files, and with
    the commits before it for their ``history``. Raises FetchError.
    """
    name = rev
    if source.fetch:
        if not _BRINGABLE.fullmatch(rev):
            return None
        try:
            source.bring([f"+{rev}:{_ASKED}"], what, history=history)
        except FetchError as error:
            if _NO_SUCH_REF.search(str(error)):
                return None
            raise
        name = _ASKED
    process = source.repository.git(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    sha = process.communicate()[0].decode().strip()
    return sha or None


def branch_heads(source: Source) -> list[str]:
    """Give the SHAs of all branches' commits, also of branches of remotes.

    From a remote they are brought, with the commits before them. Raises FetchError.
    """
    source.bring(["+refs/heads/*:refs/heads/*"], ALL_TREES, history=True)
    lines = _lines(
        source, "for-each-ref", "--format=%(objectname)", "refs/heads", "refs/remotes", end="\n"
    )
    return list(dict.fromkeys(lines))


def read_commits(source: Source, shas: Iterable[str]) -> dict[str, Commit]:
    """Read commits by their full SHAs. Raises FetchError."""
    wanted = list(dict.fromkeys(shas))
    if wanted:
        source.bring(wanted, ROOT_TREE)
    with source.objects() as objects:
        return {sha: read_commit(objects, sha) for sha in wanted}


def read_commit(objects: ObjectReader, sha: str) -> Commit:
    """Read a commit by its full SHA. Raises FetchError, UnreadableRepositoryError."""
    content = objects.read(sha)
    if content is None:
        raise UnreadableRepositoryError(f"the commit {sha} is missing: git fsck tells more")
    head, _, message = content.partition(b"\n\n")
    headers = dict(reversed([line.split(b" ", 1) for line in head.split(b"\n") if b" " in line]))
    encoding = headers.get(b"encoding", b"utf-8").decode("ascii", errors="replace")
    author = read_signature(headers.get(b"author", b""), encoding)
    committer = read_signature(headers.get(b"committer", b""), encoding)
    return Commit(
        sha=sha,
        author=author.name,
        author_email=author.email,
        committer=committer.name,
        committer_email=committer.email,
        time=committer.time,
        offset=committer.offset,
        message=decode(message, encoding),
    )


def files_named(source: Source, commit: str, names: Iterable[str]) -> list[str]:
    """Give the paths of all files of a commit that have one of some names."""
    wanted = frozenset(names)
    paths = _lines(source, "ls-tree", "-r", "-z", "--full-tree", "--name-only", commit, end="\0")
    return [path for path in paths if path.rpartition("/")[2] in wanted]


def paths_at(source: Source, commit: str, paths: Iterable[str]) -> list[str]:
    """Give those of some paths that a commit has, be they files or folders; none is read."""
    options = ("-z", "--full-tree", "--name-only")
    return _lines(source, "ls-tree", *options, commit, "--", *paths, end="\0")


def changes(
    source: Source, heads: Iterable[str], names: Iterable[str]
) -> Generator[tuple[str, str]]:
    """Give commits and the paths of files of some names that they changed, the newest commit first.

    All commits that lead to ``heads`` are looked at, but for merges: what they bring was changed
    elsewhere.
    """
    patterns = (f":(top,glob)**/{name}" for name in names)
    options = ("--format=%x01%H", "--name-only", "-z", "--no-renames", "--no-merges", "--root")
    process = source.repository.git("log", *options, *heads, "--", *patterns, stderr=DEVNULL)
    assert process.stdout is not None
    commit = ""
    try:
        for line in _tokens(process.stdout):
            if line.startswith("\x01"):
                commit = line[1:]
            elif line:
                yield commit, line
    finally:
        process.kill()
        process.communicate()


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    rest = b""
    while chunk := stream.read1(1 << 16):  # type: ignore[attr-defined]
        *whole, rest = (rest + chunk).split(b"\0")
        for token in whole:
            yield token.decode(errors="surrogateescape").lstrip("\n")


def _lines(source: Source, *arguments: str, end: str) -> list[str]:
    process = source.repository.git(*arguments)
    output, complaint = process.communicate()
    if process.returncode != 0:
        raise UnreadableRepositoryError(
            f"git can't read the repository: {complaint.decode(errors='replace').strip()}"
        )
    return [line for line in output.decode(errors="surrogateescape").split(end) if line]


_ASKED = "refs/asked"
# what can be asked of a remote: a name that is no option and no expression of git's
_BRINGABLE = re.compile(r"[^-+^~:?*\[\\\s\x00-\x20][^^~:?*\[\\\s\x00-\x20]*")
_NO_SUCH_REF = re.compile("couldn't find remote ref|not our ref|no such remote ref")
