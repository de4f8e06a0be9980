"""`gto-action check-ref`: what a tag did."""

from __future__ import annotations

import os
from collections.abc import Callable

from gto_action.ci.formats import FORMATS
from gto_action.cli.commands.printing import print_json, print_lines, print_text
from gto_action.cli.console import answer, complain, warn
from gto_action.cli.repository import open_repository
from gto_action.errors import TagNotFoundError
from gto_action.git.source import Source, is_url
from gto_action.interpretation import Interpretation
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.references import ParsedRef, read_ref
from gto_action.registry.replay import Registry
from gto_action.reporting.gto_json import event_json
from gto_action.reporting.outputs import outputs_of
from gto_action.reporting.sentence import quoted_sentence
from gto_action.services.interpret import find_event, interpret


def print_all(ref: str, repo: str, form: str) -> None:
    """Print what the action tells of a tag, in one of FORMATS. Raises GtoActionError."""
    interpretation = _ask(ref, repo, lambda asked, source: interpret(asked, source, os.environ))
    _warn(interpretation)
    if interpretation.reason:
        complain(interpretation.reason)
    print_text(FORMATS[form](outputs_of(interpretation)))


def print_field(ref: str, repo: str, field: str | None) -> None:
    """Print one field of an event, or say what happened. Raises GtoActionError.

    A ref that is not an event is not an error for gto's users: standard error has the reason.
    """
    try:
        interpretation = _ask(ref, repo, find_event)
    except TagNotFoundError as error:
        complain(str(error))
        return
    _warn(interpretation)
    if interpretation.occurrence is None:
        complain(interpretation.reason)
        return
    event = event_json(interpretation.occurrence)
    if field is None:
        answer(quoted_sentence(interpretation.occurrence))
    elif field == "json":
        print_json(event)
    else:
        value = event.get("artifact" if field == "name" else field)
        print_lines([str(value)] if value else [])


def _ask(
    ref: str, repo: str, find: Callable[[ParsedRef, Source], Interpretation]
) -> Interpretation:
    asked = read_ref(ref)
    if asked.parts is None:
        if not is_url(repo):
            with open_repository(repo):
                pass  # there must be one, as for gto
        return Interpretation(Registry({}), asked.reason + did_you_mean(asked.tag))
    with open_repository(repo, asked.parts.name) as session:
        session.warn_if_incomplete()
        interpretation = find(asked, session.source)
        if interpretation.occurrence:
            event = interpretation.occurrence.event
            session.warn_if_unregistered(
                event.name, interpretation.occurrence.version, event.commit
            )
        return interpretation


def _warn(interpretation: Interpretation) -> None:
    for warning in interpretation.warnings:
        if warning.message != interpretation.reason:
            warn(warning)
