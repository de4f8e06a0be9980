"""An event in one sentence."""

from __future__ import annotations

from gto_action.registry.replay import ReplayedEvent
from gto_action.registry.tag_names import EventKind


def sentence(replayed: ReplayedEvent) -> str:
    """Return what happened as a sentence: ``version v3.1.0 of churn was registered``."""
    event = replayed.event
    version = short(replayed.version or "")
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


def quoted_sentence(replayed: ReplayedEvent) -> str:
    """Return what happened in gto's words: with names and versions in quotes."""
    event = replayed.event
    of_version = f'"{replayed.version}" of artifact "{event.name}"'
    match event.kind:
        case EventKind.REGISTRATION:
            return f"Version {of_version} was registered"
        case EventKind.DEREGISTRATION:
            return f"Version {of_version} was deregistered"
        case EventKind.ASSIGNMENT:
            return f'Stage "{event.parts.stage}" was assigned to version {of_version}'
        case EventKind.UNASSIGNMENT:
            return f'Stage "{event.parts.stage}" was unassigned from version {of_version}'
        case _:
            return f'Artifact "{event.name}" was deprecated'


def short(version: str) -> str:
    """Shorten a full SHA to seven digits, as Git shows it; leave anything else as it is."""
    is_sha = len(version) in {40, 64} and _HEX.issuperset(version)
    return version[:7] if is_sha else version


_HEX = frozenset("0123456789abcdef")
