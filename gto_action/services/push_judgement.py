"""Judge a push before a server accepts it: its registry tags, by the policy that is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gto_action.git.objects import ObjectReader
from gto_action.git.reachability import heads_after, matches
from gto_action.git.receive import RefUpdate, checked_out_branches, refused_by_git
from gto_action.git.runner import GitRunner, listed
from gto_action.git.source import Source
from gto_action.git.tags import read_objects
from gto_action.policy.policy_file import Policy
from gto_action.policy.rules import Judge
from gto_action.registry.events import Event, Tag, read_events
from gto_action.services.enforcement import (
    FoundPolicy,
    RepositoryEvidence,
    judge_tags,
    read_policy_by,
)
from gto_action.services.targets import contents_of


def judge_push(
    repository: GitRunner, updates: Sequence[RefUpdate], actor: str | None, now: int
) -> list[str]:
    """Return the sentences about what a push violates; none if it is allowed.

    ``repository`` is as it was before the push, with the objects of it; ``actor`` is who pushes, if
    it is known, and ``now`` in seconds since 1970. Raises UnreadableRepositoryError.
    """
    changed = [update for update in updates if update.tag]
    if not changed:
        return []
    source = Source(None, None, None, repository)
    found = _find_policy(source)
    if found.broken:
        return [f"the policy refuses everything: {found.broken}"]
    if found.policy is None:
        return []
    refused = list(refused_by_git(repository, updates))
    if refused:  # it may be that what is left would not be allowed alone
        return refused
    new = _new_tags(repository, changed)
    judge = Judge(now, actor, at_creation=True, exact_logins=True)
    return [
        *_of_deletions(changed, found.policy, judge),
        *(_no_event(tag) for tag in new if not tag.annotated or tag.target != "commit"),
        *_of_events(source, updates, new, found, judge),
    ]


def _find_policy(source: Source) -> FoundPolicy:
    repository = source.repository
    refs = listed(repository, "for-each-ref", "--format=%(refname) %(objectname)", end="\n")
    shas = dict(line.split(" ") for line in refs)
    # exactly HEAD: a tag of that name must not stand in for a branch that is missing
    branch = repository.output("symbolic-ref", "--quiet", "HEAD").decode().strip()
    detached = ("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    head = shas.get(branch, "") if branch else repository.output(*detached).decode().strip()
    if not shas and branch:  # the first push makes the default branch
        return FoundPolicy()
    if not head:
        reason = "the default branch, which has the policy, is missing: set HEAD to a branch"
        return FoundPolicy(broken=reason)
    with source.files(head, "HEAD") as files:
        return read_policy_by(files.read_only_file)


def _of_deletions(updates: Iterable[RefUpdate], policy: Policy, judge: Judge) -> Iterator[str]:
    """Yield what forbids to delete or replace registry tags."""
    may = judge.is_actor(policy.deleters)
    allowed = f"only {', '.join(policy.deleters)}" if policy.deleters else "nobody"
    for update in updates:
        if update.before and not may:
            what = "replace" if update.after else "delete"
            yield f"{allowed} may {what} the registry tag {update.tag}"


def _new_tags(repository: GitRunner, updates: Iterable[RefUpdate]) -> list[Tag]:
    shas = {update.tag: update.after for update in updates if update.after}
    with ObjectReader(repository) as reader:
        return list(read_objects(repository, shas, reader))


def _no_event(tag: Tag) -> str:
    if not tag.annotated:
        return f"{tag.name} is a lightweight tag: make it annotated, as gto-action does"
    return f"{tag.name} is a tag of a {tag.target}: an event is a tag of a commit"


def _of_events(
    source: Source,
    updates: Sequence[RefUpdate],
    new: Sequence[Tag],
    found: FoundPolicy,
    judge: Judge,
) -> Iterator[str]:
    """Yield what the new events of a push violate, in the order of replay."""
    gone = {update.tag for update in updates if update.before and update.tag}
    events = list(read_events(new))
    names = {event.name for event in events}
    before = [
        event
        for event in read_events(source.tags())
        if event.name in names and event.tag.name not in gone
    ]
    judge = replace(judge, together=frozenset(event.tag.name for event in events))
    shas = {update.tag: update.after for update in updates if update.tag and update.after}
    by_artifact: dict[str, list[Event]] = {}
    for event in (*before, *events):
        by_artifact.setdefault(event.name, []).append(event)
    evidence = RepositoryEvidence(
        source=source,
        keys=found.keys,
        now=judge.now,
        commits=[event.commit for each in by_artifact.values() for event in each],
        unsaved=contents_of(source.repository, shas),
        branches=lambda _, patterns: (
            source.repository,
            _heads(source.repository, updates, patterns),
        ),
    )
    for history in by_artifact.values():
        tags = judge.together & {event.tag.name for event in history}
        for tag, judgement in judge_tags(history, tags, found, evidence, judge).items():
            yield from (f"{tag}: {violation}" for violation in judgement.violations)


def _heads(
    repository: GitRunner, updates: Iterable[RefUpdate], patterns: Sequence[str]
) -> list[str]:
    """Return the commits of the branches that patterns match, as they are after a push."""
    form = "--format=%(objectname) %(refname)"
    lines = repository.output("for-each-ref", form, "refs/heads").decode().splitlines()
    now = {name: sha for sha, _, name in (line.partition(" ") for line in lines)}
    changed = [update for update in updates if update.ref.startswith("refs/heads/")]
    # one that git, or the server, refuses after this hook does not count: the tag would stay
    refused = checked_out_branches(repository) if changed else set()
    pushed = {
        update.ref: update.after
        for update in changed
        if update.ref not in refused and _is_forward(repository, update)
    }
    after = heads_after(now, pushed)
    return [sha for ref, sha in after.items() if matches(ref.removeprefix("refs/heads/"), patterns)]


def _is_forward(repository: GitRunner, update: RefUpdate) -> bool:
    """Return whether a branch is deleted, or names a commit and has all its commits still."""
    if not update.after:
        return True
    if repository.output("cat-file", "-t", update.after).strip() != b"commit":
        return False
    if not update.before:
        return True
    process = repository.git("merge-base", "--is-ancestor", update.before, update.after)
    process.communicate()
    return process.returncode == 0
