"""What check-ref prints for other CI systems, read back by those that read it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.ci.formats import FORMATS, SAFE_OUTPUTS, as_dotenv, as_env, as_github, as_json
from gto_action.reporting.outputs import Outputs
from gto_action.reporting.schema import FILE
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

ROOT = Path(__file__).parent.parent.parent


def _with_message(message: str) -> Outputs:
    return Outputs(event="registration", name="churn", message=message, labels=("a", "b"))


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("message", HOSTILE)
def test_env_is_safe_to_eval(message: str, shell: str) -> None:
    script = 'eval "$1"; printf "%s" "$ARTIFACT_MESSAGE"; exec sh -c \'printf "|$ARTIFACT_EVENT"\''
    done = subprocess.run(
        [shell, "-c", script, shell, as_env(_with_message(message).texts())],
        capture_output=True,
        check=True,
    )
    assert (done.stdout.decode(), done.stderr) == (f"{message}|registration", b"")


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_env_has_no_variable_with_which_no_program_starts(shell: str) -> None:
    count = 'printf "%s" "$ARTIFACT_MESSAGE" | wc -c; printenv ARTIFACT_MESSAGE | wc -c'
    for size, exported in ((100_000, 100_001), (1_000_000, 0)):
        # a message of an earlier event is no longer there either
        script = as_env(_with_message("old").texts()) + as_env(_with_message("x" * size).texts())
        done = subprocess.run(
            [shell], input=f"{script}\n{count}".encode(), capture_output=True, check=True
        )
        assert (done.stdout.split(), done.stderr) == ([b"%d" % size, b"%d" % exported], b"")


def test_env_omits_values_that_no_variable_can_have() -> None:
    assert "ARTIFACT_MESSAGE=ab\n" in as_env(_with_message("a\0b").texts())


def _read_by_gitlab(content: bytes, environment: Mapping[str, str]) -> dict[str, str]:
    """Read a dotenv report as GitLab does, and expand its values as its runner and server do."""
    assert len(content) <= 5 * 1024
    read = {}
    for line in content.decode().split("\n")[:-1]:
        found = re.fullmatch(r"(.*?)=(.*)", line)
        assert found, f"Invalid Format: {line!r}"
        key, value = found[1].strip(), found[2].strip()
        assert re.fullmatch("[a-zA-Z0-9_]+", key, re.ASCII)
        assert key not in read
        read[key] = value
    assert len(read) <= 20
    expand = re.compile(r"\$\{?(\w+)\}?|%(\w+)%")
    return {
        key: expand.sub(lambda match: environment.get(match[1] or match[2], ""), value)
        for key, value in read.items()
    }


TEXTS = st.text() | st.sampled_from([*HOSTILE, "$CI_JOB_TOKEN", "%HOME%", "x" * 6000, "a#b@v1!"])
SECRETS = {"CI_JOB_TOKEN": "secret", "HOME": "/root"}


@given(st.builds(Outputs, *[TEXTS] * 13))
def test_gitlab_reads_each_value_as_it_is_or_none(outputs: Outputs) -> None:
    texts = outputs.texts()
    read = _read_by_gitlab(as_dotenv(outputs.texts()).encode(), SECRETS)
    assert list(read) == [f"ARTIFACT_{name.upper().replace('-', '_')}" for name in SAFE_OUTPUTS]
    for name, value in zip(SAFE_OUTPUTS, read.values(), strict=True):
        assert value in {"", texts[name]}


def test_names_and_booleans_are_in_a_dotenv_report() -> None:
    outputs = Outputs(
        event="assignment", name="models/nlp:churn", tag="models/nlp=churn#prod!#3", current=True
    )
    read = _read_by_gitlab(as_dotenv(outputs.texts()).encode(), {})
    assert read["ARTIFACT_NAME"] == "models/nlp:churn"
    assert read["ARTIFACT_TAG"] == "models/nlp=churn#prod!#3"
    assert (read["ARTIFACT_CURRENT"], read["ARTIFACT_STAGE"]) == ("true", "")


@pytest.mark.parametrize(
    "outputs",
    [
        Outputs(),
        Outputs(event="registration", labels=("a",), meta={"x": [1]}, stages={"p": "v1"}, files=()),
    ],
)
def test_what_is_printed_follows_the_schema(outputs: Outputs) -> None:
    schema = json.loads((ROOT / FILE).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(as_json(outputs.texts())), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(as_json(outputs.texts())), "current": "true"}, schema)


@pytest.mark.parametrize("message", HOSTILE)
def test_github_is_read_back_as_the_step_outputs(message: str) -> None:
    outputs = _with_message(message)
    assert read_outputs(as_github(outputs.texts())) == outputs.texts()


def test_json_has_native_types() -> None:
    outputs = Outputs(event="registration", latest=True, stages={"prod": "v1.0.0"}, meta=[1])
    reported = json.loads(as_json(outputs.texts()))
    assert (reported["latest"], reported["stages"], reported["meta"]) == (
        True,
        {"prod": "v1.0.0"},
        [1],
    )
    assert list(reported) == [name for name in outputs.texts() if name != "json"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_ref_that_is_not_an_event_has_every_name_too(form: str) -> None:
    text = FORMATS[form](Outputs().texts())
    assert "previous" in text.lower()
    assert "registration" not in text
