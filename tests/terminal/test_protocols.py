"""A server that gives no single object (protocol 0 or 1) has the same answers, only slower."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.registry import build_demo, git
from tests.terminal.harness import answer

COMMANDS = (
    ("show",),
    ("show", "churn", "--json"),
    ("show", "--discover", "--json"),
    ("show", "--all-commits"),
    ("history", "--all-commits"),
    ("describe", "churn@v1.1.0"),
    ("print-state",),
    ("doctor",),
)


@pytest.fixture(scope="module")
def usual(demo_remote: Path) -> list[str]:
    return _answers(demo_remote)


@pytest.mark.parametrize("filters", [True, False])
@pytest.mark.parametrize("version", ["0", "1"])
def test_every_command_reads_objects_by_their_refs(
    version: str, filters: bool, usual: list[str], tmp_path: Path
) -> None:
    served = build_demo(tmp_path / "served")
    git("-C", str(served), "config", "uploadpack.allowFilter", str(filters).lower())
    assert _answers(served, version) == usual


def _answers(served: Path, version: str = "2") -> list[str]:
    environment = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.version",
        "GIT_CONFIG_VALUE_0": version,
    }
    return [answer(*words, "-r", served.as_uri(), environment=environment) for words in COMMANDS]
