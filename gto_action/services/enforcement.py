"""Enforce the policy of a repository: find it where nobody who tags can write it, and judge events.

It is the file .gto at the head of the remote's default branch, never at the tagged commit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from gto_action.annotations.find import find_annotation
from gto_action.errors import FetchError, UnreadableFileError
from gto_action.git.commits import ROOT_TREE, find_commit
from gto_action.git.reachability import branches_of, find_unreachable
from gto_action.git.runner import GitRunner
from gto_action.git.source import Source
from gto_action.git.tags import message_of
from gto_action.git.verification import Keys, find_principals
from gto_action.policy.gto_file import FILE
from gto_action.policy.policy_file import Policy, read_policy
from gto_action.policy.rules import Evidence, Judge, Judgement, Violation, judge_events
from gto_action.registry.events import Event

ReadFile = Callable[[str], bytes | None]
"""Reads a file of the policy's commit. Raises UnreadableFileError, FetchError."""


@dataclass(frozen=True, slots=True)
class FoundPolicy:
    """The policy of a repository, if it has one, and the keys of those who may sign.

    ``broken`` is the reason why it can't be used: then nothing is allowed. ``notice`` states that
    none was looked for, and why.
    """

    policy: Policy | None = None
    keys: Keys = field(default_factory=Keys)
    broken: str = ""
    notice: str = ""


NO_POLICY = FoundPolicy()


def find_policy(source: Source, ref: str = "") -> FoundPolicy:
    """Find the policy at a ref of the remote, by default at the head of its default branch.

    Of a checkout that is read in place it is what it knows of that branch. If the source has begun
    to fetch that ref, it is there already. Raises FetchError.
    """
    name = _full_name(ref) if ref else "HEAD" if source.fetch else _known_head(source)
    with suppress(FetchError), source.files_beside(name) as files:
        if files:
            return read_policy_by(files.read_only_file)
    # it was not fetched beside the tags, or the server gives no single object
    is_there = bool(_SHA.fullmatch(name)) or source.fetch is None or source.fetch.has_ref(name)
    commit = find_commit(source, name, ROOT_TREE) if is_there else None
    if commit is None:
        if ref:
            return FoundPolicy(broken=f"{source} lacks the ref {ref}, which has the policy")
        if source.fetch:
            return NO_POLICY if source.fetch.is_empty() else FoundPolicy(broken=_lacks_head(source))
        return FoundPolicy(
            notice="no policy was applied: the checkout does not know the remote's default branch"
        )
    with source.files(commit, name) as files:
        return read_policy_by(files.read_only_file)


def _full_name(ref: str) -> str:
    """Return the full name of a ref: a short one is a branch, because anyone may push tags."""
    is_full = ref == "HEAD" or ref.startswith("refs/") or _SHA.fullmatch(ref)
    return ref if is_full else f"refs/heads/{ref}"


def _known_head(source: Source) -> str:
    """Return the ref of what a checkout knows of its remote's default branch."""
    remotes = source.repository.output("remote").decode(errors="replace").split()
    remote = remotes[0] if len(remotes) == 1 else "origin"
    return f"refs/remotes/{remote}/HEAD"


def _lacks_head(source: Source) -> str:
    return (
        f"{source} lacks the default branch, which has the policy: set HEAD there to a branch that "
        "exists (git symbolic-ref HEAD refs/heads/BRANCH)"
    )


_SHA = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


def read_policy_by(read: ReadFile) -> FoundPolicy:
    """Read a policy and its keys with what reads the files of a commit. Raises FetchError."""
    try:
        policy = read_policy(read(FILE))
        if policy is None:
            return NO_POLICY
        keys = {
            name: _key_file(read, path)
            for name, path in (
                ("signers", policy.signers),
                ("revoked", policy.revoked),
                ("gpg", policy.gpg_keys),
            )
        }
    except UnreadableFileError as error:
        return FoundPolicy(broken=str(error))
    return FoundPolicy(policy, Keys(**keys))


def _key_file(read: ReadFile, path: str) -> bytes | None:
    if not path:
        return None
    content = read(path)
    if content is None:
        raise UnreadableFileError(path, f"it is not there, and the policy in {FILE} names it")
    return content


def judge_tag(
    events: Iterable[Event], tag: str, found: FoundPolicy, source: Source, judge: Judge
) -> Judgement:
    """Judge an event among all events of its artifact. Raises FetchError."""
    history = list(events)
    commits = [each.commit for each in history]
    evidence = RepositoryEvidence(source=source, keys=found.keys, now=judge.now, commits=commits)
    return judge_tags(history, [tag], found, evidence, judge)[tag]


def judge_tags(
    events: Sequence[Event],
    tags: Collection[str],
    found: FoundPolicy,
    evidence: Evidence,
    judge: Judge,
) -> dict[str, Judgement]:
    """Judge some events among all of their artifact, by their tags."""
    if found.broken:
        violation = Violation("policy", found.broken, is_final=True)
        return dict.fromkeys(tags, Judgement((violation,)))
    if found.policy is None:
        return dict.fromkeys(tags, Judgement())
    return judge_events(events, tags, found.policy.rules_of(events[0].name), evidence, judge)


def clock() -> int:
    """Return the time of this machine, in seconds since 1970."""
    return int(time.time())


@dataclass(slots=True, kw_only=True)
class RepositoryEvidence:
    """What a repository says of its events: signatures, branches, annotations.

    ``commits`` are those of the events, ``unsaved`` the contents of tags that no ref names yet, and
    ``branches`` finds the branches that patterns match. Tags ``to_be_signed`` count as signed by
    anyone, and ``assumed`` is whether that was needed.
    """

    source: Source
    keys: Keys
    now: int
    commits: Sequence[str]
    unsaved: Mapping[str, bytes] = field(default_factory=dict)
    branches: Callable[[Source, Sequence[str]], tuple[GitRunner, list[str]]] = branches_of
    to_be_signed: frozenset[str] = frozenset()
    assumed: bool = False
    _unreachable: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)
    _types: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def principals(self, event: Event) -> tuple[str, ...] | str:
        """Return the principals whose key has signed a tag, or the reason why none has."""
        if event.tag.name in self.to_be_signed:
            self.assumed = True
            return ("*",)  # principals may be patterns
        environment = self.source.repository.environment
        content = self._content(event)
        return find_principals(content, event.tag.name, self.keys, self.now, environment)

    def message(self, event: Event) -> str:
        """Return the complete message of a tag, of which a long one was read in part."""
        if len(event.tag.message) < _LONG:
            return event.tag.message
        return message_of(self._content(event))

    def is_reachable(self, commit: str, branches: Sequence[str]) -> bool:
        """Return whether a commit is in a branch that one of some patterns matches."""
        patterns = tuple(branches)
        if patterns not in self._unreachable:
            repository, heads = self.branches(self.source, patterns)
            self._unreachable[patterns] = find_unreachable(repository, self.commits, heads)
        return commit not in self._unreachable[patterns]

    def annotated_type(self, event: Event) -> str | None:
        """Return the type in the annotation of an event's artifact; ``None`` without one."""
        key = event.commit, event.name
        if key not in self._types:
            with self.source.files(event.commit, event.commit) as files:
                annotation, _ = find_annotation(event.name, files)
            self._types[key] = annotation.type if annotation else None
        return self._types[key]

    def _content(self, event: Event) -> bytes:
        name = event.tag.name
        if name in self.unsaved:
            return self.unsaved[name]
        return self.source.repository.output("cat-file", "tag", f"refs/tags/{name}")


_LONG = 1000
"""The characters of a message that may have been cut: bytes are, and a character may have four."""
