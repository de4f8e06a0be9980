"""The complete output for two registries: a change of any character is noticed and reviewed.

``WRITE_GOLDEN=1 make test`` writes the files of expected/ anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from testkit.demo_registry import build_demo
from testkit.step import Workspace
from tests.golden.registry import build_odd
from tests.hostile.repositories import workspace
from tests.terminal.harness import ask

EXPECTED = Path(__file__).parent / "expected"
REGISTRIES = {"demo": build_demo, "odd": build_odd}
COMMANDS = (
    *("show", "show -d", "show --json --vs 2", "show --plain", "show --ro --sort semver --vs 2"),
    *("show --discover", "show --discover --json", "show --all-branches", "show --all-commits"),
    *("show --all-commits --json", "show --all-commits --ro"),
    *(
        "show churn",
        "show churn --json",
        "show churn -d --vs -1 --av -1",
        "show churn --sort semver",
    ),
    *("show churn --all-commits", "show churn --all-commits --json", "show churn --av 1"),
    *("history", "history --json", "history --asc", "history churn --plain"),
    *("history --all-commits", "history --all-commits --json", "history --all-branches --asc"),
    *("history churn --discover", "stages", "print-state", "doctor", "doctor --json"),
    *("describe churn", "describe churn --json"),
    *("check-ref churn#prod#3", "check-ref churn#prod#3 --json"),
    *(f"check-ref churn#prod#3 --format {name}" for name in ("json", "env", "dotenv")),
)
TAGS = {
    "demo": ("churn#prod#3", "churn@v1.1.0", "churn#dev!#5", "churn@v1.0.0!", "segment@deprecated"),
    "odd": (
        "churn#prod#3",
        "late#prod#1",
        "stray#prod",
        "nobody@v1.0.0",
        "churn@1.0.0",
        "old@v0.1.0",
    ),
}


@pytest.fixture(scope="module", params=REGISTRIES)
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry, in a directory of its name."""
    return REGISTRIES[request.param](tmp_path_factory.mktemp("golden") / request.param)


def test_the_commands_print_what_they_printed(tmp_path: Path) -> None:
    registry = build_odd(tmp_path / "odd")
    printed = []
    for command in COMMANDS:
        result = ask(*command.split(), "-r", registry)
        printed.append(f"$ gto-action {command}\n{result.output}{result.errors}")
        printed.append(f"exit code {result.code}\n")
    _check(f"{registry.name}-commands.txt", "\n".join(printed), registry)


def test_the_step_writes_what_it_wrote(registry: Path, tmp_path: Path) -> None:
    workspace(tmp_path, registry)
    written = []
    for tag in TAGS[registry.name]:
        run = Workspace(tmp_path, f"refs/tags/{tag}", "")
        result = run.run(show=True, history=True, summary=True)
        outputs = "".join(f"{name}={text}\n" for name, text in result.outputs.items())
        written += [f"# {tag}: exit code {result.code}", outputs, result.log, result.summary]
    _check(f"{registry.name}-steps.txt", "\n".join(written), registry)


def _check(name: str, text: str, registry: Path) -> None:
    """Compare with what is expected, but for directories and the tokens of a run."""
    found = text.replace(str(registry.parent), "/registries")
    found = re.sub(
        r"(?<=::stop-commands::)([0-9a-f]{32})\n((?:.*\n)*?)::\1::", r"TOKEN\n\2::TOKEN::", found
    )
    if os.environ.get("WRITE_GOLDEN"):
        (EXPECTED / name).write_text(found)
    assert found == (EXPECTED / name).read_text()
