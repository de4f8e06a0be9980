"""Completion by the protocol of click, with the variables that each shell sets."""

from __future__ import annotations

import os
import pty
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from tests.terminal.harness import ROOT, Result, answer, ask, command, terminal_environment


def _click(shell: str, words: list[str]) -> dict[str, str]:
    """Return what the scripts of click set; the last word is the one at the cursor."""
    number = words[-1] if shell == "fish" else str(len(words) - 1)
    return {
        "_GTO_ACTION_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "\n".join(words) if shell == "zsh" else " ".join(words),
        "COMP_CWORD": number,
    }


def _complete(shell: str, words: list[str], directory: Path) -> list[str]:
    reported = answer(directory=directory, environment=_click(shell, words)).splitlines()
    match shell:
        case "bash":
            return [line.removeprefix("plain,").replace("\\!", "!") for line in reported if line]
        case "zsh":
            return reported[1::3]
        case _:
            return [line.removeprefix("plain,").partition("\t")[0] for line in reported if line]


CHURN = [
    "churn",
    "churn#dev",
    "churn#dev!#5",
    "churn#dev#1",
    "churn#dev#4",
    "churn#prod",
    "churn#prod#2",
    "churn#prod#3",
    "churn@latest",
    "churn@v1.0.0",
    "churn@v1.0.0!",
    "churn@v1.1.0",
    "churn@v2.0.0-rc.1",
]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["show", ""], ["churn", "models/nlp:cv-class", "segment"]),
        (["show", "churn"], CHURN),
        (["show", "ch"], CHURN),
        (["get", "churn@v1"], ["churn@v1.0.0", "churn@v1.0.0!", "churn@v1.1.0"]),
        (["describe", "churn#p"], ["churn#prod", "churn#prod#2", "churn#prod#3"]),
        (
            ["history", "se"],
            [
                "segment",
                "segment#prod",
                "segment#prod#1",
                "segment@deprecated",
                "segment@latest",
                "segment@v0.1.0",
            ],
        ),
        (["show", "churn@l"], ["churn@latest"]),
        (
            ["show", "models/nlp:cv-class@"],
            [f"models/nlp:cv-class@{x}" for x in ("latest", "v1.0.0")],
        ),
        (
            ["show", "models/nlp=cv-class#"],
            [f"models/nlp=cv-class#{x}" for x in ("prod", "prod#1")],
        ),
        (["show", "nope"], []),
        (["check-ref", "churn#prod"], ["churn#prod#2", "churn#prod#3"]),
        (["check-ref", "refs/tags/churn@v2"], ["refs/tags/churn@v2.0.0-rc.1"]),
        (["run", "models"], ["models/nlp=cv-class#prod#1", "models/nlp=cv-class@v1.0.0"]),
        (["describe", "churn", "--rev", "ra"], ["ranking"]),
        (["show", "--points-at", "HE"], ["HEAD"]),
        (["sh"], ["show"]),
    ],
)
def test_names_are_completed(
    shell: str, words: list[str], expected: list[str], demo_remote: Path
) -> None:
    assert sorted(_complete(shell, ["gto-action", *words], demo_remote)) == expected
    assert sorted(_complete(shell, ["gto", *words], demo_remote)) == expected


def test_the_repository_is_the_one_that_the_line_names(demo_remote: Path, tmp_path: Path) -> None:
    words = ["gto-action", "show", "-r", str(demo_remote), "seg"]
    assert "segment" in _complete("bash", words, tmp_path)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("repo", [".", "missing", "host:x.git"])
def test_nothing_is_offered_without_a_repository(shell: str, repo: str, tmp_path: Path) -> None:
    words = ["gto-action", "show", "-r", repo, "ch"]
    result = ask(directory=tmp_path, environment=_click(shell, words))
    assert (result.code, result.output.strip(), result.errors) == (0, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("scheme", ["http", "git", "ssh"])
def test_completion_connects_to_no_server(shell: str, scheme: str, tmp_path: Path) -> None:
    ssh = {"GIT_SSH_COMMAND": f"touch '{tmp_path}/connected'; false"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        url = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/x.git"
        words = ["gto-action", "show", "-r", url, "ch"]
        process = subprocess.run(
            command(),
            cwd=tmp_path,
            env={**terminal_environment(), **_click(shell, words), **ssh},
            capture_output=True,
            timeout=60,  # a connection would be waited for
            check=False,
        )
        with pytest.raises(BlockingIOError):
            server.accept()
    assert (process.returncode, process.stdout.strip(), process.stderr) == (0, b"", b"")
    assert not (tmp_path / "connected").exists()


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"COMP_WORDS": "gto-action 'show", "COMP_CWORD": "many"},
        {"COMP_WORDS": "", "COMP_CWORD": "0"},
        {"COMP_WORDS": "gto-action show --vs x ch", "COMP_CWORD": "4"},
        {"COMP_WORDS": "gto-action show ch", "COMP_CWORD": "2", "PATH": "/nowhere"},
    ],
)
@pytest.mark.parametrize("instruction", ["bash_complete", "fish_complete", "zsh_complete"])
def test_completion_never_prints_an_error(
    variables: dict[str, str], instruction: str, demo_remote: Path
) -> None:
    environment = {"_GTO_ACTION_COMPLETE": instruction, **variables}
    result = ask(directory=demo_remote, environment=environment)
    assert result.errors == ""
    assert "Error" not in result.output


@pytest.mark.parametrize("instruction", ["x", "bash", "x_y", "zsh_x", "tcsh_source"])
def test_an_unknown_instruction_is_an_error(instruction: str) -> None:
    result = ask(environment={"_GTO_ACTION_COMPLETE": instruction})
    assert (result.code, result.output) == (1, "")
    assert result.errors.startswith(f"_GTO_ACTION_COMPLETE is '{instruction}': write one of bash_")


@pytest.mark.parametrize("closing", [">/dev/full", ">&-"])
def test_a_script_that_cannot_be_written_is_an_error(closing: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m gto_action {closing}', sys.executable],
        env={**terminal_environment(), "_GTO_ACTION_COMPLETE": "bash_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("could not write to standard output: ")
    assert done.stderr.count("\n") == 1


def test_a_broken_repository_is_quiet(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    result: Result = ask(directory=tmp_path, environment=_click("bash", ["gto-action", "show", ""]))
    assert (result.code, result.output.strip(), result.errors) == (0, "", "")


def test_completion_imports_what_it_needs_only(demo_remote: Path) -> None:
    script = (
        "import sys; from gto_action.cli.app import main; main([]);"
        "names = ('yaml', 'semver', 'actions_toolkit', 'gto_action.services.session',"
        "'gto_action.git.fetch');"
        "sys.exit(', '.join(name for name in names if name in sys.modules) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=demo_remote,
        env={**terminal_environment(), **_click("bash", ["gto-action", "show", ""])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "churn" in done.stdout


def test_many_tags_are_completed_by_their_artifacts(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    mark = builder.commit()
    for number in range(10_000):
        builder.lightweight(f"model-{number % 100}@v1.{number}.0", mark)
    repository = builder.build()
    assert len(_complete("bash", ["gto-action", "show", ""], repository)) == 100


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("gto-action sho\t ", "gto-action show "),
        ("gto-action show models/nlp:cv-class@v\t", "gto-action show models/nlp:cv-class@v1.0.0 "),
        ("gto-action show churn@v1.1\t", "gto-action show churn@v1.1.0 "),
        ("gto-action show churn@l\t", "gto-action show churn@latest "),
        ("gto-action show 'churn@v1.1\t", "gto-action show 'churn@v1.1.0' "),
        ("gto-action check-ref churn#dev!\t", "\\!#5 "),
        ("gto-action check-ref models/nlp=cv-class@\t", "models/nlp=cv-class@v1.0.0 "),
        ("gto check-ref churn#prod#3\t", "gto check-ref churn#prod#3 "),
        ("gto show models/nlp:cv-class@l\t", "gto show models/nlp:cv-class@latest "),
    ],
)
def test_bash_itself_completes(
    typed: str, completed: str, demo_remote: Path, tmp_path: Path
) -> None:
    """Type into an interactive bash that has read the script and the lines of docs/cli.md."""
    program = tmp_path / "gto-action"
    program.write_text(f'#!/bin/sh\nexec {" ".join(command())} "$@"\n')
    program.chmod(0o755)
    page = (ROOT / "docs" / "cli.md").read_text()
    lines = [line.strip() for line in page.splitlines() if line.endswith("# ~/.bashrc")]
    assert len(lines) == 3
    start = tmp_path / "bashrc"
    start.write_text("\n".join(["PS1='ready> '", "bind 'set bell-style none'", *lines, ""]))
    ours, its = pty.openpty()
    path = f"{tmp_path}:{terminal_environment()['PATH']}"
    environment = {**terminal_environment(), "PATH": path, "TERM": "dumb", "COLUMNS": "200"}
    bash = ["bash", "--noprofile", "--rcfile", str(start), "-i"]
    with subprocess.Popen(
        bash,
        cwd=demo_remote,
        env=environment,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    ) as process:
        os.close(its)
        assert "ready> " in _read_until(ours, "ready> ")
        os.write(ours, typed.encode())
        shown = _read_until(ours, completed)
        process.kill()
    os.close(ours)
    assert completed in shown, shown


def _read_until(terminal: int, text: str) -> str:
    """Read a terminal's output until it contains a string, for at most twenty seconds."""
    shown = ""
    deadline = time.monotonic() + 20
    while text not in shown and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 4096).decode(errors="replace")
            except OSError:
                break
    return shown


def test_a_name_that_others_begin_with_is_completed_alone(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    mark = builder.commit()
    for name in ("churn@v1.0.0", "churn-eu@v1.0.0", "churn-eu@v2.0.0"):
        builder.tag(name, mark)
    repository = builder.build()
    assert _complete("zsh", ["gto-action", "show", "chur"], repository) == ["churn", "churn-eu"]
    assert _complete("zsh", ["gto-action", "show", "churn"], repository) == [
        "churn",
        "churn-eu",
        "churn@latest",
        "churn@v1.0.0",
    ]


def test_a_deleted_directory_is_quiet(demo_remote: Path, tmp_path: Path) -> None:
    git("clone", "--quiet", str(demo_remote), str(tmp_path / "gone"))
    words = ["gto-action", "show", "-r", str(tmp_path / "gone" / "nothing"), ""]
    assert _complete("zsh", words, tmp_path) == []
