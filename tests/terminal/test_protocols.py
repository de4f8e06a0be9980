"""A server that gives no single object (protocol 0 or 1) has the same answers, only slower."""

from __future__ import annotations

from pathlib import Path

import pytest

from testkit.demo_registry import build_demo
from testkit.repositories import git
from tests.terminal.harness import answer, ask
from tests.writing.harness import WHO

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


@pytest.mark.parametrize("filters", [True, False])
@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_an_artifact_without_tags_is_not_found(version: str, filters: bool, tmp_path: Path) -> None:
    served = build_demo(tmp_path / "served")
    git("-C", str(served), "config", "uploadpack.allowFilter", str(filters).lower())
    environment = {**_PROTOCOL, "GIT_CONFIG_VALUE_0": version}
    result = ask("show", "nope", "-r", served.as_uri(), environment=environment)
    assert (result.code, result.output) == (1, "")
    assert result.errors.startswith("Cannot find artifact 'nope' in ")


@pytest.mark.parametrize(
    "command",
    [
        ("show",),
        ("show", "--discover"),
        ("doctor",),
        ("describe", "churn"),
        ("history", "--all-commits"),
        ("print-state",),
        ("register", "churn", "--dry-run"),
    ],
)
def test_an_object_format_is_found_without_a_tag(command: tuple[str, ...], tmp_path: Path) -> None:
    git("init", "--quiet", "--object-format=sha256", str(tmp_path / "models"))
    place = ("-C", str(tmp_path / "models"), "-c", "user.name=A", "-c", "user.email=a@example.org")
    (tmp_path / "models/artifacts.yaml").write_text("churn: {path: artifacts.yaml}\n")
    git(*place, "add", "--all")
    git(*place, "commit", "--quiet", "--message", "A model")
    here = ask(*command, "-r", tmp_path / "models", environment=WHO)
    there = ask(*command, "-r", (tmp_path / "models").as_uri(), environment=WHO)
    assert (there.code, there.output) == (here.code, here.output), there
    sha = git("-C", str(tmp_path / "models"), "rev-parse", "HEAD")
    url = (tmp_path / "models").as_uri()
    assert answer("describe", "churn", "--rev", sha, "--path", "-r", url) == "artifacts.yaml\n"


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_a_repository_of_another_object_format_is_read_by_url(version: str, tmp_path: Path) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("init", "--quiet", "--object-format=sha256", str(tmp_path / "models"))
    place = ("-C", str(tmp_path / "models"), *identity)
    (tmp_path / "models/artifacts.yaml").write_text("churn: {path: model.pkl}\n")
    git(*place, "add", "--all")
    git(*place, "commit", "--quiet", "--message", "A model")
    git(*place, "tag", "--annotate", "--message", "A version", "churn@v1.0.0")
    environment = {**_PROTOCOL, "GIT_CONFIG_VALUE_0": version}
    url = (tmp_path / "models").as_uri()
    for words, printed in (
        (("show", "churn", "--version"), "v1.0.0\n"),
        (("describe", "churn@v1.0.0", "--path"), "model.pkl\n"),
        (("show", "--name"), "churn\n"),
    ):
        assert answer(*words, "-r", url, environment=environment) == printed


_PROTOCOL = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.version"}


def _answers(served: Path, version: str = "2") -> list[str]:
    environment = {**_PROTOCOL, "GIT_CONFIG_VALUE_0": version}
    return [answer(*words, "-r", served.as_uri(), environment=environment) for words in COMMANDS]
