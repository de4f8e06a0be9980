"""What a policy says of a registry as it is: of each event, and of what is in each stage."""

from __future__ import annotations

from collections.abc import Iterator

from gto_action.diagnostics import Diagnostic, Severity
from gto_action.policy.rules import Judge, Violation
from gto_action.registry.replay import Artifact, Registry
from gto_action.registry.tag_names import EventKind
from gto_action.services.enforcement import (
    FoundPolicy,
    RepositoryEvidence,
    clock,
    find_policy,
    judge_tags,
)
from gto_action.services.session import RegistrySession


def find_violations(
    artifact: Artifact, found: FoundPolicy, session: RegistrySession
) -> dict[str, list[Violation]]:
    """Return what each event of an artifact violates, or may violate, by its tag; only those."""
    events = [replayed.event for replayed in artifact.history]
    now = clock()
    evidence = RepositoryEvidence(
        source=session.source,
        keys=found.keys,
        now=now,
        commits=[event.commit for event in events],
    )
    tags = [event.tag.name for event in events]
    judged = judge_tags(events, tags, found, evidence, Judge(now, looks_back=True))
    return {
        tag: list(judgement.violations) for tag, judgement in judged.items() if judgement.violations
    }


def check_policy(session: RegistrySession, registry: Registry) -> Iterator[Diagnostic]:
    """Find a policy that can't be used, what is in a stage against it, and other such events."""
    found = find_policy(session.source)
    if found.broken:
        yield Diagnostic(
            f"{found.broken}; nothing is allowed",
            kind="policy",
            subject=".gto",
            remedy="correct it: docs/policy.md lists the keys",
        )
    if found.notice and b"policy" in session.source.repository.output("show", "HEAD:.gto"):
        yield Diagnostic(
            found.notice,
            severity=Severity.WARNING,
            kind="policy",
            subject=".gto",
            remedy="git remote set-head origin --auto",
        )
    if found.policy is None:
        return
    for artifact in registry.artifacts.values():
        shown = set(_assignments(artifact))
        for tag, violations in find_violations(artifact, found, session).items():
            for violation in violations:
                if violation.is_undecided:  # only the host knew who made it
                    continue
                yield Diagnostic(
                    f"the policy does not allow it: {violation}",
                    severity=Severity.ERROR if tag in shown else Severity.WARNING,
                    kind="policy",
                    subject=tag,
                    remedy="undo it (gto-action rollback, unassign, or delete the tag), or correct "
                    "the policy"
                    if tag in shown
                    else "it does not count for later events; nothing has to be done",
                )


def _assignments(artifact: Artifact) -> Iterator[str]:
    """Yield the tags that assigned what the stages show now."""
    for stage, commit in artifact.stage_commits.items():
        tags = [
            replayed.event.tag.name
            for replayed in artifact.history
            if replayed.event.kind is EventKind.ASSIGNMENT
            and (replayed.event.parts.stage, replayed.event.commit) == (stage, commit)
        ]
        yield from tags[-1:]
