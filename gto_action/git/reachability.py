"""Which commits are in some branches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from gto_action.errors import UnreadableRepositoryError
from gto_action.git.runner import GitRunner
from gto_action.git.source import Source, missing_objects


def branches_of(source: Source, patterns: Sequence[str]) -> tuple[GitRunner, list[str]]:
    """Return the SHAs of the branches that patterns match, and a repository with their history.

    From a remote they are fetched, without any file; of a checkout they are its own, and what it
    knows of its remotes. Raises FetchError.
    """
    if source.fetch:
        return source.fetch.fetch_heads(lambda name: matches(name, patterns))
    listing = ("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes")
    lines = source.repository.output(*listing).decode(errors="replace").splitlines()
    refs = {name: sha for sha, _, name in (line.partition(" ") for line in lines)}
    heads = [sha for name, sha in refs.items() if matches(_branch(name), patterns)]
    return source.repository, heads


def matches(branch: str, patterns: Sequence[str]) -> bool:
    """Return whether one of some patterns matches the name of a branch."""
    return any(fnmatchcase(branch, pattern) for pattern in patterns)


def find_unreachable(
    repository: GitRunner, commits: Iterable[str], heads: Collection[str]
) -> frozenset[str]:
    """Return those of some commits that are in the history of no head, with one git process.

    Raises UnreadableRepositoryError.
    """
    wanted = set(commits)
    missing = set(missing_objects(repository, wanted))
    known = sorted(wanted - missing)
    if not heads or not known:
        return frozenset(wanted)
    stdin = "".join(f"{line}\n" for line in (*known, *(f"^{head}" for head in heads))).encode()
    process = repository.git("rev-list", "--stdin")
    output, stderr = process.communicate(stdin)
    if process.returncode != 0:
        reason = " ".join(stderr.decode(errors="replace").split())
        raise UnreadableRepositoryError(f"git can't look for commits in branches: {reason}")
    return frozenset(missing | (wanted & set(output.decode().split())))


def heads_after(heads: Mapping[str, str], updates: Mapping[str, str]) -> dict[str, str]:
    """Return the branches by name as they are after a push; an empty SHA deletes one."""
    return {name: sha for name, sha in {**heads, **updates}.items() if sha}


def _branch(ref: str) -> str:
    """Return the name of a branch, also of one that a remote had."""
    if ref.startswith("refs/remotes/"):
        return ref.split("/", 3)[-1]
    return ref.removeprefix("refs/heads/")
