"""Events, and evidence of plain values, for the rules of a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gto_action.policy.policy_file import Policy, read_policy
from gto_action.policy.rules import Judge, Judgement, judge_events
from gto_action.registry.events import Event, Tag, read_events

HOUR = 3600
NOW = 1_770_000_000


@dataclass(frozen=True)
class Facts:
    """Evidence: by default no tag is signed, each commit is on main, no artifact is annotated."""

    signed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    off_branch: frozenset[str] = frozenset()
    types: Mapping[str, str] = field(default_factory=dict)

    def principals(self, event: Event) -> tuple[str, ...] | str:
        return self.signed.get(event.tag.name, "it has no signature")

    def message(self, event: Event) -> str:
        return event.tag.message

    def is_reachable(self, commit: str, branches: Sequence[str]) -> bool:
        return "main" in branches and commit not in self.off_branch

    def annotated_type(self, event: Event) -> str | None:
        return self.types.get(event.commit)


def policy(text: str) -> Policy:
    """Read a policy, indented by two spaces, below the lists that .gto begins with."""
    head, _, rest = text.rpartition("---\n")
    body = "".join(f"  {line}\n" for line in rest.splitlines())
    read = read_policy(f"{head}policy:\n{body}".encode())
    assert read
    return read


def events(*lines: str) -> list[Event]:
    """Return events, given as "TAG COMMIT HOURS [MESSAGE]", the hours before NOW."""
    tags = []
    for line in lines:
        name, commit, hours, *message = line.split(" ", 3)
        time = NOW - int(float(hours) * HOUR)
        tags.append(Tag(name, commit * 40, time=time, message="".join(message)))
    return list(read_events(tags))


def judged(
    text: str,
    *lines: str,
    facts: Facts | None = None,
    actor: str | None = "alice",
    at_creation: bool = False,
) -> Judgement:
    """Judge the last of some events."""
    history = events(*lines)
    last = history[-1]
    rules = policy(text).rules_of(last.name)
    judge = Judge(NOW, actor, at_creation)
    tag = last.tag.name
    return judge_events(history, [tag], rules, facts or Facts(), judge)[tag]


def rules_violated(judgement: Judgement) -> list[str]:
    return [violation.rule for violation in judgement.violations]
