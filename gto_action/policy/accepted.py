"""What a stage has accepted: the versions that it showed, without refused downgrades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gto_action.policy.transitions import Transition, VersionAt
from gto_action.registry.tag_names import EventKind


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a stage had accepted before an event.

    ``newest`` is the last version that it accepted; ``goes_back`` is whether the event lets the
    stage show one that it had accepted.
    """

    newest: VersionAt | None
    goes_back: bool


def accepted_before(
    transitions: Sequence[Transition], stage: str, *, rollback: bool
) -> Iterator[Accepted]:
    """Yield what a stage had accepted before each event; with ``rollback`` it may go back."""
    # in the order of acceptance; the one shown now is at the end
    accepted: dict[VersionAt, None] = {}
    by_name: dict[str, list[VersionAt]] = {}
    for each in transitions:
        newest = next(reversed(accepted), None)
        yield Accepted(newest, each.after.get(stage) in accepted)
        event, version = each.event, each.version
        if event.kind is EventKind.ASSIGNMENT and each.stage == stage:
            if version in accepted:
                while rollback and next(reversed(accepted)) != version:
                    accepted.popitem()
            elif newest is None or is_newer(version[0], newest[0]):
                accepted[version] = None
                by_name.setdefault(version[0], []).append(version)
        elif event.kind is EventKind.UNASSIGNMENT and each.stage == stage and rollback:
            accepted.pop(version, None)
        elif event.kind is EventKind.DEREGISTRATION and rollback:
            for removed in by_name.pop(version[0], ()):
                accepted.pop(removed, None)


def is_newer(version: str, than: str) -> bool:
    """Return whether a version is greater, by SemVer; a commit without one never is."""
    from semver import Version as SemVer  # noqa: PLC0415 - few policies need it

    if not SemVer.is_valid(version[1:]):
        return False
    return not SemVer.is_valid(than[1:]) or SemVer.parse(version[1:]) > SemVer.parse(than[1:])
