"""`gto-action check-ref`: interpret a tag."""

from __future__ import annotations

from collections.abc import Callable

from gto_action.ci.formats import FORMATS
from gto_action.cli.commands.printing import print_json, print_lines, print_text
from gto_action.cli.console import print_error, print_result, print_warning
from gto_action.cli.repository import open_repository
from gto_action.errors import TagNotFoundError
from gto_action.git.source import is_url
from gto_action.interpretation import Interpretation
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.references import ParsedRef, read_ref
from gto_action.registry.replay import Registry
from gto_action.reporting.gto_json import event_json
from gto_action.reporting.outputs import outputs_of
from gto_action.reporting.sentence import quoted_sentence
from gto_action.services.interpret import find_event, interpret
from gto_action.services.session import RegistrySession


def print_all(ref: str, repo: str, form: str) -> None:
    """Print the step outputs of a tag in one of FORMATS. Raises GtoActionError."""
    interpretation = _interpret(
        ref,
        repo,
        lambda reference, session: interpret(reference, session.source, session.overrides),
    )
    _warn(interpretation)
    if interpretation.reason:
        print_error(interpretation.reason)
    print_text(FORMATS[form](outputs_of(interpretation).texts()))


def print_field(ref: str, repo: str, field: str | None) -> None:
    """Print one field of an event, or a sentence about it. Raises GtoActionError.

    A ref that is not an event is not an error for gto's users: standard error has the reason.
    """
    try:
        interpretation = _interpret(
            ref, repo, lambda reference, session: find_event(reference, session.source)
        )
    except TagNotFoundError as error:
        print_error(str(error))
        return
    _warn(interpretation)
    if interpretation.replayed is None:
        print_error(interpretation.reason)
        return
    event = event_json(interpretation.replayed)
    if field is None:
        print_result(quoted_sentence(interpretation.replayed))
    elif field == "json":
        print_json(event)
    else:
        value = event.get("artifact" if field == "name" else field)
        print_lines([str(value)] if value else [])


def _interpret(
    ref: str, repo: str, find: Callable[[ParsedRef, RegistrySession], Interpretation]
) -> Interpretation:
    reference = read_ref(ref)
    if reference.parts is None:
        if not is_url(repo):
            with open_repository(repo):
                pass  # there must be one, as for gto
        return Interpretation(Registry({}), reference.reason + did_you_mean(reference.tag))
    with open_repository(repo, reference.parts.name) as session:
        session.warn_if_incomplete()
        interpretation = find(reference, session)
        if interpretation.replayed:
            event = interpretation.replayed.event
            session.warn_if_unregistered(event.name, interpretation.replayed.version, event.commit)
        return interpretation


def _warn(interpretation: Interpretation) -> None:
    for warning in interpretation.warnings:
        if warning.message != interpretation.reason:
            print_warning(warning)
