"""Selectors: what users write for an artifact, a version of it or one of its stages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gto_action.registry.tag_names import (
    DIR,
    MAX_LENGTH,
    NAME,
    VERSION,
    EventKind,
    TagName,
    parse_tag_name,
)


@dataclass(frozen=True, slots=True)
class Selector:
    """An artifact's name, and at most one of: a version, a stage, ``latest``, a registry tag."""

    name: str
    version: str | None = None
    stage: str | None = None
    latest: bool = False
    tag: str | None = None

    @property
    def is_artifact(self) -> bool:
        """Whether it names an artifact and nothing more specific."""
        return not (self.version or self.stage or self.latest or self.tag)


def parse_selector(text: str) -> Selector:
    """Parse ``NAME@latest``, ``NAME@VERSION``, ``NAME#STAGE`` or the name of a registry tag.

    Anything else is an artifact's name. A selector of gto has the meaning that it has there:
    ``NAME@greatest`` is ``NAME@latest``, and ``NAME#STAGE`` is the stage, not a tag. ``DIR=NAME``,
    as tags have it, is ``DIR:NAME``, and a tag may begin with ``refs/tags/``.
    """
    tag = text.removeprefix("refs/tags/")
    match = _SELECTOR.fullmatch(_with_colon(tag)) if len(tag) <= MAX_LENGTH else None
    if match:
        name, latest, version, stage = match.groups()
        return Selector(name, version, stage, latest is not None)
    parts = parse_tag_name(tag)
    if parts:
        return Selector(parts.name, tag=tag)
    name = _with_colon(text)
    return Selector(name if is_artifact_name(name) else text)


def tag_named(selector: Selector) -> str:
    """Return the tag without a counter whose name is a selector's text; empty if none can be.

    ``NAME@VERSION`` is a version and the tag that registers it, ``NAME#STAGE`` likewise.
    """
    if selector.version:
        return str(TagName(EventKind.REGISTRATION, selector.name, selector.version))
    if selector.stage:
        return str(TagName(EventKind.ASSIGNMENT, selector.name, stage=selector.stage))
    return ""


def is_artifact_name(text: str) -> bool:
    """Return whether a string, ``NAME`` or ``DIR:NAME``, is a name that tags can hold."""
    return len(text) <= MAX_LENGTH and _ARTIFACT.fullmatch(text) is not None


def is_stage_name(text: str) -> bool:
    """Return whether a string is a name that a stage can have."""
    return len(text) <= MAX_LENGTH and re.fullmatch(NAME, text) is not None


def is_version(text: str) -> bool:
    """Return whether a string is ``v`` and a version of SemVer 2.0.0."""
    return len(text) <= MAX_LENGTH and re.fullmatch(VERSION, text) is not None


def _with_colon(text: str) -> str:
    return text if ":" in text else text.replace("=", ":", 1)


_ARTIFACT = re.compile(f"(?:{DIR}:)?{NAME}")
_SELECTOR = re.compile(f"({_ARTIFACT.pattern})(?:@(?:(latest|greatest)|({VERSION}))|#({NAME}))")
