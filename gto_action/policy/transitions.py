"""The events of one artifact, each with what the stages show before and after it, and an index.

The rules of a policy look back from an event. The index finds the earlier events that matter, so
that to judge all events of an artifact takes time in proportion to their number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from gto_action.registry.events import Event
from gto_action.registry.replay import ReplayedEvent, Shown
from gto_action.registry.tag_names import EventKind

VersionAt = tuple[str, str]
"""A version: its name, and the SHA of its commit."""


@dataclass(frozen=True, slots=True)
class Transition:
    """An event, and what the stages show before and after it."""

    replayed: ReplayedEvent
    before: Shown
    after: Shown

    @property
    def event(self) -> Event:
        """The event."""
        return self.replayed.event

    @property
    def version(self) -> VersionAt:
        """The version that the event is about; the name is empty for a deprecation."""
        return self.replayed.version or "", self.event.commit

    @property
    def stage(self) -> str:
        """The stage that the event names; empty if it names none."""
        return self.event.parts.stage or ""

    @property
    def changed_stages(self) -> list[str]:
        """The stages of which the event changes what they show, and the one that it names."""
        if self.event.kind is EventKind.DEPRECATION:
            return list(self.before)
        changed = (
            stage
            for stage in (*self.before, *self.after)
            if self.before.get(stage) != self.after.get(stage)
        )
        return [stage for stage in dict.fromkeys((self.stage, *changed)) if stage]


class EventIndex:
    """The positions of an artifact's events by what they are about, in ascending order.

    A deregistration is, or may be, about every version of its name.
    """

    def __init__(self, transitions: Sequence[Transition]) -> None:
        self._registrations: dict[str, list[int]] = {}
        self._assignments: dict[tuple[str, VersionAt], list[int]] = {}
        self._unassignments: dict[tuple[str, str], list[int]] = {}
        self._stages: dict[str, dict[str, int]] = {}
        for position, each in enumerate(transitions):
            name, commit = each.version
            match each.event.kind:
                case EventKind.REGISTRATION | EventKind.DEREGISTRATION:
                    self._registrations.setdefault(name, []).append(position)
                case EventKind.ASSIGNMENT:
                    self._assignments.setdefault((each.stage, each.version), []).append(position)
                    self._stages.setdefault(name, {}).setdefault(each.stage, position)
                case EventKind.UNASSIGNMENT:
                    self._unassignments.setdefault((each.stage, commit), []).append(position)

    def registrations(self, name: str, position: int) -> Sequence[int]:
        """Return the registrations and deregistrations of a version's name before a position."""
        positions = self._registrations.get(name, [])
        return positions[: bisect_left(positions, position)]

    def last_assignment(self, stage: str, version: VersionAt, position: int) -> int | None:
        """Return the last assignment of a stage to a version before a position, if there is one."""
        positions = self._assignments.get((stage, version), [])
        earlier = bisect_left(positions, position)
        return positions[earlier - 1] if earlier else None

    def stages(self, name: str, position: int) -> list[str]:
        """Return the stages that were assigned to versions of a name before a position."""
        return [stage for stage, first in self._stages.get(name, {}).items() if first < position]

    def moves(self, stage: str, version: VersionAt) -> list[int]:
        """Return what puts a version into a stage or may take it out, and its registrations."""
        name, commit = version
        return sorted(
            (
                *self._assignments.get((stage, version), ()),
                *self._unassignments.get((stage, commit), ()),
                *self._registrations.get(name, ()),
            )
        )
