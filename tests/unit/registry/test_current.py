"""Whether an event is still current: a workflow that is run again must not undo later events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.registry.events import Tag, read_events
from gto_action.registry.replay import Artifact, replay

A, B = "a" * 40, "b" * 40


def _artifact(*tags: str) -> Artifact:
    """Replay tags, one a second: ``NAME`` at commit A, ``NAME @B`` at commit B."""
    split = [tag.partition(" @") for tag in tags]
    made = [Tag(name, B if at else A, time=time) for time, (name, at, _) in enumerate(split)]
    return replay(read_events(made)).artifacts["m"]


FIRST, SECOND = "m@v1.0.0", "m@v2.0.0 @B"


@pytest.mark.parametrize(
    ("tags", "current"),
    [
        ((FIRST, "m#dev#1"), "m@v1.0.0 m#dev#1"),
        # another version was unassigned since: dev still shows v2.0.0
        (
            (FIRST, SECOND, "m#dev#1", "m#dev#2 @B", "m#dev!#3"),
            "m@v1.0.0 m@v2.0.0 m#dev#2 m#dev!#3",
        ),
        # taken back: the stage shows the earlier version again
        (
            (FIRST, SECOND, "m#dev#1", "m#dev#2 @B", "m#dev!#3 @B"),
            "m@v1.0.0 m@v2.0.0 m#dev#1 m#dev!#3",
        ),
        # the same version assigned again: both are current
        ((FIRST, "m#dev#1", "m#dev#2"), "m@v1.0.0 m#dev#1 m#dev#2"),
        ((FIRST, SECOND, "m#dev#1", "m#dev#2 @B"), "m@v1.0.0 m@v2.0.0 m#dev#2"),
        # a version that is gone is in no stage
        ((FIRST, "m#dev#1", "m@v1.0.0!"), "m@v1.0.0!"),
        ((FIRST, "m@v1.0.0!", "m#dev#1"), "m@v1.0.0!"),
        ((FIRST, "m#dev#1", "m@v1.0.0!", "m@v1.0.0#2"), "m#dev#1 m@v1.0.0#2"),
        # the stage shows v1.0.0 of another commit
        (
            (FIRST, "m#dev#1", "m@v1.0.0!", "m@v1.0.0#2 @B", "m#dev#3 @B"),
            "m@v1.0.0#2 m#dev#3",
        ),
        # an unassignment holds until the stage shows something else
        ((FIRST, "m#dev#1", "m#dev!#2"), "m@v1.0.0 m#dev!#2"),
        ((FIRST, "m#dev#1", "m#dev!#2", "m#dev#3"), "m@v1.0.0 m#dev#1 m#dev#3"),
        # commits without a version
        (("m#dev#1", "m#dev#2 @B"), "m#dev#2"),
        # registered later
        (("m#dev#1", FIRST), "m#dev#1 m@v1.0.0"),
        ((FIRST, "m#dev#1", "m@deprecated"), "m@v1.0.0 m@deprecated"),
        ((FIRST, "m#dev#1", "m#dev!#2", "m@deprecated"), "m@v1.0.0 m@deprecated"),
        ((FIRST, "m@deprecated", SECOND), "m@v1.0.0 m@v2.0.0"),
    ],
)
def test_what_is_current(tags: tuple[str, ...], current: str) -> None:
    artifact = _artifact(*tags)
    found = [
        replayed.event.tag.name for replayed in artifact.history if artifact.is_current(replayed)
    ]
    assert found == current.split(" ")


STEPS = st.sampled_from(
    ("m@v1.0.0", "m@v1.0.0!", "m@v2.0.0", "m@v2.0.0!", "m#dev", "m#dev!", "m#prod", "m@deprecated")
)


@given(st.lists(st.tuples(STEPS, st.sampled_from(("", " @B"))), min_size=1, max_size=12))
def test_a_current_assignment_is_what_its_stage_shows(steps: list[tuple[str, str]]) -> None:
    artifact = _artifact(*(f"{name}#{number}{at}" for number, (name, at) in enumerate(steps)))
    assigned: dict[str, list[bool]] = {}
    for replayed in artifact.history:
        if str(replayed.event.kind) == "assignment":
            stage = replayed.event.parts.stage or ""
            shown = artifact.stages.get(stage), artifact.stage_commits.get(stage)
            is_current = artifact.is_current(replayed)
            assert is_current == (
                artifact.active and shown == (replayed.version, replayed.event.commit)
            )
            assigned.setdefault(stage, []).append(is_current)
    for stage in artifact.stages:
        assert any(assigned[stage]) == artifact.active
    assert artifact.stages.keys() == artifact.stage_commits.keys()


def test_a_stage_is_taken_from_a_version_that_is_deregistered() -> None:
    taken = ("m@v1.0.0", "m@v2.0.0", "m#prod#1", "m@v2.0.0!", "m#prod!#2")
    artifact = _artifact(*taken, "m@v2.0.0#3")
    assert (artifact.stages, artifact.history[4].version) == ({}, "v2.0.0")
    assert _artifact(*taken, "m@v2.0.0#3", "m#prod#4").stages == {"prod": "v2.0.0"}


@given(st.lists(st.tuples(STEPS, st.sampled_from(("", " @B"))), min_size=1, max_size=14))
def test_shown_versions_were_assigned_and_not_unassigned_since(
    steps: list[tuple[str, str]],
) -> None:
    artifact = _artifact(*(f"{name}#{number}{at}" for number, (name, at) in enumerate(steps)))
    assigned: set[tuple[str, str]] = set()
    for replayed in artifact.history:
        where = replayed.event.parts.stage or "", replayed.event.commit
        if str(replayed.event.kind) == "assignment":
            assigned.add(where)
        elif str(replayed.event.kind) == "unassignment":
            assigned.discard(where)
    shown = {(stage, artifact.stage_commits[stage]) for stage in artifact.stages}
    assert shown <= assigned


def test_a_version_is_registered_while_it_is_active() -> None:
    artifact = _artifact("m@v1.0.0", "m@v2.0.0 @B", "m@v1.0.0!", "m#dev#3", "m#prod#4 @B")
    assert [
        artifact.is_registered(replayed.version, replayed.event.commit)
        for replayed in artifact.history
    ] == [
        False,
        True,
        False,
        False,
        True,
    ]
    bare = _artifact("m#dev#1")
    assert not bare.is_registered(bare.history[0].version, A)
