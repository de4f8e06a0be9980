"""What people write for an artifact, a version of it or one of its stages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gto_action.registry.tagname import DIR, LONGEST, NAME, VERSION


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An artifact's name, and at most one of: a version, a stage, ``latest``."""

    name: str
    version: str | None = None
    stage: str | None = None
    latest: bool = False


def parse_shortcut(text: str) -> Shortcut:
    """Read ``NAME@latest``, ``NAME@VERSION`` or ``NAME#STAGE``; any other text is a name.

    ``NAME@greatest`` is ``NAME@latest``, as gto has it.
    """
    match = _SHORTCUT.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return Shortcut(text)
    name, latest, version, stage = match.groups()
    return Shortcut(name, version, stage, latest is not None)


def is_artifact_name(text: str) -> bool:
    """Tell whether a text, ``NAME`` or ``DIR:NAME``, is a name that tags can hold."""
    return len(text) <= LONGEST and _ARTIFACT.fullmatch(text) is not None


_ARTIFACT = re.compile(f"(?:{DIR}:)?{NAME}")
_SHORTCUT = re.compile(f"({_ARTIFACT.pattern})(?:@(?:(latest|greatest)|({VERSION}))|#({NAME}))")
