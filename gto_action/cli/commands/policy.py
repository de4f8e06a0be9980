"""`gto-action policy`: the policy as it applies, and what it says of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gto_action.cli.commands.printing import print_lines
from gto_action.cli.console import print_note
from gto_action.cli.repository import open_repository
from gto_action.errors import PolicyError, QueryError, TagNotFoundError
from gto_action.policy.model import ArtifactRules, Override, StageRules
from gto_action.policy.rules import Judge, Judgement
from gto_action.registry.events import Event
from gto_action.registry.references import read_ref
from gto_action.services.enforcement import FoundPolicy, clock, find_policy, judge_tag
from gto_action.services.session import RegistrySession


def show(repo: str, ref: str) -> None:
    """Print the rules of each artifact, and the earlier events that do not satisfy them.

    Raises GtoActionError.
    """
    with open_repository(repo) as session:
        found = _find(session, ref)
        if found.policy is None:
            print_lines(["there is no policy: everything is allowed"])
            return
        for name, artifact in session.registry.artifacts.items():
            print_lines([name, *(f"  {line}" for line in _lines(found.policy.rules_of(name)))])
            events = [replayed.event for replayed in artifact.history]
            for event in events:
                judgement = _judged(events, event, found, session)
                print_lines(f"  {event.tag.name}: {each}" for each in judgement.violations)


def check(tags: Sequence[str], repo: str, ref: str) -> int:
    """Print what tags violate; return 12 if any does, otherwise 0. Raises GtoActionError."""
    with open_repository(repo) as session:
        found = _find(session, ref)
        refused = False
        for tag in tags:
            parts = read_ref(tag).parts
            artifact = session.registry.artifacts.get(parts.name) if parts else None
            events = [each.event for each in artifact.history] if artifact else []
            named = [event for event in events if event.tag.name == read_ref(tag).tag]
            if not named:
                raise TagNotFoundError(f"there is no event '{tag}' in {session.source}")
            judgement = _judged(events, named[0], found, session)
            refused = refused or bool(judgement.violations)
            print_lines(f"{tag}: {each}" for each in judgement.violations)
            if not judgement.violations:
                print_lines(
                    [f"{tag}: {'overrides the policy' if judgement.overridden else 'allowed'}"]
                )
        return PolicyError.exit_code if refused else 0


def _find(session: RegistrySession, ref: str) -> FoundPolicy:
    found = find_policy(session.source, ref)
    if found.notice:
        print_note(found.notice)
    if found.broken:
        raise QueryError(found.broken)
    return found


def _judged(
    events: Sequence[Event], event: Event, found: FoundPolicy, session: RegistrySession
) -> Judgement:
    """Judge an event by all but who made it, which only the host knows."""
    judgement = judge_tag(events, event.tag.name, found, session.source, Judge(clock()))
    decided = tuple(each for each in judgement.violations if not each.is_undecided)
    return replace(judgement, violations=decided)


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
        yield (
            f"after {rules.after // 3600}h" if rules.after % 3600 == 0 else f"after {rules.after} s"
        )
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
