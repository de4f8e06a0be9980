"""The registry as rows of strings, for a table in a log or in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gto_action.registry.events import replay_order
from gto_action.registry.replay import Artifact, Registry, ReplayedEvent
from gto_action.reporting.sentence import short

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A heading and rows under it; what was cut is counted: rows, the oldest, and stages."""

    heading: Row
    rows: tuple[Row, ...]
    left_out: int = 0
    stages_left_out: int = 0


MAX_STAGES = 30
"""The most stages of the registry's table: with more it has no width to be read at."""


def registry_rows(registry: Registry, limit: int) -> Rows:
    """Return a row for each active artifact: its latest version, and what its stages show.

    Rows are ordered by name; of more than ``most`` artifacts, those with the newest events are
    kept, and of more than MAX_STAGES stages those that most artifacts have.
    """
    active = [artifact for artifact in registry.artifacts.values() if artifact.active]
    kept = sorted(active, key=_newest_event)[-limit:]
    used = Counter(stage for artifact in active for stage in artifact.stages)
    stages = sorted(stage for stage, _ in used.most_common(MAX_STAGES))
    rows = (
        (
            artifact.name,
            artifact.latest or "",
            *(short(artifact.stages.get(stage, "")) for stage in stages),
        )
        for artifact in sorted(kept, key=lambda version: version.name)
    )
    heading = ("name", "latest", *(f"#{stage}" for stage in stages))
    return Rows(heading, tuple(rows), len(active) - len(kept), len(used) - len(stages))


def artifact_rows(artifact: Artifact, limit: int) -> Rows:
    """Return a row for each active version: the stages that show it, its time, its tag."""
    shown: dict[str, list[str]] = {}
    for stage, name in artifact.stages.items():
        shown.setdefault(name, []).append(stage)
    active = [version for version in artifact.versions if version.active]
    rows = (
        (
            short(version.name),
            ", ".join(stage for stage in version.stages if stage in shown.get(version.name, ())),
            in_table(version.origin.created_at),
            version.origin.tag.name,
        )
        for version in active[:limit]
    )
    heading = ("version", "stage", "created at", "tag")
    return Rows(heading, tuple(rows), max(0, len(active) - limit))


def history_rows(newest: Iterable[ReplayedEvent], count: int) -> Rows:
    """Return a row for each event, given the newest first, of ``count`` in all."""
    heading = ("time", "artifact", "event", "version", "stage", "commit", "tag")
    rows = tuple(map(event_row, newest))
    return Rows(heading, rows, count - len(rows))


def event_row(replayed: ReplayedEvent, missing: str = "") -> Row:
    """Return the row of an event; ``missing`` replaces an absent version or stage."""
    event = replayed.event
    return (
        in_table(event.created_at),
        event.name,
        str(event.kind),
        short(replayed.version or missing),
        event.parts.stage or missing,
        short(event.commit),
        event.tag.name,
    )


def in_table(time: str) -> str:
    """Write a time of ISO 8601 as tables have it."""
    return time.replace("T", " ")


def _newest_event(artifact: Artifact) -> tuple[int, int, int, str]:
    return replay_order(artifact.history[-1].event)
