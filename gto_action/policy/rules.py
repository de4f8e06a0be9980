"""The rules of a policy: which of them an event violates, decided from values alone.

A rule that looks at earlier events counts one only if it satisfies, under the same policy, all that
the repository alone can decide: otherwise a refused event would open the next stage. What takes
something away always counts: nobody gains by it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Protocol

from gto_action.policy.accepted import Accepted, accepted_before, is_newer
from gto_action.policy.model import ArtifactRules, Override, Signers, StageRules, duration
from gto_action.policy.transitions import EventIndex, Transition, VersionAt
from gto_action.registry.events import Event, iso8601
from gto_action.registry.replay import replay_steps
from gto_action.registry.tag_names import EventKind
from gto_action.util.text import truncate_inline

TOLERANCE = 300
"""How far the time of an event may be from the clock of the judge, in seconds."""
OVERRIDE = "Gto-Override"
"""The trailer of a tag's message with the reason why the policy is overridden."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that an event violates, as a sentence.

    ``is_undecided`` states that the judge lacks a fact, so that it may be none. ``is_final`` rules
    can't be overridden.
    """

    rule: str
    message: str
    is_undecided: bool = False
    is_final: bool = False

    def __str__(self) -> str:
        """Return the rule and the sentence."""
        return f"{self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Judge:
    """What the judge of new events knows beside the repository.

    ``now`` is its clock, in seconds since 1970; ``actor`` is who creates the events, as the host
    knows them, ``None`` if that is unknown. ``at_creation`` states that the events are judged when
    they are made, so that their times must be about ``now``; ``together`` are the tags that are
    made at the same time. ``looks_back`` states that events of the past are judged, which nobody
    wants to make now. ``exact_logins`` states that logins may differ by case alone, which GitHub's
    do not.
    """

    now: int
    actor: str | None = None
    at_creation: bool = False
    together: frozenset[str] = frozenset()
    looks_back: bool = False
    exact_logins: bool = False

    def is_actor(self, allowed: Collection[str]) -> bool:
        """Return whether the actor is one of some logins."""
        if self.actor is None:
            return False
        if self.exact_logins:
            return self.actor in allowed
        return self.actor.lower() in {each.lower() for each in allowed}


class Evidence(Protocol):
    """What the repository says of an event, beside its tags."""

    def principals(self, event: Event) -> tuple[str, ...] | str:
        """Return the principals of the key that has signed a tag, or the reason why none has."""

    def message(self, event: Event) -> str:
        """Return the complete message of a tag."""

    def is_reachable(self, commit: str, branches: Sequence[str]) -> bool:
        """Return whether a commit is in a branch that one of some patterns matches."""

    def annotated_type(self, event: Event) -> str | None:
        """Return the type in the annotation of an event's artifact; ``None`` without one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the policy says of an event: its violations, and whether it overrides the policy."""

    violations: tuple[Violation, ...] = ()
    overridden: bool = False


def judge_events(
    events: Iterable[Event],
    new: Collection[str],
    rules: ArtifactRules,
    evidence: Evidence,
    judge: Judge,
) -> dict[str, Judgement]:
    """Judge the ``new`` ones among all events of an artifact; return a judgement for each tag.

    The others are judged by what the repository alone can decide, as far as that is needed.
    """
    history = _History(events, rules, evidence, judge)
    names = frozenset(new)
    return {
        step.event.tag.name: history.judgement(position, is_new=True)
        for position, step in enumerate(history.steps)
        if step.event.tag.name in names
    }


class _History:
    """The events of one artifact, and what of them satisfies the rules."""

    def __init__(
        self,
        events: Iterable[Event],
        rules: ArtifactRules,
        evidence: Evidence,
        judge: Judge,
    ) -> None:
        self.steps = [Transition(*step) for step in replay_steps(events)]
        self._index = EventIndex(self.steps)
        self._rules = rules
        self._evidence = evidence
        self._judge = judge
        self._valid: dict[int, bool] = {}
        self._accepted: dict[str, list[Accepted]] = {}
        self._moves: dict[tuple[str, VersionAt], list[int]] = {}
        self._since: dict[tuple[str, VersionAt], list[int | None]] = {}
        self._last_present = max(
            (
                position
                for position, step in enumerate(self.steps)
                if step.event.tag.name not in judge.together
            ),
            default=-1,
        )

    def judgement(self, position: int, *, is_new: bool) -> Judgement:
        step = self.steps[position]
        found = list(self._violations(position, is_new=is_new))
        reason = override_reason(self._evidence.message(step.event))
        if reason is None:
            return Judgement(tuple(found))
        refused = self._override_violation(step.event, is_new=is_new)
        if refused and refused.is_undecided and not found and not is_new:
            return Judgement()  # nothing needs the override any more
        if refused and refused.is_undecided:
            found = [each if each.is_final else replace(each, is_undecided=True) for each in found]
        if refused:
            return Judgement((*found, refused))
        return Judgement(tuple(each for each in found if each.is_final), overridden=True)

    def _violations(self, position: int, *, is_new: bool) -> Iterator[Violation]:
        step, rules = self.steps[position], self._rules
        yield from self._of_time(position, is_new=is_new)
        yield from self._of_names(step)
        yield from self._of_registration(position)
        if rules.branches is not None and not self._evidence.is_reachable(
            step.event.commit, rules.branches
        ):
            yield Violation(
                "branches",
                f"the commit {step.event.commit[:7]} of {step.event.tag.name} is in none of the "
                f"branches {', '.join(rules.branches)}: merge it first",
            )
        if step.event.kind is EventKind.ASSIGNMENT:
            yield from self._of_source(position)
        for stage in self._touched_stages(position):
            yield from self._of_stage(position, stage, is_new=is_new)

    def _touched_stages(self, position: int) -> list[str]:
        """Return the stages of which an event changes what they show, now or after a rollback."""
        step = self.steps[position]
        stages = list(step.changed_stages)
        if position and self.steps[position - 1].event.kind is EventKind.DEPRECATION:
            stages += step.after  # the artifact is active again
        if step.event.kind is EventKind.DEREGISTRATION:
            stages += self._index.stages(step.version[0], position)
        return list(dict.fromkeys(stages))

    def _of_time(self, position: int, *, is_new: bool) -> Iterator[Violation]:
        event, now = self.steps[position].event, self._judge.now
        when = f"{event.tag.name} is of {_when(event.tag.time)}"
        if event.tag.time > now + TOLERANCE:
            yield Violation(
                "time",
                f"{when}, after the clock of this machine, {_when(now)}: create it again",
                is_final=True,
            )
        if not (is_new and self._judge.at_creation):
            return
        if event.tag.time < now - TOLERANCE:
            yield Violation(
                "time",
                f"{when}, more than five minutes before {_when(now)}: a new tag has the time of "
                "its creation",
                is_final=True,
            )
        # of one second, too: a registration is replayed before an assignment that was there
        if position < self._last_present:
            last = self.steps[self._last_present].event
            yield Violation(
                "time",
                f"{when}, and {last.tag.name} of {_when(last.tag.time)}, which is there, would "
                "follow it: create it again, with a later time",
                is_final=True,
            )

    def _of_names(self, step: Transition) -> Iterator[Violation]:
        """Yield what the lists of stages and types, and the need for an annotation, forbid."""
        event, rules = step.event, self._rules
        stage = event.parts.stage
        if stage and rules.allowed_stages is not None and stage not in rules.allowed_stages:
            allowed = ", ".join(rules.allowed_stages) or "none"
            yield Violation("stages", f"{stage} is not a stage of .gto; they are: {allowed}")
        if not (rules.require_annotation or rules.allowed_types is not None):
            return
        kind = self._evidence.annotated_type(event)
        if kind is None and rules.require_annotation:
            yield Violation(
                "require",
                f"no file at {event.commit[:7]} annotates {event.name}: add it to dvc.yaml or "
                "artifacts.yaml",
            )
        if kind and rules.allowed_types is not None and kind not in rules.allowed_types:
            allowed = ", ".join(rules.allowed_types) or "none"
            yield Violation("types", f"{event.name} has the type {kind}; .gto allows: {allowed}")

    def _of_registration(self, position: int) -> Iterator[Violation]:
        step = self.steps[position]
        name, commit = step.version
        if step.event.kind is EventKind.REGISTRATION:
            elsewhere = self._registered_elsewhere(position, name, commit)
            if elsewhere:
                yield Violation(
                    "version",
                    f"{name} is registered at {elsewhere[:7]}, and {step.event.tag.name} is at "
                    f"{commit[:7]}: deregister it there first, or register another version",
                    is_final=True,
                )
        elif (
            step.event.kind is EventKind.ASSIGNMENT
            and self._rules.require_registration
            and not self._is_registered(position, step.version)
        ):
            yield Violation(
                "require",
                f"{truncate_inline(name)} is not a registered version of {step.event.name} that "
                "satisfies the policy: register it first",
            )

    def _of_source(self, position: int) -> Iterator[Violation]:
        """Yield whether an assigned version has been where it has to come from, and how long."""
        step = self.steps[position]
        stage, event = step.event.parts.stage or "", step.event
        rules = self._rules.of_stage(stage)
        if not rules.sources:
            if rules.after:
                reason = f"there is no stage before {stage}, where a version could have been"
                yield Violation("after", f"{reason}: name one in the policy with from")
            return
        since = {
            source: time
            for source in rules.sources
            if (time := self._in_stage_since(position, source, step.version)) is not None
        }
        sources = " or ".join(rules.sources)
        name = truncate_inline(step.version[0])
        if not since:
            yield Violation(
                "order",
                f"{name} is not in {sources}, where a version of {event.name} has to be before "
                f"{stage}: assign it there first",
            )
            return
        now = min(event.tag.time, self._judge.now)
        longest = max(now - time for time in since.values())
        if rules.after and longest < rules.after:
            yield Violation(
                "after",
                f"{name} has been in {sources} for {duration(max(longest, 0))}, and has to be "
                f"there for {duration(rules.after)} before {stage}: try again after "
                f"{_when(min(since.values()) + rules.after)}",
            )

    def _of_stage(self, position: int, stage: str, *, is_new: bool) -> Iterator[Violation]:
        """Yield what the rules of a stage say of an event that changes what it shows."""
        event, rules = self.steps[position].event, self._rules.of_stage(stage)
        what = f"{event.tag.name}, which changes what {stage} shows"
        if is_new and rules.actors is not None:
            yield from _of_actor(self._judge, rules.actors, f"create {what}")
        if rules.signed is not None:
            yield from self._of_signature(event, rules.signed, what)
        for period in rules.freeze:
            is_now = is_new and not self._judge.looks_back
            times = (event.tag.time, self._judge.now) if is_now else (event.tag.time,)
            if any(time in period for time in times):
                yield Violation(
                    "freeze", f"{stage} is frozen in {period.written}: try again after it"
                )
        if rules.only_newer:
            yield from self._of_order(position, stage, rules)
        yield from self._of_exposure(position, stage)

    def _of_exposure(self, position: int, stage: str) -> Iterator[Violation]:
        """Yield whether a stage would show again what it was refused to show."""
        step = self.steps[position]
        after = step.after.get(stage)
        is_back = step.event.kind is not EventKind.ASSIGNMENT and after != step.before.get(stage)
        if after is None or not is_back:
            return
        assigned = self._index.last_assignment(stage, after, position)
        if assigned is not None and not self._is_valid(assigned):
            tag = self.steps[assigned].event.tag.name
            yield Violation(
                "exposed",
                f"{stage} would show {truncate_inline(after[0])} again, and the policy does not "
                f"allow its assignment {tag}: unassign it first",
            )

    def _of_signature(self, event: Event, signed: Signers, what: str) -> Iterator[Violation]:
        signers = self._evidence.principals(event)
        if isinstance(signers, str):
            yield Violation("signed", f"{what}, is not signed: {signers}")
        elif signed and not any(
            # in patterns of SSH, a bracket is an ordinary character
            fnmatchcase(name, pattern.replace("[", "[[]"))
            for name in signed
            for pattern in signers
        ):
            yield Violation(
                "signed",
                f"{what}, is signed by {', '.join(signers)}, who is none of {', '.join(signed)}",
            )

    def _of_order(self, position: int, stage: str, rules: StageRules) -> Iterator[Violation]:
        """Yield whether a stage would show a version lower than the one that it shows."""
        step = self.steps[position]
        shown, after = step.before.get(stage), step.after.get(stage)
        accepted = self._accepted_before(position, stage)
        before = [each for each in (shown, accepted.newest) if each and each != after]
        if after is None or after == accepted.newest:
            return
        if accepted.goes_back and rules.rollback:
            return
        higher = [each for each in before if not is_newer(after[0], each[0])]
        if higher:
            yield Violation(
                "only-newer",
                f"{stage} shows {truncate_inline(higher[-1][0])}, and {step.event.tag.name} is "
                f"about {truncate_inline(after[0])}, which is not newer: assign a newer version"
                + (", or roll back" if rules.rollback else ""),
            )

    def _accepted_before(self, position: int, stage: str) -> Accepted:
        """Return what a stage had accepted before an event."""
        if stage not in self._accepted:
            rollback = self._rules.of_stage(stage).rollback
            self._accepted[stage] = list(accepted_before(self.steps, stage, rollback=rollback))
        return self._accepted[stage][position]

    def _override_violation(self, event: Event, *, is_new: bool) -> Violation | None:
        override: Override = self._rules.override
        what = f"{event.tag.name} has the trailer {OVERRIDE}"
        if not override.allowed:
            return Violation("override", f"{what}, which the policy does not allow", is_final=True)
        found: list[Violation] = []
        if override.actors is not None and (is_new or override.signed is None):
            # of an earlier event nobody can say who made it
            judge = self._judge if is_new else replace(self._judge, actor=None)
            found += _of_actor(judge, override.actors, f"override the policy by {event.tag.name}")
        if override.signed is not None:
            found += self._of_signature(event, override.signed, what)
        if not found:
            return None
        first = found[0]
        return Violation("override", first.message, first.is_undecided, is_final=True)

    def _is_valid(self, position: int) -> bool:
        """Return whether an earlier event satisfies what the repository alone can decide."""
        if position not in self._valid:
            self._valid[position] = not self.judgement(position, is_new=False).violations
        return self._valid[position]

    def _is_registered(self, position: int, version: VersionAt) -> bool:
        """Return whether a version was registered before an event, and not deregistered since."""
        registered = False
        for number in self._index.registrations(version[0], position):
            step = self.steps[number]
            if step.event.kind is EventKind.DEREGISTRATION:
                registered = False
            elif step.version == version:
                registered = self._is_valid(number)
        return registered

    def _registered_elsewhere(self, position: int, name: str, commit: str) -> str:
        """Return another commit at which a version is registered; empty if there is none."""
        commits: dict[str, None] = {}
        for number in self._index.registrations(name, position):
            step = self.steps[number]
            if step.event.kind is EventKind.REGISTRATION:
                commits[step.event.commit] = None
            elif self._is_valid(number):
                known = step.event.commit in commits
                commits.pop(step.event.commit if known else next(reversed(commits), ""), None)
        return next((each for each in commits if each != commit), "")

    def _in_stage_since(self, position: int, stage: str, version: VersionAt) -> int | None:
        """Return the time since which a version is in a stage, in seconds since 1970."""
        key = stage, version
        if key not in self._moves:
            self._moves[key] = self._index.moves(stage, version)
            self._since[key] = [None]
        # after each of the moves, as far as they were looked at
        moves, since = self._moves[key], self._since[key]
        needed = bisect_left(moves, position)
        while len(since) <= needed:
            since.append(self._after_move(moves[len(since) - 1], since[-1]))
        return since[needed]

    def _after_move(self, position: int, since: int | None) -> int | None:
        """Return since when a version is in a stage after an event, given the time before it."""
        event = self.steps[position].event
        match event.kind:
            case EventKind.REGISTRATION:
                return since
            case EventKind.ASSIGNMENT if since is not None or not self._is_valid(position):
                return since
            case EventKind.ASSIGNMENT:
                return event.tag.time
            case _:
                return None


def override_reason(message: str) -> str | None:
    """Return the reason in the trailer OVERRIDE of a tag's message; ``None`` without one.

    Source of what a trailer is: git-interpret-trailers(1).
    """
    last = re.split(r"\n\s*\n", message.strip())[-1]
    found = re.search(rf"^{OVERRIDE}:[ \t]*(\S.*)$", last, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else None


def _of_actor(judge: Judge, allowed: Sequence[str], act: str) -> Iterator[Violation]:
    may = f"only {', '.join(allowed)} may" if allowed else "nobody may"
    if judge.actor is None:
        reason = f"{may} {act}, and who does is not known here"
        yield Violation("actors", reason, is_undecided=True)
    elif not judge.is_actor(allowed):
        yield Violation("actors", f"{judge.actor or 'nobody'} may not {act}: {may}")


def _when(time: int) -> str:
    return iso8601(time, 0).replace("+00:00", "Z")
