"""A policy: the rules of each artifact and stage, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Signers = tuple[str, ...]
"""The principals who may sign; without any, each whose key the policy knows."""


@dataclass(frozen=True, slots=True)
class Period:
    """A time from ``start`` to before ``end``, in seconds since 1970, as it was ``written``."""

    start: int
    end: int
    written: str

    def __contains__(self, time: int) -> bool:
        """Return whether a time is in the period."""
        return self.start <= time < self.end


@dataclass(frozen=True, slots=True)
class StageRules:
    """The rules of a stage.

    ``sources`` are the stages that a version comes from; without any, it may come from nowhere.
    ``after`` is how long it was there, in seconds. ``actors`` and ``signed`` are ``None`` if anyone
    may.
    """

    sources: tuple[str, ...] = ()
    after: int = 0
    actors: tuple[str, ...] | None = None
    signed: Signers | None = None
    only_newer: bool = False
    rollback: bool = True
    freeze: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """Who may override the rules: ``actors`` and ``signed`` as of a stage, or nobody."""

    allowed: bool = False
    actors: tuple[str, ...] | None = None
    signed: Signers | None = None


@dataclass(frozen=True, slots=True)
class ArtifactRules:
    """The rules of one artifact.

    ``branches`` are patterns, ``None`` if a commit may be anywhere; ``allowed_stages`` and
    ``allowed_types`` are ``None`` if all are allowed.
    """

    require_registration: bool = False
    require_annotation: bool = False
    branches: tuple[str, ...] | None = None
    stages: Mapping[str, StageRules] = field(default_factory=dict)
    override: Override = Override()
    allowed_stages: tuple[str, ...] | None = None
    allowed_types: tuple[str, ...] | None = None

    def of_stage(self, stage: str | None) -> StageRules:
        """Return the rules of a stage; one without any is free."""
        return self.stages.get(stage or "", _FREE)


_FREE = StageRules()


def duration(seconds: int) -> str:
    """Return a time in seconds as a policy has it, or in hours, minutes and seconds."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
