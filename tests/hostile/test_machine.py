"""A machine that fails: a clear error, and all outputs of the event or none."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gto_action.errors import FetchError, UnreadableRepositoryError
from gto_action.git.fetch import FetchObserver
from gto_action.git.runner import GitRunner
from gto_action.git.source import open_location
from gto_action.git.version import parse_version
from testkit.runner import read_outputs, runner_environment
from testkit.step import ENTRYPOINT
from tests.conftest import Pushed
from tests.hostile.repositories import registered

TAG = "churn#prod#3"


@pytest.mark.parametrize("variable", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
@pytest.mark.parametrize("place", ["missing", "a directory", "a full disk", "unset"])
def test_a_file_that_cannot_be_written(
    variable: str, place: str, demo_remote: Path, tmp_path: Path, pushed: Pushed
) -> None:
    path = {
        "missing": tmp_path / "nowhere" / "x",
        "a directory": tmp_path,
        "a full disk": "/dev/full",
    }
    given = str(path.get(place, ""))
    result = pushed(demo_remote, TAG).run({variable: given}, summary=True)
    assert (result.code, result.outputs) == (8, {})
    assert variable in result.log
    assert "Traceback" not in result.log


def _run_with(limit: str, root: Path, ref: str) -> tuple[int, str]:
    # a file of bytecode that is cut off would end every later test
    environment = {**runner_environment(root, ref, ""), "PYTHONDONTWRITEBYTECODE": "1"}
    (root / "output").write_text("earlier=1\n")
    words = ("sh", "-c", f'ulimit {limit}; exec "$0" "$1"', sys.executable, str(ENTRYPOINT))
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout


def test_a_disk_that_is_full_in_the_middle_of_the_outputs(tmp_path: Path) -> None:
    run = registered(tmp_path, message="x" * 100_000)
    (run.checkout / "f").write_text("")
    code, log = _run_with("-f 40", tmp_path, run.ref)
    assert code in {5, 8}, log
    assert read_outputs((tmp_path / "output").read_text()) == {"earlier": "1"}


def test_a_disk_that_is_full_before_the_tags_are_here(tmp_path: Path) -> None:
    run = registered(tmp_path)
    code, log = _run_with("-f 0", tmp_path, run.ref)
    assert (code, "::error::" in log) == (5, True)
    assert read_outputs((tmp_path / "output").read_text()) == {"earlier": "1"}


def test_a_log_without_a_reader_is_not_waited_for(tmp_path: Path) -> None:
    run = registered(tmp_path, message="x" * 300_000)
    environment = {**runner_environment(tmp_path, run.ref, ""), "INPUT_TIME-LIMIT": "1"}
    words = [sys.executable, str(ENTRYPOINT)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE) as process:
        assert process.wait() == 10
    assert (tmp_path / "output").read_text() == ""


@pytest.mark.parametrize(("content", "mode"), [("", 0o755), ("#!/bin/sh\n", 0o644)])
def test_a_git_that_cannot_be_started(content: str, mode: int, tmp_path: Path) -> None:
    run = registered(tmp_path)
    (tmp_path / "git").write_text(content)
    (tmp_path / "git").chmod(mode)
    result = run.run({"PATH": str(tmp_path)})
    assert (result.code, result.outputs) == (4, {})
    assert "Traceback" not in result.log


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("git version 2.39.5", (2, 39)),
        ("git version 2.35.1.windows.2", (2, 35)),
        ("git version 2.50.0 (Apple Git-150)", (2, 50)),
        ("git version 3.0.0-rc1", (3, 0)),
        ("git version unknown", None),
        ("", None),
    ],
)
def test_the_version_of_git_is_read(printed: str, version: tuple[int, int] | None) -> None:
    assert parse_version(printed) == version


def test_a_git_that_is_too_old_is_named(tmp_path: Path) -> None:
    run = registered(tmp_path)
    git = shutil.which("git")
    (tmp_path / "git").write_text(
        f"""#!/bin/sh
        case "$*" in
        version) echo git version 2.35.8 ;;
        *--batch-command*) echo "error: unknown option \\`batch-command'" >&2; exit 129 ;;
        *) exec {git} "$@" ;;
        esac
        """
    )
    (tmp_path / "git").chmod(0o755)
    result = run.run({"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (result.code, result.outputs) == (4, {})
    assert "::error::git version 2.35.8 is too old: install git 2.36 or later" in result.log


def test_a_git_that_prints_other_bytes_than_text(tmp_path: Path) -> None:
    run = registered(tmp_path)
    (tmp_path / "git").write_text("#!/bin/sh\nprintf '\\377\\n'\n")
    (tmp_path / "git").chmod(0o755)
    result = run.run({"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert result.outputs == {}
    assert result.code in {3, 4, 5, 6, 9}, result


def test_a_directory_that_cannot_be_entered(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    for missing in (path, tmp_path / "nothing"):
        with pytest.raises(UnreadableRepositoryError, match=f"directory {missing} can't be ent"):
            GitRunner(str(missing), os.environ).git("version")


def test_an_argument_that_is_too_long_for_a_program(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRepositoryError, match="too long"):
        GitRunner(str(tmp_path), os.environ).git("version", "x" * 200_000)


def test_no_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with (
        pytest.raises(FetchError, match=r"could not make a temporary directory .* set TMPDIR"),
        open_location("file:///x", {}, observer=FetchObserver(print)),
    ):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_run_that_is_killed_leaves_no_output(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as stalling:
        environment = {
            **runner_environment(tmp_path, f"refs/tags/{TAG}", ""),
            "GITHUB_SERVER_URL": f"git://127.0.0.1:{stalling.getsockname()[1]}",
            "GITHUB_REPOSITORY": "models",
        }
        words = [sys.executable, str(ENTRYPOINT)]
        with subprocess.Popen(
            words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            connection, _ = stalling.accept()
            process.send_signal(number)
            expected = -number if number == signal.SIGKILL else 128 + number
            assert process.wait() == expected
            connection.close()
            assert process.stderr is not None
            assert process.stderr.read() == b""
    assert (tmp_path / "output").read_text() == ""
