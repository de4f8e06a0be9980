"""The step's inputs: as they are written, and as the program has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gto_action.action.declared_inputs import parse_inputs
from gto_action.action.inputs import Inputs
from gto_action.action.step import Step
from gto_action.action.tag_step import expected_object, ref_of
from gto_action.ci import github
from gto_action.errors import InputError
from tools.declarations import declared_inputs

RUN = github.read_run({"GITHUB_REF": "refs/tags/churn@v1.0.0", "GITHUB_SHA": "abc"})


def _step(ref: str) -> Step[Inputs]:
    return Step(RUN, Inputs(ref=ref), github.reporter({}))


@pytest.mark.parametrize(
    ("given_ref", "ref", "expected"),
    [
        ("", "refs/tags/churn@v1.0.0", "abc"),
        ("refs/tags/churn@v1.0.0", "refs/tags/churn@v1.0.0", "abc"),
        ("churn@v1.0.0", "churn@v1.0.0", "abc"),
        ("churn@v2.0.0", "churn@v2.0.0", ""),
    ],
)
def test_only_the_ref_that_triggered_the_run_has_to_be_at_its_commit(
    given_ref: str, ref: str, expected: str
) -> None:
    assert ref_of(_step(given_ref)) == ref
    assert expected_object(ref, RUN) == expected


def test_the_defaults_are_those_of_the_contract() -> None:
    inputs = parse_inputs(Inputs, {}, "/w")
    assert (inputs.show, inputs.history, inputs.print_outputs, inputs.summary) == (True,) * 4
    assert (inputs.fetch, inputs.lightweight, inputs.token) == (True, False, "")
    assert (inputs.pull, inputs.storage_url, inputs.strict) == (False,) * 3
    assert (inputs.time_limit, inputs.dvc_remote, inputs.path, inputs.ca_file) == (600, "", "", "")


def test_the_defaults_of_action_yml_are_parsed_to_the_same() -> None:
    texts = {
        declared_input.name: declared_input.default
        for declared_input in declared_inputs(Inputs)
        if declared_input.name != "token"
    }
    assert parse_inputs(Inputs, texts, "/w") == Inputs()


def test_every_input_is_read_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    booleans = ["show", "history", "print-outputs", "summary", "fetch"]
    texts = {
        **dict.fromkeys(booleans, "FALSE"),
        **dict.fromkeys(("pull", "storage-url", "lightweight", "strict"), " True "),
        "ref": "churn@v1.0.0",
        "dvc-remote": "store",
        "time-limit": "86400",
        "path": "models",
        "ca-file": "ca.pem",
        "token": "secret",
    }
    inputs = parse_inputs(Inputs, texts, str(tmp_path))
    assert inputs == Inputs(
        ref="churn@v1.0.0",
        show=False,
        history=False,
        print_outputs=False,
        summary=False,
        fetch=False,
        pull=True,
        storage_url=True,
        lightweight=True,
        strict=True,
        dvc_remote="store",
        time_limit=86400,
        path="models",
        ca_file=str(tmp_path / "ca.pem"),
        token="secret",  # noqa: S106 - of nothing
    )
    assert "secret" not in repr(inputs)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("show", value) for value in ("yes", "1", "tRue", "on")),
        *(("time-limit", value) for value in ("0", "86401", "-1", "1.5", "٣", "1e3", "100000")),
        ("ca-file", "missing.pem"),
        ("ca-file", "."),
    ],
)
def test_a_value_that_is_not_valid_is_refused_with_its_input(name: str, value: str) -> None:
    with pytest.raises(InputError, match=f"^the input {name} is '"):
        parse_inputs(Inputs, {name: value}, "/")
