"""Names of refs and paths never are options, patterns, commands or other names."""

from __future__ import annotations

from pathlib import Path

import pytest

from testkit.repositories import git
from testkit.step import Workspace
from tests.hostile.repositories import TAG, add_tag, add_tree, escaped, repository, workspace

# refs that Git allows, and that are not the registry's
OTHERS = (
    "-d",
    "--upload-pack=touch x",
    "a$(id)",
    "a`id`",
    "a'b\"c",
    "a;id",
    "a|id",
    "a&b",
    "a!b",
    "ü☃",
    "a\u202eb",
    "x" * 200,
)
QUERIES = (*OTHERS, "a b", "a*", "a?", "a[b]", "a\nb", "a\\b", "a:b", "a^{}", "a~1", "a..b", "@{u}")


def _made(remote: Path) -> None:
    add_tag(remote, TAG)
    for name in OTHERS:
        git("-C", str(remote), "update-ref", f"refs/tags/{name.replace(' ', '_')}", "main")


@pytest.mark.parametrize("reports", [True, False])
def test_tags_of_any_name_may_exist_beside_the_registrys(tmp_path: Path, *, reports: bool) -> None:
    remote = repository(tmp_path)
    _made(remote)
    (tmp_path / "remote.git/refs/tags").joinpath(
        b"caf\xe9".decode(errors="surrogateescape")
    ).write_text(git("-C", str(remote), "rev-parse", "main") + "\n")
    result = workspace(tmp_path, remote).run(show=reports, history=reports, summary=reports)
    assert (result.code, result.outputs["version"]) == (0, "v1.0.0")


@pytest.mark.parametrize("name", QUERIES)
def test_a_ref_of_any_name_is_no_event(name: str, tmp_path: Path) -> None:
    remote = repository(tmp_path)
    _made(remote)
    run = workspace(tmp_path, remote)
    for ref in (name, f"refs/tags/{name}", f"refs/{name}"):
        result = Workspace(run.root, ref, "").run(show=True)
        assert (result.code, set(result.outputs.values())) == (0, {""}), ref
    assert not (run.root / "x").exists()


def test_a_tag_whose_name_begins_like_a_ref_is_a_tag(tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tag(remote, "refs/x@v1.0.0")
    result = workspace(tmp_path, remote, "refs/x@v1.0.0").run()
    assert (result.code, result.outputs["name"]) == (0, "refs/x")


def test_a_ref_of_10_000_characters_is_no_event(tmp_path: Path) -> None:
    remote = repository(tmp_path)
    run = workspace(tmp_path, remote)
    result = Workspace(run.root, f"refs/tags/{'a' * 10_000}@v1.0.0", "").run()
    assert (result.code, set(result.outputs.values())) == (0, {""})


def test_a_ref_of_bytes_that_are_no_text_is_no_event(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    ref = b"refs/tags/caf\xe9@v1.0.0".decode(errors="surrogateescape")
    result = Workspace(tmp_path, ref, "").run()
    assert (result.code, set(result.outputs.values())) == (0, {""})


@pytest.mark.parametrize(
    "path",
    [
        "-rf",
        "--output=x",
        "a b",
        "$(id)",
        "a;id",
        "*.pkl",
        "a\nb",
        "'\"",
        "ü☃",
        "x" * 10_000,
        ":(glob)**",
        "HEAD:x",
    ],
)
def test_a_path_is_reported_as_it_is_written(path: str, tmp_path: Path) -> None:
    quoted = escaped(path)
    remote = repository(tmp_path, {"dvc.yaml": f'artifacts: {{churn: {{path: "{quoted}"}}}}\n'})
    add_tag(remote, TAG)
    result = workspace(tmp_path, remote).run(summary=True)
    assert (result.code, result.outputs["path"]) == (0, path)


def test_a_directory_of_any_name_hides_no_annotation(tmp_path: Path) -> None:
    remote = repository(tmp_path)
    names = ["-x", "a b", "$(id)", "a\nb", "*", "caf\\351"]
    entries = [("100644", name, b"x") for name in names]
    add_tree(remote, [*entries, ("100644", "dvc.yaml", b"artifacts: {churn: {path: a}}\n")])
    add_tag(remote, TAG)
    assert workspace(tmp_path, remote).run().outputs["path"] == "a"
