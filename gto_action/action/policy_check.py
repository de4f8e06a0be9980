"""Check the event of a step against the policy of its repository."""

from __future__ import annotations

from dataclasses import replace

from gto_action.action.inputs import Inputs
from gto_action.action.step import Step
from gto_action.diagnostics import Diagnostic
from gto_action.git.source import Source
from gto_action.interpretation import Interpretation


def apply_policy(
    interpretation: Interpretation, source: Source, step: Step[Inputs]
) -> Interpretation:
    """Add to an interpretation what the policy says of its event. Raises FetchError."""
    from gto_action.services.enforcement import (  # noqa: PLC0415 - start-up
        clock,
        find_policy,
        judge_tag,
    )

    found = find_policy(source, step.inputs.policy_ref)
    if found.notice:
        notice = Diagnostic(found.notice)
        return replace(interpretation, notices=(*interpretation.notices, notice))
    if not (found.policy or found.broken):
        return interpretation
    from gto_action.policy.rules import Judge  # noqa: PLC0415 - as above

    assert interpretation.replayed
    assert interpretation.artifact
    event = interpretation.replayed.event
    judgement = judge_tag(
        [each.event for each in interpretation.artifact.history],
        event.tag.name,
        found,
        source,
        Judge(clock(), _actor(event.tag.name, step) if source.is_of_run else None),
    )
    return replace(
        interpretation,
        violations=tuple(map(str, judgement.violations)),
        overridden=judgement.overridden,
    )


def _actor(tag: str, step: Step[Inputs]) -> str | None:
    """Return who has pushed a tag, if its push has triggered the run."""
    run = step.run
    return run.actor if run.actor and run.ref == f"refs/tags/{tag}" else None
