from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gto_action.registry.events import Event, Tag, read_events, replay_order
from gto_action.registry.replay import Artifact, replay

COMMITS = ("a" * 40, "b" * 40, "c" * 40)


def _replay(*tags: str) -> Artifact:
    """Replay tags written as ``NAME at COMMIT``, a second apart, of one artifact."""
    made = [
        Tag(name, COMMITS["abc".index(commit)], time=second)
        for second, (name, _, commit) in enumerate(tag.partition(" at ") for tag in tags)
    ]
    (artifact,) = replay(read_events(made)).artifacts.values()
    return artifact


def _current(artifact: Artifact) -> list[str]:
    return [
        replayed.event.tag.name for replayed in artifact.history if artifact.is_current(replayed)
    ]


def test_latest_is_the_greatest_by_semver_and_not_the_newest() -> None:
    artifact = _replay("m@v1.10.0 at a", "m@v1.9.0 at b", "m@v1.10.0-rc.1 at c")
    assert artifact.latest == "v1.10.0"
    names = [version.name for version in artifact.versions]
    assert names == ["v1.10.0", "v1.10.0-rc.1", "v1.9.0"]


def test_build_metadata_has_no_precedence_and_the_later_registration_wins() -> None:
    assert _replay("m@v1.0.0+b at a", "m@v1.0.0+a at b").latest == "v1.0.0+a"
    assert _replay("m@v1.0.0+a at a", "m@v1.0.0+b at b").latest == "v1.0.0+b"


def test_a_deregistered_version_leaves_its_stages_and_comes_back_to_them() -> None:
    tags = ("m@v1.0.0 at a", "m@v2.0.0 at b", "m#prod#1 at a", "m#prod#2 at b", "m@v2.0.0! at b")
    assert _replay(*tags).stages == {"prod": "v1.0.0"}
    assert _replay(*tags, "m@v2.0.0#7 at b").stages == {"prod": "v2.0.0"}


def test_a_version_registered_again_elsewhere_is_not_in_the_stage_of_its_old_commit() -> None:
    artifact = _replay("m@v1.0.0 at a", "m#prod#1 at a", "m@v1.0.0! at a", "m@v1.0.0#2 at b")
    assert (artifact.latest, artifact.stages) == ("v1.0.0", {})
    assert _current(artifact) == ["m@v1.0.0#2"]


def test_an_assignment_means_the_version_that_is_registered_there_later() -> None:
    artifact = _replay("m#prod#1 at a", "m@v1.0.0 at a")
    assert [replayed.version for replayed in artifact.history] == ["v1.0.0", "v1.0.0"]
    assert artifact.stages == {"prod": "v1.0.0"}


def test_the_version_that_existed_at_that_time_is_assigned() -> None:
    artifact = _replay("m@v1.0.0 at a", "m#prod#1 at a", "m@v2.0.0 at a", "m#dev#1 at a")
    assert artifact.stages == {"dev": "v2.0.0", "prod": "v1.0.0"}
    assert [replayed.also_at_commit for replayed in artifact.history] == [(), (), (), ("v1.0.0",)]


def test_an_assignment_refers_to_the_active_version_although_another_was_registered_later() -> None:
    artifact = _replay("m@v1.0.0 at a", "m@v2.0.0 at a", "m@v2.0.0! at a", "m#prod#1 at a")
    assignment = artifact.history[-1]
    assert (assignment.version, assignment.also_at_commit) == ("v1.0.0", ("v2.0.0",))
    assert artifact.stages == {"prod": "v1.0.0"}


@pytest.mark.parametrize("order", [("v1.0.0", "v2.0.0"), ("v2.0.0", "v1.0.0")])
def test_the_last_registered_of_two_deregistered_versions_is_assigned(
    order: tuple[str, str],
) -> None:
    registrations = ("m@v1.0.0 at a", "m@v2.0.0 at a")
    deregistrations = (f"m@{version}! at a" for version in order)
    artifact = _replay(*registrations, *deregistrations, "m#prod#1 at a")
    assignment = artifact.history[-1]
    assert (assignment.version, assignment.also_at_commit) == ("v2.0.0", ("v1.0.0",))
    assert (artifact.latest, artifact.stages) == (None, {})


def test_a_stage_is_unassigned_from_the_version_that_has_it() -> None:
    artifact = _replay("m@v1.0.0 at a", "m#prod#1 at a", "m@v2.0.0 at a", "m#prod!#2 at a")
    assert artifact.history[-1].version == "v1.0.0"
    assert artifact.stages == {}


def test_the_commit_stands_for_a_version_that_is_not_there() -> None:
    artifact = _replay("m#prod#1 at a", "m#dev#2 at a", "m#dev!#3 at a")
    assert (artifact.latest, artifact.stages) == (None, {"prod": COMMITS[0]})
    assert [replayed.version for replayed in artifact.history] == [COMMITS[0]] * 3


def test_an_event_is_current_until_its_subject_has_a_newer_one() -> None:
    tags = ("m@v1.0.0 at a", "m@v2.0.0 at b", "m#prod#1 at a", "m#prod#2 at b", "m#dev#3 at a")
    assert _current(_replay(*tags)) == ["m@v1.0.0", "m@v2.0.0", "m#prod#2", "m#dev#3"]
    undone = _replay(*tags, "m@v1.0.0! at a")
    assert _current(undone) == ["m@v2.0.0", "m#prod#2", "m@v1.0.0!"]


def test_a_deprecation_is_current_until_anything_happens_to_the_artifact() -> None:
    assert _current(_replay("m@v1.0.0 at a", "m@deprecated at a")) == ["m@v1.0.0", "m@deprecated"]
    revived = _replay("m@v1.0.0 at a", "m@deprecated at a", "m#prod#1 at a")
    assert (revived.active, _current(revived)) == (True, ["m@v1.0.0", "m#prod#1"])


def test_a_deregistration_elsewhere_means_the_registration_so_far() -> None:
    artifact = _replay("m@v1.0.0 at a", "m@v1.0.0! at b", "m@v1.0.0#2 at b")
    assert [replayed.previous_version for replayed in artifact.history] == [None, None, None]
    assert [version.commit for version in artifact.versions if version.active] == [COMMITS[1]]


def test_a_deregistration_of_what_was_never_registered_changes_nothing() -> None:
    artifact = _replay("m@v1.0.0! at a", "m#prod#1 at a")
    assert (artifact.latest, artifact.stages) == (None, {"prod": COMMITS[0]})


actions = st.sampled_from(("@v1.0.0", "@v1.1.0", "@v2.0.0-rc.1", "#prod", "#dev", "@deprecated"))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Generate events of one artifact, in any order, sensible or not."""
    tags = []
    for number in range(draw(st.integers(1, 14))):
        action = draw(actions)
        undone = "!" if action != "@deprecated" and draw(st.booleans()) else ""
        name = f"m{action}{undone}#{draw(st.integers(0, 3))}{number:02d}"
        tags.append(Tag(name, draw(st.sampled_from(COMMITS)), time=draw(st.integers(0, 6))))
    return list(read_events(tags))


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_tags_makes_no_difference(history: list[Event], random: object) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert replay(shuffled) == replay(history)


@settings(max_examples=200)
@given(histories())
def test_one_replay_equals_a_replay_up_to_each_event(history: list[Event]) -> None:
    ordered = sorted(history, key=replay_order)
    _no_assignment_is_explained_later(ordered)
    (artifact,) = replay(ordered).artifacts.values()
    for number, item in enumerate(artifact.history):
        before = replay(ordered[:number]).artifacts.get("m")
        after = replay(ordered[: number + 1]).artifacts["m"]
        stage = item.event.parts.stage or ""
        expected = {
            "registration": before.latest if before else None,
            "deregistration": after.latest,
            "assignment": before.stages.get(stage) if before else None,
            "unassignment": after.stages.get(stage),
            "deprecation": None,
        }
        assert item.previous_version == expected[item.event.kind]
        assert item == after.history[-1]


def _no_assignment_is_explained_later(ordered: list[Event]) -> None:
    registered: set[str] = set()
    assigned: set[str] = set()
    for event in ordered:
        if event.kind == "registration":
            assume(event.commit in registered or event.commit not in assigned)
            registered.add(event.commit)
        elif event.parts.stage:
            assigned.add(event.commit)


@settings(max_examples=200)
@given(histories())
def test_shown_versions_are_active_and_latest_is_the_greatest_active(history: list[Event]) -> None:
    (artifact,) = replay(history).artifacts.values()
    active = [version for version in artifact.versions if version.active]
    registered = [item.name for item in active if item.registered]
    assert artifact.latest == (registered[0] if registered else None)
    for stage, shown in artifact.stages.items():
        assert any(item.name == shown and stage in item.stages for item in active)
    for stage in {stage for item in active for stage in item.stages}:
        assert stage in artifact.stages
