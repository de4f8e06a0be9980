"""A value is one output, whatever it holds, and no other output is its author's to choose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gto_action.reporting.outputs import Outputs
from tests.hostile.repositories import registered

EXPECTED = (0, len((*Outputs().values(), "json")), "registration")

TEXTS = {
    "line breaks": "x\nevent=assignment\nstage=prod",
    "carriage returns": "x\revent=assignment\r\nstage=prod\r",
    "a delimiter": "x\nEOF\nevent<<EOF\nassignment\nEOF",
    "the toolkit's delimiter": "x\nghadelimiter_\nevent<<ghadelimiter_\nassignment\nghadelimiter_",
    "an output of many lines": "event<<x\nassignment\nx",
    "a megabyte": "line\n" * 200_000 + "end",
    "right-to-left marks": "a\u202egnp.exe\u2066b\u200f",
    "separators that only Unicode knows": "a\x85b\u2028c\u2029d\x0be\x0cf",
    "workflow commands": "::set-output name=event::assignment\n##[set-output name=event]x",
    "expressions": "${{ secrets.GITHUB_TOKEN }} $(id) `id` ${HOME}",
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_tag_message_is_the_output_message(case: str, tmp_path: Path) -> None:
    result = registered(tmp_path, message=TEXTS[case]).run(summary=True)
    assert (result.code, len(result.outputs), result.outputs["event"]) == EXPECTED
    assert result.outputs["stage"] == ""
    assert result.outputs["message"] == TEXTS[case].strip()[: 1 << 20]
    assert result.json()["message"] == result.outputs["message"]


@pytest.mark.parametrize("field", ["desc", "type", "labels", "meta", "path"])
@pytest.mark.parametrize("case", [case for case in TEXTS if case != "a megabyte"])
def test_an_annotation_is_its_own_outputs(case: str, field: str, tmp_path: Path) -> None:
    text = TEXTS[case]
    entry = {"path": "model.pkl", field: [text] if field == "labels" else text}
    document = {"artifacts": {"churn": entry}}
    content = yaml.safe_dump(document, default_style='"', allow_unicode=False)
    # \${ stands for ${, and in double quotes the backslash is written twice
    result = registered(tmp_path, {"dvc.yaml": content.replace("${", r"\\${")}).run()
    assert (result.code, len(result.outputs), result.outputs["event"]) == EXPECTED
    assert (result.outputs["stage"], result.outputs["version"]) == ("", "v1.0.0")
    assert set(result.json()) == {name for name in result.outputs if name != "json"}
    expected = {{"desc": "description"}.get(name, name): value for name, value in entry.items()}
    if field == "path" and case == "workflow commands":
        expected = {"path": ""}  # the first colon ends the name of a drive: it is refused
    for name, value in expected.items():
        reported = result.outputs[name]
        assert (json.loads(reported) if name in {"labels", "meta"} else reported) == value
        assert result.json()[name] == (value or None)


def test_a_nul_and_bytes_that_are_no_text_stay_in_their_output(tmp_path: Path) -> None:
    message = b"a\x00b\xff\xfe\xed\xa0\x80c\nevent=x".decode(errors="surrogateescape")
    result = registered(tmp_path, message=message).run(summary=True)
    reported = result.outputs["message"]
    assert (result.code, result.outputs["event"]) == (0, "registration")
    assert reported.startswith("a\0b\ufffd")
    assert reported.endswith("c\nevent=x")
    assert json.loads(result.outputs["json"])["message"] == reported


def test_half_a_character_in_yaml_is_replaced(tmp_path: Path) -> None:
    content = 'artifacts: {churn: {path: a, desc: "x\\ud800y", type: "\\ud83d\\ude00"}}\n'
    result = registered(tmp_path, {"dvc.yaml": content}).run(summary=True)
    assert (result.code, result.outputs["event"]) == (0, "registration")
    assert (result.outputs["description"], result.outputs["type"]) == ("x\ufffdy", "\U0001f600")


def test_half_a_character_of_a_parameter_is_replaced(tmp_path: Path) -> None:
    files = {
        "p.json": r'{"desc": "x\ud800y", "meta": {"\udfff": "\ud83d"}, "label": "\udfff"}',
        "dvc.yaml": "vars: [p.json]\nartifacts:\n  churn:\n    path: a\n    desc: ${desc}\n"
        "    meta: ${meta}\n    labels: ['${label}']\n",
    }
    result = registered(tmp_path, files).run(summary=True, show=True, history=True)
    assert (result.code, result.outputs["event"]) == (0, "registration"), result.log
    reported = [result.outputs[name] for name in ("description", "meta", "labels")]
    assert reported == ["x?y", '{"?": "?"}', '["?"]']
    values = result.json()
    assert [values["description"], values["meta"], values["labels"]] == ["x?y", {"?": "?"}, ["?"]]
