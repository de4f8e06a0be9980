"""An event in one sentence."""

from __future__ import annotations

from gto_action.registry.state import Occurrence
from gto_action.registry.tagname import EventKind


def sentence(occurrence: Occurrence) -> str:
    """Say what happened: ``version v3.1.0 of churn was registered``."""
    event = occurrence.event
    version = short(occurrence.version or "")
    match event.kind:
        case EventKind.REGISTRATION:
            return f"version {version} of {event.name} was registered"
        case EventKind.DEREGISTRATION:
            return f"version {version} of {event.name} was deregistered"
        case EventKind.ASSIGNMENT:
            return f"stage {event.parts.stage} was assigned to version {version} of {event.name}"
        case EventKind.UNASSIGNMENT:
            return f"stage {event.parts.stage} was taken from version {version} of {event.name}"
        case _:
            return f"{event.name} was deprecated"


def short(version: str) -> str:
    """Shorten a full SHA to seven digits, as Git shows it; leave any other version as it is."""
    is_sha = len(version) in {40, 64} and not version.startswith("v")
    return version[:7] if is_sha else version
