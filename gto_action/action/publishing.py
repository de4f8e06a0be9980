"""Publish an event at GitHub: its release, its deployment, an event for another repository."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gto_action.action.connection import connect
from gto_action.action.inputs import Inputs
from gto_action.action.step import Step
from gto_action.errors import ForgeError
from gto_action.forges.forge import Forge
from gto_action.interpretation import Interpretation
from gto_action.registry.tag_names import EventKind
from gto_action.reporting.outputs import outputs_of
from gto_action.reporting.release_notes import release_notes
from gto_action.services import publish as services

Publisher = Callable[[Interpretation, Step[Inputs]], Interpretation]
"""Publishes an event, and adds what it gave. Raises ForgeError, InputError."""


def publishers(step: Step[Inputs]) -> list[Publisher]:
    """Return what publishes as the inputs request, in its order."""
    inputs = step.inputs
    chosen = {
        _publish_release: inputs.release,
        _deploy: inputs.deployment,
        _dispatch: bool(inputs.dispatch),
    }
    return [publisher for publisher, is_chosen in chosen.items() if is_chosen]


def _publish_release(interpretation: Interpretation, step: Step[Inputs]) -> Interpretation:
    assert interpretation.replayed
    forge = connect(step.run, step.inputs, step.inputs.token, step.reporter, "published")
    body = ""
    if interpretation.replayed.event.kind is EventKind.REGISTRATION:
        body = release_notes(interpretation, _changes(interpretation, forge, step))
    published = services.publish_release(
        interpretation, forge, body, is_latest=step.inputs.make_latest
    )
    _report(published, step)
    url = published.record.url if published.record else ""
    return replace(interpretation, release_url=url)


def _changes(
    interpretation: Interpretation, forge: Forge, step: Step[Inputs]
) -> Sequence[tuple[str, str]]:
    """Return the commits of a version; none if the host can't list them, as of other histories."""
    try:
        return services.find_changes(interpretation, forge)
    except ForgeError as error:
        step.reporter.notice(f"the release lists no commits: {error}")
        return ()


def _deploy(interpretation: Interpretation, step: Step[Inputs]) -> Interpretation:
    forge = connect(step.run, step.inputs, step.inputs.token, step.reporter, "published")
    published = services.deploy(interpretation, forge, log_url=step.run.page_url)
    _report(published, step)
    if not published.record:
        return interpretation
    identifier, url = published.record.identifier, published.record.url
    return replace(interpretation, deployment_id=identifier, deployment_url=url)


def _dispatch(interpretation: Interpretation, step: Step[Inputs]) -> Interpretation:
    values = outputs_of(interpretation).values()
    repository = step.inputs.dispatch
    forge = connect(step.run, step.inputs, step.inputs.dispatch_token, step.reporter, "published")
    forge.dispatch(repository, str(values["event"]), services.payload_of(values))
    step.reporter.text(f"sent the event to {repository}")
    return interpretation


def _report(published: services.Published, step: Step[Inputs]) -> None:
    if published.notice:
        step.reporter.notice(published.notice)
