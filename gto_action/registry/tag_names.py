"""The grammar of registry tags: a tag's name to its parts, and back."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from typing import NamedTuple


class EventKind(StrEnum):
    """The kinds of events, in the order in which events of one second are replayed."""

    DEPRECATION = "deprecation"
    REGISTRATION = "registration"
    DEREGISTRATION = "deregistration"
    ASSIGNMENT = "assignment"
    UNASSIGNMENT = "unassignment"


class TagName(NamedTuple):
    """The parts of a registry tag's name.

    ``name`` is the artifact's, written as everywhere but in tags (``models/nlp:churn``);
    ``version`` is set for (de)registrations, ``stage`` for (un)assignments, and ``counter`` where
    the tag ends in one.
    """

    kind: EventKind
    name: str
    version: str | None = None
    stage: str | None = None
    counter: int | None = None

    def __str__(self) -> str:
        """Return the tag's name; a counter has no leading zeros."""
        what = f"#{self.stage}" if self.stage else f"@{self.version or 'deprecated'}"
        undone = "!" if self.kind in _UNDOING else ""
        count = "" if self.counter is None else f"#{self.counter}"
        return _in_tag(self.name) + what + undone + count


def parse_tag_name(tag: str) -> TagName | None:
    """Parse the name of a tag (without ``refs/tags/``); ``None`` if it is not a registry tag.

    VERSION is ``v`` and a version of SemVer 2.0.0; the rest of the grammar is GTO's.
    """
    match = _TAG.fullmatch(tag) if len(tag) <= MAX_LENGTH else None
    if match is None:
        return None
    artifact, version, stage, undone, counter = match.groups()
    if stage:
        kind = _UNASSIGNMENT if undone else _ASSIGNMENT
        stage = sys.intern(stage)
    elif version:
        kind = _DEREGISTRATION if undone else _REGISTRATION
    else:
        kind = _DEPRECATION
    name = sys.intern(artifact.replace("=", ":"))
    parts = (kind, name, version, stage, int(counter) if counter else None)
    return tuple.__new__(TagName, parts)


def tag_prefixes(name: str) -> tuple[str, str]:
    """Return the prefixes of an artifact's tags: (those about versions, those about stages)."""
    return f"{_in_tag(name)}@", f"{_in_tag(name)}#"


def _in_tag(name: str) -> str:
    return name.replace(":", "=")


_DEPRECATION, _REGISTRATION, _DEREGISTRATION, _ASSIGNMENT, _UNASSIGNMENT = EventKind
_UNDOING = frozenset({EventKind.DEREGISTRATION, EventKind.UNASSIGNMENT})

# Git keeps refs as files: a longer name fits no path. Python reads no number of so many digits.
MAX_LENGTH = 4096

NAME = "[a-zA-Z0-9](?:[a-zA-Z0-9/_-]*[a-zA-Z0-9])?"
DIR = "[a-zA-Z0-9_./-]+"

# the BNF of https://semver.org (2.0.0), with [0-9] for a digit: \d would take any script's
_NUMBER = "(?:0|[1-9][0-9]*)"
_PRERELEASE = f"(?:{_NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_BUILD = "[0-9a-zA-Z-]+"
VERSION = (
    rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    rf"(?:-{_PRERELEASE}(?:\.{_PRERELEASE})*)?"
    rf"(?:\+{_BUILD}(?:\.{_BUILD})*)?"
)

_TAG = re.compile(
    f"((?:{DIR}=)?{NAME})(?:(?:@({VERSION})|#({NAME}))(!?)|@deprecated)(?:#([0-9]+))?"
)
