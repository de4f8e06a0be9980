"""The state of generated registries is that of gto 1.10.1."""

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
    max_examples=100,
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
    reported = {item.event.tag.name: item for item in ours.history()}
    for tag in generated.tags:
        theirs = gto.api.check_ref(str(path), f"refs/tags/{tag.name}")
        if tag.name not in reported:
            assert theirs == []
            continue
        event = reported[tag.name].event
        (expected,) = theirs
        assert (str(event.kind), event.name, reported[tag.name].version, event.parts.stage) == (
            expected.event,
            expected.artifact,
            getattr(expected, "version", None),
            getattr(expected, "stage", None),
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
        replayed
        for replayed in artifact.history
        if replayed.event.parts.stage == stage and replayed.event.kind == "assignment"
    ]
    shown = [item for item in assigned if item.version == artifact.stages.get(stage)]
    seconds = {item.event.tag.time for item in shown}
    return {item.version for item in assigned if item.event.tag.time in seconds}


def _compare_versions(artifact: Artifact, path: Path) -> None:
    theirs: list[dict[str, Any]] = gto.api.show(str(path), artifact.name, deprecated=True)
    active = {(their["version"], their["commit_hexsha"]) for their in theirs if their["is_active"]}
    assert active == {
        (version.name, version.commit) for version in artifact.versions if version.active
    }
    registered = [
        their["version"] for their in theirs if their["is_active"] and their["registrations"]
    ]
    assert registered == [
        version.name for version in artifact.versions if version.active and version.registered
    ], artifact.name


def _compare_history(ours: Registry, path: Path) -> None:
    theirs = [
        (
            item["timestamp"].isoformat(),
            item["artifact"],
            item["event"],
            item["version"],
            item["stage"],
            item["commit"],
            item["author"],
            item["author_email"],
            item["message"],
            item["ref"],
        )
        for item in gto.api.history(str(path), ascending=True)
    ]
    mine = [
        (
            item.event.created_at,
            item.event.name,
            str(item.event.kind),
            item.version,
            item.event.parts.stage,
            item.event.commit,
            item.event.tag.author,
            item.event.tag.author_email,
            item.event.tag.message,
            item.event.tag.name,
        )
        for item in ours.history()
    ]
    assert sorted(mine, key=repr) == sorted(theirs, key=repr)
    assert [(item[0], item[2]) for item in mine] == [(their[0], their[2]) for their in theirs]
