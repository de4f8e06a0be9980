"""Stages of a dvc.yaml with their ``${...}`` resolved."""

from __future__ import annotations

import pytest

from gto_action.annotations.interpolation import InterpolationError
from gto_action.annotations.yaml12 import read_yaml
from gto_action.artifacts.dvc.pipeline import Pipeline


def pipeline(text: str, **parameters: str) -> Pipeline:
    contents = {f"{name}.yaml": value.encode() for name, value in parameters.items()}
    return Pipeline(read_yaml("dvc.yaml", text.encode()), "", contents.get)


def test_flags_of_a_repeated_output_are_merged() -> None:
    text = "stages: {a: {outs: [x, {x: {cache: false}}], plots: [{x: {push: false}}]}}"
    stage = pipeline(text).stage("a")
    assert stage
    assert stage.outputs == {"x": {"cache": False, "push": False}}


def test_parameters_come_from_params_yaml() -> None:
    stage = pipeline("stages: {a: {wdir: '${d.e}', outs: ['${o}']}}", params="{d: {e: f}, o: p}")
    resolved = stage.stage("a")
    assert resolved
    assert (resolved.wdir, resolved.outputs) == ("f", {"p": {}})


@pytest.mark.parametrize("name", ["b", "a@x", "each", "each@z", "grid", "grid@1", "@", "a@", ""])
def test_a_stage_that_is_not_declared(name: str) -> None:
    text = (
        "stages: {a: {outs: [x]}, each: {foreach: [y], do: {}}, grid: {matrix: {i: [1], j: [2]}}}"
    )
    assert pipeline(text).stage(name) is None
    assert pipeline(text).stage("grid@1-2") is not None


@pytest.mark.parametrize(
    "stage",
    [
        "{foreach: 3, do: {outs: [x]}}",
        "{foreach: '${x}', do: {outs: [x]}}",
        "{matrix: [1], outs: [x]}",
        "{matrix: {i: 1}, outs: [x]}",
        f"{{matrix: {{i: {[*range(200)]}, j: {[*range(200)]}}}, outs: [x]}}",
        "{outs: ['${x}']}",
        "{outs: [1]}",
        "{wdir: 1, outs: [x]}",
        "{vars: [file.yaml], outs: ['${x}']}",
        "{vars: [{y: 1}], outs: ['${y}']}",
    ],
)
def test_a_stage_that_cannot_be_resolved(stage: str) -> None:
    text = f"vars: [{{y: 2}}]\nstages: {{s: {stage}}}"
    name = "s@x" if "{foreach" in stage or "{matrix" in stage else "s"
    with pytest.raises(InterpolationError):
        pipeline(text).stage(name)
