"""Commits: one by its name, those of branches, and those that changed some files."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from typing import IO

from gto_action.errors import FetchError, UnreadableRepositoryError
from gto_action.git.objects import ObjectReader
from gto_action.git.pipe import piped
from gto_action.git.runner import FSCK, listed
from gto_action.git.signatures import decode, read_headers, read_signature
from gto_action.git.source import Source
from gto_action.registry.annotated_commits import Commit

NO_TREE = "tree:0"
"""The filter of a fetch for commits alone."""
ROOT_TREE = "tree:1"
"""The filter of a fetch for files at the root of a commit."""
ALL_TREES = "blob:none"
"""The filter of a fetch for files anywhere in a commit."""


def find_commit(
    source: Source, rev: str, what: str = ROOT_TREE, *, history: bool = False
) -> str | None:
    """Return the full SHA of a commit by a name that Git knows: a ref, a SHA, ``HEAD``.

    ``None`` if there is none. From a remote it is fetched, with ``what`` of its files, and with
    the commits before it for their ``history``. Raises FetchError; UnreadableRepositoryError if the
    object that a ref names is missing.
    """
    name = rev
    if "\0" in rev:
        return None
    if source.fetch:
        if not _FETCHABLE.fullmatch(rev):
            return None
        source.fetch.finish()
        try:
            source.fetch_commits([f"+{rev}:{_FETCHED}"], what, history=history)
        except FetchError as error:
            is_no_commit = _SHA.fullmatch(rev) and _NOT_ALL_SENT.search(str(error))
            if is_no_commit or _NO_SUCH_REF.search(str(error)):
                return None
            raise
        name = _FETCHED
    elif rev.startswith(":"):  # in :/TEXT all that follows is text, so nothing can be appended
        name = _rev_parse(source, rev) or ""
    commit = _rev_parse(source, f"{name}^{{commit}}")
    # a path after a colon takes no suffix
    leads_to = "" if commit or ":" in rev or _SHA.fullmatch(rev) else _rev_parse(source, name)
    if leads_to and not _rev_parse(source, f"{name}^{{}}"):
        raise UnreadableRepositoryError(
            f"{rev} leads to {leads_to}, and that object is missing or broken: {FSCK}"
        )
    return commit


def _rev_parse(source: Source, name: str) -> str | None:
    options = ("--verify", "--quiet", "--end-of-options")
    sha = source.repository.output("rev-parse", *options, name).decode(errors="replace").strip()
    return sha if _SHA.fullmatch(sha) else None


def branch_heads(source: Source) -> list[str]:
    """Return the SHAs of all branches' commits, also of branches of remotes.

    From a remote they are fetched, with the commits before them. Raises FetchError.
    """
    source.fetch_commits(["+refs/heads/*:refs/heads/*"], ALL_TREES, history=True)
    lines = listed(
        source.repository,
        "for-each-ref",
        "--format=%(objectname)",
        "refs/heads",
        "refs/remotes",
        end="\n",
    )
    return list(dict.fromkeys(lines))


def read_commits(source: Source, shas: Iterable[str]) -> dict[str, Commit]:
    """Read commits by their full SHAs. Raises FetchError."""
    selected = list(dict.fromkeys(shas))
    if selected:
        source.fetch_commits(selected, ROOT_TREE)
    with source.objects() as objects:
        return {sha: read_commit(objects, sha) for sha in selected}


def read_commit(objects: ObjectReader, sha: str) -> Commit:
    """Read a commit by its full SHA. Raises FetchError, UnreadableRepositoryError."""
    content = objects.read(sha)
    if content is None:
        raise UnreadableRepositoryError(f"the commit {sha} is missing: run git fsck")
    headers, message = read_headers(content)
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


def files_named(source: Source, commit: str, names: Iterable[str]) -> dict[str, str]:
    """Return all files of a commit that have one of some names: the SHAs of contents, by path."""
    selected = frozenset(names)
    files: dict[str, str] = {}
    listing = ("ls-tree", "-r", "-z", "--full-tree", commit)
    for line in listed(source.all_objects(), *listing, end="\0"):
        about, _, path = line.partition("\t")
        if path.rpartition("/")[2] in selected:
            files[path] = about.split(" ")[2]
    return files


def files_in_checkout(source: Source, commit: str, names: Iterable[str]) -> list[str]:
    """Return the paths of a commit's files that have one of some names, if the checkout has it.

    Nothing is fetched; a partial clone that lacks a directory counts as one without the commit.
    """
    if source.checkout is None:
        return []
    listing = ("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit)
    selected = frozenset(names)
    try:
        paths = listed(source.checkout.without_fetching, *listing, end="\0")
    except UnreadableRepositoryError:
        return []
    return [path for path in paths if path.rpartition("/")[2] in selected]


def modes_at(source: Source, commit: str, paths: Iterable[str]) -> dict[str, str]:
    """Return the modes of those of some paths that a commit has, files or directories.

    Paths that are too long for a command, which no checkout could have, count as missing. Source:
    git-ls-tree(1).
    """
    selected = list(paths)
    if sum(map(len, selected)) > _MAX_LENGTH:
        return {}
    words = ("ls-tree", "-z", "--full-tree", commit, "--", *selected)
    try:
        entries = listed(source.repository, *words, end="\0")
    except ValueError:  # a path that no argument can hold, so no tree has it
        return {}
    return {path: entry[:6] for entry, _, path in (each.partition("\t") for each in entries)}


def has_merges(source: Source, head: str) -> bool:
    """Return whether there is a merge in the history of a commit."""
    listing = ("rev-list", "--merges", "--max-count=1", head)
    return source.repository.output(*listing).strip() != b""


def anywhere(name: str) -> str:
    """Return Git's pattern for the files of a name, in any directory."""
    return f":(top,glob)**/{name}"


def exactly(path: str) -> str:
    """Return Git's pattern for one path."""
    return f":(top,literal){path}"


def changes(
    source: Source, heads: Iterable[str], patterns: Iterable[str]
) -> Generator[tuple[str, str, str | None]]:
    """Yield what commits changed, the newest first: their SHA, a path, the content's SHA before.

    The history of ``heads`` is simplified as by git-log(1), for the files that ``patterns`` match.
    Merges are omitted: their changes were made elsewhere. Raises UnreadableRepositoryError.
    """
    limits = list(patterns)
    stdin = "".join(f"{line}\n" for line in (*heads, "--", *limits))
    walk = ("rev-list", "--stdin", "--no-merges")
    options = ("--stdin", "-r", "--root", "--raw", "-z", "--no-renames", "--no-abbrev")
    with piped(
        source.repository,
        walk,
        ("diff-tree", *options, "--", *limits),
        purpose="read the history",
        stdin=stdin.encode(errors="surrogateescape"),
    ) as stream:
        commit = ""
        tokens = _tokens(stream)
        for token in tokens:
            if token.startswith(":"):
                before = token.split(" ")[2]
                yield commit, next(tokens), before if before.strip("0") else None
            else:
                commit = token


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    rest = b""
    while chunk := stream.read1(1 << 16):  # type: ignore[attr-defined]
        *complete, rest = (rest + chunk).split(b"\0")
        for token in complete:
            yield token.decode(errors="surrogateescape")


_FETCHED = "refs/fetched"
_MAX_LENGTH = 100_000
# what can be asked of a remote: a name that is no option and no expression of git's
_FETCHABLE = re.compile(r"[^-+^~:?*\[\\\s\x00-\x20][^^~:?*\[\\\s\x00-\x20]*")
_SHA = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
_NOT_ALL_SENT = re.compile("did not send all necessary objects")
_NO_SUCH_REF = re.compile("couldn't find remote ref|not our ref|no such remote ref")
