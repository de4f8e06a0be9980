"""README.md, docs/*.md and action.yml agree with the program."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gto_action import EventKind, errors
from gto_action.action.inputs import Inputs
from gto_action.cli.app import cli
from gto_action.reporting.outputs import Outputs
from testkit.demo_registry import build_demo
from testkit.repositories import git, git_environment
from tests.writing.harness import WHO
from tools.cli_docs import rewritten
from tools.declarations import FILES, declared_inputs

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]


PAGES = (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))


def _table(heading: str, page: str = README) -> list[list[str]]:
    """Return the rows of the first table below a heading."""
    section = re.search(rf"^#+ {heading}\n(.*?)(?=^#+ |\Z)", page, re.DOTALL | re.MULTILINE)
    assert section, heading
    rows = re.findall(r"^\| (.*) \|$", section[1], re.MULTILINE)
    return [row.split(" | ") for row in rows[2:]]


@pytest.mark.parametrize("file", FILES)
def test_declared_inputs_and_outputs_are_documented(file: str) -> None:
    text = (ROOT / file).read_text()
    assert FILES[file](text) == text, "run make docs"


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200


def test_the_outputs_are_those_that_a_step_sets() -> None:
    assert list(Outputs().texts()) == list(ACTION["outputs"])


def test_the_exit_codes_are_those_of_the_program() -> None:
    classes = [var for var in vars(errors).values() if isinstance(var, type)]
    codes = {
        error_class.exit_code
        for error_class in classes
        if issubclass(error_class, errors.GtoActionError)
    }
    codes -= {errors.QueryError.exit_code, errors.ConflictError.exit_code}  # of commands
    page = (ROOT / "docs" / "exit-codes.md").read_text()
    assert [int(code) for code, _ in _table("The step", page)] == sorted(codes)


def test_the_tags_of_the_readme_have_the_events_and_outputs_that_it_says(demo_remote: Path) -> None:
    rows = _table("Tags")
    assert {event.strip("`") for _, event, _ in rows} == {*map(str, EventKind), "none"}
    for tags, event, values in rows:
        (tag,) = re.findall("`(.+?)`", tags)
        command = ["check-ref", "--repo", str(demo_remote), "--format", "json", tag]
        done = subprocess.run(
            [sys.executable, "-m", "gto_action", *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        outputs = json.loads(done.stdout)
        assert outputs["event"] == (None if event == "none" else event.strip("`")), tag
        for name, value in re.findall("`([a-z-]+)=(.+?)`", values):
            actual = outputs[name]
            text = actual if isinstance(actual, str) else json.dumps(actual)
            assert text == value, (tag, name)


def test_the_notes_of_a_release_are_its_section_of_the_changelog() -> None:
    def notes(version: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "tools" / "release-notes"), version]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    section = (ROOT / "CHANGELOG.md").read_text().partition("## 2.0.0")[2].partition("\n")[2]
    assert notes("2.0.0").stdout.strip() == section.partition("\n## ")[0].strip()
    assert (notes("9.9.9").returncode, notes("2.0").returncode) == (1, 1)


def test_a_released_action_runs_its_image_by_digest(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    script = tmp_path / "tools" / "point-at-image"
    shutil.copy(ROOT / "tools" / "point-at-image", script)
    shutil.copy(ROOT / "action.yml", tmp_path)
    for directory in ("apply", "deployment"):
        shutil.copytree(ROOT / directory, tmp_path / directory)
    digest = "sha256:" + "0123456789abcdef" * 4
    assert subprocess.run([script, "ghcr.io/org/x", "latest"], check=False).returncode == 1
    subprocess.run([script, "ghcr.io/org/x", digest], check=True)
    for name in ("action.yml", "apply/action.yml", "deployment/action.yml"):
        declared = yaml.safe_load((ROOT / name).read_text())
        released = yaml.safe_load((tmp_path / name).read_text())
        image = f"docker://ghcr.io/org/x@{digest}"
        assert released == {**declared, "runs": {**declared["runs"], "image": image}}


def test_every_link_to_a_file_leads_to_one() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), (page.name, link)


def test_every_link_to_a_section_leads_to_one() -> None:
    for page in PAGES:
        for link, anchor in re.findall(r"\]\(([^):#]*)#([^)]+)\)", page.read_text()):
            target = page.parent / link if link else page
            assert anchor in _anchors(target.read_text()), (page.name, link, anchor)


def _anchors(page: str) -> set[str]:
    """Return the anchors that GitHub makes of headings: words, with hyphens between them."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_messages_of_the_troubleshooting_page_are_those_of_the_program() -> None:
    """An ellipsis stands for what a message quotes; messages of Git itself are not looked up."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    tables = re.findall(r"^\| message \| .*\n\| --- .*\n((?:\| .*\n)+)", page, re.MULTILINE)
    rows = [row.removeprefix("| ").split(" | ") for rows in tables for row in rows.splitlines()]
    messages = [message for first, *_ in rows for message in re.findall("`(.+?)`", first)]
    assert len(messages) > 40
    texts = {
        node.value
        for file in (ROOT / "gto_action").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    parts = {part.strip(" '") for message in messages for part in message.split("…")} - {""}
    assert {part for part in parts if not any(part in text for text in texts)} == set()


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command.startswith("make demo")]
)
def test_a_demo_of_the_readme_does_what_it_says(command: str, tmp_path: Path) -> None:
    remote = build_demo(tmp_path / "remote.git")
    line = command.replace("path/to/models", str(remote))
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    tag = re.search(r"TAG='(.*)'", command)
    assert done.returncode == 0, done.stderr
    assert f"\ntag: {tag[1] if tag else 'churn@v1.1.0'}\n" in done.stdout
    has_toured = 'Stage "staging" was assigned to version' in done.stdout
    assert has_toured is ("REPO" not in command)


@pytest.mark.parametrize("command", [command for command in COMMANDS if "gto-action" in command])
def test_a_question_of_the_readme_has_an_answer(
    command: str, demo_remote: Path, tmp_path: Path
) -> None:
    program = tmp_path / "gto-action"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -W error -m gto_action \"$@\"\n")
    program.chmod(0o755)
    remote = shutil.copytree(demo_remote, tmp_path / "remote.git")  # some commands push
    git("clone", "--quiet", str(remote), str(tmp_path / "checkout"))
    path = f"{tmp_path}:{git_environment()['PATH']}"
    environment = {**git_environment(), **WHO, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path / "checkout",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (place,) = re.findall(r"--out (\S+)", command) or [None]
    assert place is None or (tmp_path / "checkout" / place).read_text() == "a better model\n"
    assert "churn" in done.stdout or done.stdout in {
        f"{place}\n",
        "No issues found\n",
        "Updated `dvc.yaml`\n",
    }


def test_every_command_of_the_readme_is_run() -> None:
    assert [command for command in COMMANDS if "gto-action" not in command] == [
        "make demo",
        "make test",
        *(command for command in COMMANDS if command.startswith("make demo ")),
    ]


def test_the_page_on_the_command_line_has_the_program_s_help() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    assert rewritten(page) == page, "run make docs"


def test_the_readme_has_the_two_commands_that_set_all_up() -> None:
    assert COMMANDS[:2] == ["make demo", "make test"]


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE)
    reported = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split()[0] for line in reported.stdout.splitlines()] == targets


def test_the_ratios_of_the_readme_are_those_of_the_benchmark() -> None:
    section = README.split("## How fast it is\n")[1].split("\n## ")[0]
    pages = ("performance.md", "performance-writing.md")
    measured = "".join((ROOT / "docs" / page).read_text() for page in pages)
    quoted = re.findall(r"\*\*([^s]+?)\*\*", section)
    assert len(quoted) == 4
    assert [
        ratio for ratio in quoted if not re.search(rf"\*\*{ratio}( times)?\*\*", measured)
    ] == []


def test_the_seconds_of_the_readme_are_those_of_a_cold_start() -> None:
    section = README.split("## How fast it is\n")[1].split("\n## ")[0]
    rows = (ROOT / "docs" / "cold-start.md").read_text().splitlines()
    sums = [
        row.split("|")[-2].strip()
        for name in ("image from main", "composite, released")
        for row in rows
        if row.startswith(f"| {name} |")
    ]
    assert re.findall(r"\*\*([\d.]+) s\*\*", section) == sums


def test_every_test_of_security_is_named_by_a_section() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    named = re.findall(r"\(\.\./tests/hostile/(test_\w+\.py)\)", page)
    assert sorted(named) == sorted(file.name for file in (ROOT / "tests/hostile").glob("test_*.py"))


def test_the_command_run_has_the_inputs_as_options() -> None:
    options = {name for option in cli.commands["run"].params for name in option.opts}
    options |= {name for option in cli.commands["run"].params for name in option.secondary_opts}
    of_github = {"release", "make-latest", "deployment", "dispatch", "dispatch-token"}
    names = {declared.name for declared in declared_inputs(Inputs)} - {"ref", "path", "token"}
    names -= of_github
    assert {option.removeprefix("--").removeprefix("no-") for option in options} == {
        *names,
        *("ref", "repo", "-r", "ci", "action"),
    }
