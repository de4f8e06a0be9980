from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.ci import github
from gto_action.ci.github import GitHubReporter
from gto_action.diagnostics import Diagnostic
from gto_action.errors import OutputError
from testkit.runner import read_outputs


@given(
    st.dictionaries(
        st.from_regex("[a-z-]{1,9}", fullmatch=True),
        st.text() | st.sampled_from(("a\nb=c", "x<<EOF\ny\nEOF", "\r\n", "\0", "\n\n")),
    )
)
def test_a_runner_reads_the_outputs_that_were_set(texts: dict[str, str]) -> None:
    with tempfile.NamedTemporaryFile() as file:
        GitHubReporter({"GITHUB_OUTPUT": file.name}).set_outputs(texts)
        written = Path(file.name).read_bytes().decode()
    assert read_outputs(written) == {
        name: text.encode(errors="replace").decode() for name, text in texts.items()
    }


def test_outputs_are_appended(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.write_text("before=1\n")
    GitHubReporter({"GITHUB_OUTPUT": str(file)}).set_outputs({"after": "2"})
    assert read_outputs(file.read_text()) == {"before": "1", "after": "2"}


def test_only_a_runner_has_to_name_the_file_of_outputs() -> None:
    GitHubReporter({}).set_outputs({"event": ""})
    with pytest.raises(OutputError, match="GITHUB_OUTPUT"):
        GitHubReporter({"GITHUB_ACTIONS": "true"}).set_outputs({"event": ""})


def test_a_run_is_read_from_the_environment() -> None:
    environment = {
        "GITHUB_REF": "refs/tags/churn@v1.0.0",
        "GITHUB_SHA": "abc",
        "GITHUB_WORKSPACE": "/w",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "org/models",
        "GIT_DIR": "/elsewhere",
        "INPUT_PRINT-OUTPUTS": "false",
        "GTO_STAGES": '["dev"]',
        "GTO_TYPO": "",
    }
    run = github.read_run(environment)
    assert (run.ref, run.sha, run.workspace) == ("refs/tags/churn@v1.0.0", "abc", "/w")
    assert (run.server_url, run.repository) == ("https://github.example", "org/models")
    assert not {"GIT_DIR", "INPUT_PRINT-OUTPUTS"} & {*run.environment}
    assert (run.overrides.stages, run.overrides.unknown) == ('["dev"]', ("GTO_TYPO",))
    assert github.read_inputs(environment) == {"print-outputs": "false"}


def test_control_characters_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    GitHubReporter({}).text("a\x1b[31m\rb\u202ec\td")
    assert capsys.readouterr().out.splitlines()[1] == r"a\x1b[31m\rb\u202ec" + "\td"


def test_a_group_is_closed_and_its_lines_are_not_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = GitHubReporter({})
    for lines in ("first\n::error::x", "a=1"):
        with reporter.group("Title"):
            reporter.text(lines)
    printed = capsys.readouterr().out.splitlines()
    tokens = [line for line in printed if line.startswith("::stop-commands::")]
    ends = [f"::{line.removeprefix('::stop-commands::')}::" for line in tokens]
    assert printed == [
        *("::group::Title", tokens[0], "first", "::error::x", ends[0], "::endgroup::"),
        *("::group::Title", tokens[1], "a=1", ends[1], "::endgroup::"),
    ]
    assert tokens[0] != tokens[1]


def test_a_group_is_closed_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="x"), GitHubReporter({}).group("Title"):
        raise ValueError("x")
    assert capsys.readouterr().out.splitlines() == ["::group::Title", "::endgroup::"]


def test_annotations_have_a_file_and_a_line_if_there_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = GitHubReporter({})
    reporter.warning(Diagnostic("a\nb", "dvc.yaml", 3))
    reporter.warning(Diagnostic("no file"))
    reporter.notice("a notice")
    reporter.error("an error")
    assert capsys.readouterr().out.splitlines() == [
        "::warning file=dvc.yaml,line=3::dvc.yaml: a%0Ab",
        "::warning::no file",
        "::notice::a notice",
        "::error::an error",
    ]
