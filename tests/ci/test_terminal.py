"""The step at a terminal."""

from __future__ import annotations

import os

import pytest

from gto_action.ci import terminal
from gto_action.diagnostics import Diagnostic


def test_a_run_at_a_terminal_is_in_the_current_directory() -> None:
    run = terminal.read_run({"GITHUB_REF": "refs/tags/x", "GIT_DIR": "/x", "GTO_STAGES": "[]"})
    assert (run.ref, run.sha, run.server_url, run.repository) == ("", "", "", "")
    assert (run.workspace, run.overrides.stages) == (os.getcwd(), "[]")
    assert "GIT_DIR" not in run.environment
    assert terminal.read_inputs({"INPUT_SHOW": "false", "SHOW": "x"}) == {"show": "false"}


def test_a_log_has_no_commands_and_no_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = terminal.reporter({})
    with reporter.group("Title"):
        reporter.text("a\x1b[31m\n::error::b")
    reporter.warning(Diagnostic("it is \x07wrong", "dvc.yaml", 3))
    reporter.warning(Diagnostic("it is wrong"))
    reporter.notice("a notice")
    reporter.error("an error")
    reporter.set_outputs({"event": "registration"})
    reporter.add_summary("# Title")
    printed = capsys.readouterr()
    assert printed.out == "Title\na\\x1b[31m\n::error::b\n\n"
    assert printed.err.splitlines() == [
        "warning: dvc.yaml, line 3: it is \\x07wrong",
        "warning: it is wrong",
        "note: a notice",
        "error: an error",
    ]
