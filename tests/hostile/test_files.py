"""A file of the repository costs little, leads nowhere, and hides no event."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gto_action.git.fetch import FetchObserver
from gto_action.git.source import open_location
from gto_action.policy.overrides import Overrides
from gto_action.registry.references import read_ref
from gto_action.reporting.outputs import outputs_of
from gto_action.services.interpret import interpret
from testkit.repositories import Builder, git, git_environment
from testkit.step import Result
from tests.hostile.memory import run_measured
from tests.hostile.repositories import (
    TAG,
    add_tag,
    add_tree,
    escaped,
    registered,
    repository,
    workspace,
)

GOOD = b"artifacts: {churn: {path: a.pkl}}\n"
BROKEN = {
    "a bomb of aliases": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)),
    "a depth of 100,000": "artifacts: " + "[" * 100_000,
    "a depth of 100,000 blocks": "- " * 100_000,
    "tabs": "artifacts:\n\tchurn:\n\t\tpath: a\n",
    "a key twice": "artifacts:\n  churn: {path: a}\n  churn: {path: b}\n",
    "a reference to itself": "vars: [{a: '${b}', b: '${a}'}]\nartifacts: {churn: {path: '${a}'}}\n",
    "an alias of itself": "artifacts: &a {churn: *a}\n",
    "two documents": "artifacts: {churn: {path: a}}\n---\nartifacts: {churn: {path: b}}\n",
    "no text": "\x00\x01\x02",
    "a tag of Python's": "artifacts: !!python/object/apply:os.system ['touch x']\n",
    "a tag of its own": "artifacts: !x {churn: {path: a}}\n",
    "a megabyte of one line": "artifacts: {churn: {path: '" + "${" * 500_000 + "a}'}}\n",
}
WRONG: list[object] = [None, True, 7, 1.5, "text", [1], {"a": 1}, [[]], {}, "", "2026-01-01"]


def _reported(result: Result) -> tuple[int, str, str]:
    return result.code, result.outputs["event"], result.outputs["path"]


@pytest.mark.parametrize("file", ["dvc.yaml", "artifacts.yaml", ".gto", "params.yaml"])
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_a_warning(case: str, file: str, tmp_path: Path) -> None:
    files = {file: BROKEN[case]}
    if file == "params.yaml":
        files["dvc.yaml"] = "artifacts: {churn: {path: '${a}'}}\n"
    result = registered(tmp_path, files).run(policy="off")
    assert (result.code, result.outputs["event"]) == (0, "registration")
    assert "Traceback" not in result.log
    assert not (tmp_path / "x").exists()
    if file == "dvc.yaml":
        assert "::warning file=dvc.yaml" in result.log
        assert result.outputs["path"] == ""


FIELDS = ("path", "type", "desc", "labels", "meta")


@pytest.mark.parametrize("part", ["", "artifacts", "churn", *FIELDS])
@pytest.mark.parametrize("file", ["dvc.yaml", "artifacts.yaml", ".gto"])
def test_a_wrong_type_at_any_place(file: str, part: str, tmp_path: Path) -> None:
    builder = Builder(tmp_path / "repository", bare=False)
    tags = {}
    for number, value in enumerate(WRONG):
        document = _with(value, file, part)
        tags[f"churn@v1.{number}.0"] = document
        builder.tag(f"churn@v1.{number}.0", builder.commit({file: json.dumps(document)}))
    with open_location(
        str(builder.build()), git_environment(), observer=FetchObserver(print)
    ) as source:
        for tag, document in tags.items():
            texts = outputs_of(interpret(read_ref(tag), source, Overrides())).texts()
            assert (texts["event"], texts["tag"]) == ("registration", tag), document


@pytest.mark.parametrize("file", ["dvc.yaml", "artifacts.yaml", ".gto"])
def test_a_step_of_a_file_of_wrong_types(file: str, tmp_path: Path) -> None:
    result = registered(tmp_path, {file: json.dumps(_with([1], file, "churn"))}).run()
    assert _reported(result) == (0, "registration", "")
    assert f"::warning file={file}" in result.log


def _with(value: object, file: str, part: str) -> object:
    """Return the content of a file with a value at a part of it: a field, an entry, or all."""
    entry = value if part == "churn" else {"path": "a", part: value} if part in FIELDS else {}
    match part, file:
        case "", _:
            return value
        case _, ".gto":
            return {"stages": value, "types": value, "emojis": value}
        case "artifacts", _:
            return {"artifacts": value, "vars": value}
        case _, "artifacts.yaml":
            return {"churn": entry}
        case _:
            return {"artifacts": {"churn": entry}}


@pytest.mark.parametrize(
    ("file", "content", "entry"),
    [
        ("p.py", "x = 0x" + "f" * 5000, "path: a, desc: 'a ${x}'"),
        ("p.toml", "x = 0x" + "f" * 5000, "path: a, meta: '${x}'"),
        ("p.py", "x = {1, 2}", "path: a, meta: {'${x}': 1}"),
        ("p.py", "x = ('" + "a" * 900_000 + "',)", "path: a, meta: ['${x}', '${x}', '${x}']"),
        ("p.py", "y = 1\nx = [" + "1," * 1_000_000 + "]", "path: a, meta: '${x}'"),
    ],
)
def test_parameters_that_no_string_can_represent(
    file: str, content: str, entry: str, tmp_path: Path
) -> None:
    dvc = f"vars: [{file}]\nartifacts: {{churn: {{{entry}}}}}\n"
    run = registered(tmp_path, {"dvc.yaml": dvc, file: content})
    result, memory = run_measured(run)
    assert (result.code, result.outputs["event"]) == (0, "registration"), result.log
    assert memory < 300_000


@pytest.mark.parametrize("file", ["dvc.yaml", "artifacts.yaml", ".gto"])
def test_a_file_of_100_megabytes_is_not_read(file: str, tmp_path: Path) -> None:
    remote = repository(tmp_path)
    git("-C", str(remote), "config", "core.compression", "1")
    add_tree(remote, [("100644", file, b"# " + b"x" * 100_000_000)])
    add_tag(remote, TAG)
    result, memory = run_measured(workspace(tmp_path, remote))
    # a policy may be in .gto: without it nothing is allowed
    assert (result.code, result.outputs["event"]) == (12 if file == ".gto" else 0, "registration")
    assert f"::warning file={file}::{file}: it is larger than 10 MiB" in result.log
    assert memory < 300_000


@pytest.mark.parametrize(
    ("mode", "content", "path"),
    [
        ("120000", b"real.yaml", "a.pkl"),
        ("120000", b"nowhere.yaml", ""),
        ("120000", b"dvc.yaml", ""),
        ("120000", b"/etc/hostname", ""),
        ("120000", b"../../etc/hostname", ""),
        ("120000", b".git/config", ""),
        ("160000", b"1" * 40, ""),
    ],
)
def test_a_link_and_a_submodule(mode: str, content: bytes, path: str, tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tree(remote, [(mode, "dvc.yaml", content), ("100644", "real.yaml", GOOD)])
    add_tag(remote, TAG)
    assert _reported(workspace(tmp_path, remote).run()) == (0, "registration", path)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    run = registered(tmp_path, {"dvc.yaml/dvc.yaml": GOOD.decode(), ".gto/x": "x"})
    assert _reported(run.run()) == (12, "registration", "")
    assert _reported(run.run(policy="off")) == (0, "registration", "")


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_that_may_have_a_policy_allows_nothing_or_is_none(
    case: str, tmp_path: Path
) -> None:
    result = registered(tmp_path, {".gto": BROKEN[case]}).run()
    assert (result.code, result.outputs["event"]) in {(0, "registration"), (12, "registration")}
    assert ("policy: .gto" in result.outputs["violations"]) == (result.code == 12)
    assert "Traceback" not in result.log


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "a/../../secret",
        "/etc/passwd",
        "file:///etc/passwd",
        "//server/share",
        "C:\\Windows",
        "..\\secret",
        "a/../../..",
        "\\secret",
        "a\\..\\..\\secret",
        "~/.ssh/id_ed25519/../../../..//../x",
    ],
)
def test_a_path_that_leaves_the_repository_is_refused(path: str, tmp_path: Path) -> None:
    quoted = escaped(path)
    result = registered(
        tmp_path, {"dvc.yaml": f'artifacts: {{churn: {{path: "{quoted}"}}}}\n'}
    ).run()
    assert _reported(result) == (0, "registration", "")
    assert "::warning file=dvc.yaml" in result.log
