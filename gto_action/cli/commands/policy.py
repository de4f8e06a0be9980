"""`gto-action policy`: the policy as it applies, and what it says of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gto_action.cli.commands.printing import print_lines
from gto_action.cli.repository import open_repository
from gto_action.errors import PolicyError, QueryError, TagNotFoundError
from gto_action.policy.model import ArtifactRules, Override, StageRules, duration
from gto_action.registry.references import read_ref
from gto_action.services.enforcement import FoundPolicy, find_policy
from gto_action.services.policy_report import find_violations
from gto_action.services.session import RegistrySession


def show(repo: str, ref: str) -> None:
    """Print the rules of each artifact, and the events that do not satisfy them.

    Raises GtoActionError.
    """
    with open_repository(repo) as session:
        found = _find(session, ref)
        if found.policy is None:
            print_lines(["there is no policy: everything is allowed"])
            return
        for name, artifact in session.registry.artifacts.items():
            print_lines([name, *(f"  {line}" for line in _lines(found.policy.rules_of(name)))])
            for tag, violations in find_violations(artifact, found, session).items():
                decided = [each for each in violations if not each.is_undecided]
                print_lines(f"  {tag} is against it: {each}" for each in decided)


def check(tags: Sequence[str], repo: str, ref: str) -> int:
    """Print what tags violate; return 12 if any does, otherwise 0. Raises GtoActionError."""
    with open_repository(repo) as session:
        found = _find(session, ref)
        refused = [tag for tag in tags if _print_verdict(tag, found, session)]
    return PolicyError.exit_code if refused else 0


def _print_verdict(tag: str, found: FoundPolicy, session: RegistrySession) -> bool:
    """Print what a tag violates; return whether it is anything."""
    reference = read_ref(tag)
    parts = reference.parts
    artifact = session.registry.artifacts.get(parts.name) if parts else None
    names = {each.event.tag.name for each in artifact.history} if artifact else set()
    if artifact is None or reference.tag not in names:
        raise TagNotFoundError(f"there is no event '{tag}' in {session.source}")
    violations = find_violations(artifact, found, session).get(reference.tag, [])
    decided = [each for each in violations if not each.is_undecided]
    print_lines(f"{tag}: {each}" for each in decided)
    if not decided:
        conditions = "; ".join(each.message for each in violations)
        print_lines([f"{tag}: allowed{f', but {conditions}' if conditions else ''}"])
    return bool(decided)


def _find(session: RegistrySession, ref: str) -> FoundPolicy:
    found = find_policy(session.source, ref)
    if found.notice:
        raise QueryError(f"{found.notice}; --policy-ref HEAD is the policy of this repository")
    if found.broken:
        raise PolicyError(found.broken)
    return found


def _lines(rules: ArtifactRules) -> Iterator[str]:
    """Yield the rules of an artifact, a line each."""
    if rules.require_registration:
        yield "an assignment needs a registered version"
    if rules.require_annotation:
        yield "an event needs an annotation"
    if rules.branches is not None:
        yield f"commits are in the branches {', '.join(rules.branches)}"
    for stage, of_stage in rules.stages.items():
        yield f"{stage}: {', '.join(_parts(of_stage)) or 'free'}"
    if rules.override != Override():
        who = ", ".join(_who(rules.override.actors, rules.override.signed))
        yield f"override: {who or 'anyone'}"


def _parts(rules: StageRules) -> Iterator[str]:
    if rules.sources:
        yield f"from {' or '.join(rules.sources)}"
    if rules.after:
        yield f"after {duration(rules.after)}"
    yield from _who(rules.actors, rules.signed)
    if rules.only_newer:
        yield "only newer versions" + ("" if rules.rollback else ", no rollback")
    for period in rules.freeze:
        yield f"frozen in {period.written}"


def _who(actors: tuple[str, ...] | None, signed: tuple[str, ...] | None) -> Iterator[str]:
    if actors is not None:
        yield f"by {' or '.join(actors) or 'nobody'}"
    if signed is not None:
        yield f"signed{' by ' + ' or '.join(signed) if signed else ''}"
