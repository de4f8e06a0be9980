"""What check-ref prints for other CI systems, read back by those that read it."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.ci.formats import FORMATS, as_dotenv, as_env, as_github, as_json
from gto_action.reporting.outputs import Outputs
from testkit.runner import read_outputs

HOSTILE = [
    "plain",
    "two words",
    "x\nARTIFACT_EVENT=assignment",
    "x\r\nexport ARTIFACT_EVENT=assignment",
    "'; echo forged; '",
    "$(echo forged) `echo forged` ${HOME} $HOME",
    '"; echo forged; "',
    "\\",
    "trailing\\",
    "ünï ☃ \u202e",
    "\u2028 \x85 \x1b[31m",
    "",
]


def _with_message(message: str) -> Outputs:
    return Outputs(event="registration", name="churn", message=message, labels=("a", "b"))


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("message", HOSTILE)
def test_env_is_safe_to_eval(message: str, shell: str) -> None:
    script = 'eval "$1"; printf "%s" "$ARTIFACT_MESSAGE"; exec sh -c \'printf "|$ARTIFACT_EVENT"\''
    done = subprocess.run(
        [shell, "-c", script, shell, as_env(_with_message(message))],
        capture_output=True,
        check=True,
    )
    assert (done.stdout.decode(), done.stderr) == (f"{message}|registration", b"")


def test_env_omits_values_that_no_variable_can_have() -> None:
    assert "ARTIFACT_MESSAGE=ab\n" in as_env(_with_message("a\0b"))


@given(st.text())
def test_dotenv_has_one_line_per_variable_for_any_value(message: str) -> None:
    text = as_dotenv(_with_message(message))
    names = [line.partition("=")[0] for line in text.splitlines()]
    assert names == [
        f"ARTIFACT_{name.upper().replace('-', '_')}" for name in Outputs().texts() if name != "json"
    ]


def test_dotenv_is_unquoted() -> None:
    lines = as_dotenv(_with_message("two 'words'\nand a line")).splitlines()
    assert "ARTIFACT_MESSAGE=two 'words'\\nand a line" in lines
    assert 'ARTIFACT_LABELS=["a", "b"]' in lines


@pytest.mark.parametrize("message", HOSTILE)
def test_github_is_read_back_as_the_step_outputs(message: str) -> None:
    outputs = _with_message(message)
    assert read_outputs(as_github(outputs)) == outputs.texts()


def test_json_has_native_types() -> None:
    outputs = Outputs(event="registration", latest=True, stages={"prod": "v1.0.0"}, meta=[1])
    reported = json.loads(as_json(outputs))
    assert (reported["latest"], reported["stages"], reported["meta"]) == (
        True,
        {"prod": "v1.0.0"},
        [1],
    )
    assert list(reported) == [name for name in outputs.texts() if name != "json"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_ref_that_is_not_an_event_has_every_name_too(form: str) -> None:
    text = FORMATS[form](Outputs())
    assert "previous" in text.lower()
    assert "registration" not in text
