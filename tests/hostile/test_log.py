"""Nothing that is printed is a command to the runner or to a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.repositories import git
from testkit.step import Workspace
from tests.hostile.repositories import TAG, add_tag, escaped, registered, repository, workspace

COMMANDS = (
    "::set-output name=event::assignment",
    "::add-mask::v1.0.0",
    "::stop-commands::x",
    "::error::forged",
    "##[error]forged",
    "##[add-mask]v1",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "\r::error::forged",
    "\x85::error::forged",
    "\u2028::error::forged",
)
OURS = {"group", "endgroup", "stop-commands", "warning", "error"}


def obeyed(log: str) -> Iterator[str]:
    """Return the lines of a log that a runner obeys.

    It takes a line for a command that begins with ``::`` after white space, or holds ``##[``; after
    stop-commands, none until the token. Source: actions/runner, ActionCommandManager.
    """
    token = ""
    for line in log.split("\n"):
        text = line.strip()
        if token:
            token = "" if text == f"::{token}::" else token
        elif text.startswith("::stop-commands::"):
            token = text.removeprefix("::stop-commands::")
        elif text.startswith("::") or "##[" in text:
            yield text


def is_harmless(log: str) -> None:
    for line in obeyed(log):
        command = re.match("::([a-z-]+)[ :]", line)
        assert command, line
        assert command[1] in OURS, line
        assert "forged" not in line or line.startswith(("::warning", "::error"))
        assert not line.startswith(("::error::forged", "::warning::forged"))
    assert not set(log) & {"\x1b", "\r", "\x07", "\x85", "\u2028"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_tag_message_and_an_annotation(command: str, tmp_path: Path) -> None:
    quoted = escaped(command)
    entry = f'{{path: a, desc: "{quoted}", type: "{quoted}", labels: ["{quoted}"]}}'
    files = {"dvc.yaml": f"artifacts: {{churn: {entry}}}\n", ".gto": "types: [model]\n"}
    run = registered(tmp_path, files, message=f"first\n{command}\nlast")
    result = run.run(show=True, history=True, summary=True)
    assert (result.code, result.outputs["event"]) == (0, "registration")
    is_harmless(result.log)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_broken_file(command: str, tmp_path: Path) -> None:
    quoted = escaped(command)
    files = {
        "dvc.yaml": f'artifacts: {{churn: {{path: "${{{quoted}}}"}}}}\n',
        ".gto": f'stages: ["{quoted}"]\n"{quoted}": 1\n',
    }
    run = registered(tmp_path, files)
    result = run.run()
    assert "::warning file=dvc.yaml" in result.log
    is_harmless(result.log)


@pytest.mark.parametrize("command", [command for command in COMMANDS if "\r" not in command])
def test_the_name_of_a_file(command: str, tmp_path: Path) -> None:
    files = {
        "dvc.yaml": f"vars: ['{command.strip()}.yaml']\nartifacts: {{churn: {{path: '${{a}}'}}}}\n"
    }
    result = registered(tmp_path, files).run()
    assert (result.code, result.outputs["path"]) == (0, "")
    is_harmless(result.log)


def test_the_name_of_a_broken_file(tmp_path: Path) -> None:
    name = "p\x1b[31m\u202e.yaml"
    dvc = f'vars: ["{escaped(name)}"]\nartifacts: {{churn: {{path: "${{a}}"}}}}\n'
    result = registered(tmp_path, {"dvc.yaml": dvc, name: "["}).run()
    assert "::warning file=p\\x1b[31m\\u202e.yaml,line=" in result.log
    is_harmless(result.log)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_input_and_the_ref(command: str, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    is_harmless(Workspace(tmp_path, f"refs/tags/x{command}", "").run().log)
    is_harmless(Workspace(tmp_path, "refs/heads/main", "").run(fetch=command).log)
    is_harmless(Workspace(tmp_path, "refs/heads/main", "").run(time_limit=command).log)


@pytest.mark.parametrize("command", [command for command in COMMANDS if "\x07" not in command])
def test_errors_of_git(command: str, tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tag(remote, TAG)
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\nprintf '%b\\n' '{command}' >&2; exit 1\n".replace("\x1b", "\\033"))
    hook.chmod(0o755)
    run = workspace(tmp_path, remote)
    config = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.sshCommand",
        "GIT_CONFIG_VALUE_0": str(hook),
    }
    git("-C", str(run.checkout), "remote", "set-url", "origin", "git@example.org:org/models")
    result = run.run(config)
    assert (result.code, result.outputs) == (5, {})
    is_harmless(result.log)
