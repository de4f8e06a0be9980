from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.runner import read_outputs
from gto_action.ci.github import Log, read_step, write_outputs
from gto_action.errors import OutputError

RUN = {"GITHUB_REF": "refs/tags/churn@v1.0.0", "GITHUB_SHA": "abc", "GITHUB_WORKSPACE": "/w"}


@given(
    st.dictionaries(
        st.from_regex("[a-z-]{1,9}", fullmatch=True),
        st.text() | st.sampled_from(("a\nb=c", "x<<EOF\ny\nEOF", "\r\n", "\0", "\n\n")),
    )
)
def test_what_is_written_is_what_a_runner_reads(texts: dict[str, str]) -> None:
    with tempfile.NamedTemporaryFile() as file:
        write_outputs({"GITHUB_OUTPUT": file.name}, texts)
        written = Path(file.name).read_bytes().decode()
    assert read_outputs(written) == {
        name: text.encode(errors="replace").decode() for name, text in texts.items()
    }


def test_outputs_are_added_to_those_of_the_step_so_far(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.write_text("before=1\n")
    write_outputs({"GITHUB_OUTPUT": str(file)}, {"after": "2"})
    assert read_outputs(file.read_text()) == {"before": "1", "after": "2"}


def test_by_hand_there_is_no_file_of_outputs_and_in_a_run_there_must_be() -> None:
    write_outputs({}, {"event": ""})
    with pytest.raises(OutputError, match="GITHUB_OUTPUT"):
        write_outputs({"GITHUB_ACTIONS": "true"}, {"event": ""})


@pytest.mark.parametrize(
    ("given_ref", "ref", "triggered"),
    [
        ("", "refs/tags/churn@v1.0.0", True),
        ("refs/tags/churn@v1.0.0", "refs/tags/churn@v1.0.0", True),
        ("churn@v1.0.0", "churn@v1.0.0", True),
        ("churn@v2.0.0", "churn@v2.0.0", False),
    ],
)
def test_a_step_knows_whether_its_ref_triggered_the_run(
    given_ref: str, ref: str, triggered: bool
) -> None:
    step = read_step({**RUN, "INPUT_REF": given_ref})
    assert (step.ref, step.triggered) == (ref, triggered)


def test_the_defaults_are_those_of_the_contract() -> None:
    step = read_step(RUN)
    assert (step.show, step.history, step.print_outputs, step.summary) == (True,) * 4
    assert (step.fetch, step.lightweight, step.token) == (True, False, "")


def test_control_characters_are_shown_and_not_sent(capsys: pytest.CaptureFixture[str]) -> None:
    Log().text("a\x1b[31m\rb\u202ec\td")
    assert capsys.readouterr().out.splitlines()[1] == r"a\x1b[31m\rb\u202ec" + "\td"


def test_a_group_is_closed_and_what_is_in_it_is_no_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = Log()
    with log.group("Title"):
        log.text("first\n::error::x")
    log.outputs({"a": "1", "b": "x\ny"})
    lines = capsys.readouterr().out.splitlines()
    tokens = [line for line in lines if line.startswith("::stop-commands::")]
    ends = [f"::{line.removeprefix('::stop-commands::')}::" for line in tokens]
    assert lines == [
        *("::group::Title", tokens[0], "first", "::error::x", ends[0], "::endgroup::"),
        *("::group::Outputs", tokens[1], "a=1", "b=x", "y", ends[1], "::endgroup::"),
    ]
    assert tokens[0] != tokens[1]


def test_a_group_is_closed_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="x"), Log().group("Title"):
        raise ValueError("x")
    assert capsys.readouterr().out.splitlines() == ["::group::Title", "::endgroup::"]
