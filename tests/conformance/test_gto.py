"""What gto 1.10.1 says of a registry is what we say, on registries that nobody chose."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import gto.api
import pytest
from hypothesis import Phase, given, settings

from gto_action.git.checkout import read_checkout
from gto_action.git.tags import read_tags
from gto_action.registry.events import read_events
from gto_action.registry.replay import Artifact, Registry, replay
from gto_action.util.environment import program_environment
from tests.conformance.gto_state import state_read_once
from tests.registries import GeneratedRegistry, build, registries

GENTLY = settings(
    # a smaller registry is not worth the minutes that gto takes to find it
    phases=(Phase.explicit, Phase.generate),
    max_examples=300,
)


@GENTLY
@given(registries())
def test_events_and_states_are_those_of_gto(generated: GeneratedRegistry) -> None:
    _compare(generated)


@pytest.mark.long
@settings(GENTLY, max_examples=5000)
@given(registries())
def test_events_and_states_are_those_of_gto_on_many_registries(
    generated: GeneratedRegistry,
) -> None:
    _compare(generated)


def _compare(generated: GeneratedRegistry) -> None:
    with tempfile.TemporaryDirectory() as directory, state_read_once():
        path = build(generated, Path(directory) / "repository")
        ours = _replay(path)
        _compare_events(ours, generated, path)
        _compare_registry(ours, path)
        for artifact in ours.artifacts.values():
            _compare_versions(artifact, path)
        _compare_history(ours, path)


def _replay(path: Path) -> Registry:
    checkout = read_checkout(str(path), program_environment({"PATH": "/usr/bin:/bin"}))
    assert checkout is not None
    return replay(read_events(read_tags(checkout.repository)))


def _compare_events(ours: Registry, generated: GeneratedRegistry, path: Path) -> None:
    told = {one.event.tag.name: one for one in ours.history()}
    for tag in generated.tags:
        theirs = gto.api.check_ref(str(path), f"refs/tags/{tag.name}")
        if tag.name not in told:
            assert theirs == []
            continue
        event = told[tag.name].event
        (one,) = theirs
        assert (str(event.kind), event.name, told[tag.name].version, event.parts.stage) == (
            one.event,
            one.artifact,
            getattr(one, "version", None),
            getattr(one, "stage", None),
        ), tag.name


def _compare_registry(ours: Registry, path: Path) -> None:
    theirs = gto.api.show(str(path), deprecated=True)
    assert set(theirs) == set(ours.artifacts)
    for name, state in theirs.items():
        artifact = ours.artifacts[name]
        assert state["version"] == artifact.latest, name
        assert state["active"] == artifact.active, name
        assert state["registered"], name
        for stage, shown in state["stage"].items():
            if shown != artifact.stages.get(stage):
                # gto has no order within a second; ours is in README.md, "Tags"
                assert shown in _assigned_in_the_same_second(artifact, stage), (name, stage)


def _assigned_in_the_same_second(artifact: Artifact, stage: str) -> set[str | None]:
    assigned = [
        one
        for one in artifact.history
        if one.event.parts.stage == stage and one.event.kind == "assignment"
    ]
    shown = [one for one in assigned if one.version == artifact.stages.get(stage)]
    seconds = {one.event.tag.time for one in shown}
    return {one.version for one in assigned if one.event.tag.time in seconds}


def _compare_versions(artifact: Artifact, path: Path) -> None:
    theirs: list[dict[str, Any]] = gto.api.show(str(path), artifact.name, deprecated=True)
    active = {(one["version"], one["commit_hexsha"]) for one in theirs if one["is_active"]}
    assert active == {(one.name, one.commit) for one in artifact.versions if one.active}
    registered = [one["version"] for one in theirs if one["is_active"] and one["registrations"]]
    assert registered == [one.name for one in artifact.versions if one.active and one.registered], (
        artifact.name
    )


def _compare_history(ours: Registry, path: Path) -> None:
    theirs = [
        (
            one["timestamp"].isoformat(),
            one["artifact"],
            one["event"],
            one["version"],
            one["stage"],
            one["commit"],
            one["author"],
            one["author_email"],
            one["message"],
            one["ref"],
        )
        for one in gto.api.history(str(path), ascending=True)
    ]
    mine = [
        (
            one.event.created_at,
            one.event.name,
            str(one.event.kind),
            one.version,
            one.event.parts.stage,
            one.event.commit,
            one.event.tag.author,
            one.event.tag.author_email,
            one.event.tag.message,
            one.event.tag.name,
        )
        for one in ours.history()
    ]
    assert sorted(mine, key=repr) == sorted(theirs, key=repr)
    assert [(one[0], one[2]) for one in mine] == [(one[0], one[2]) for one in theirs]
