"""A mistyped tag, a forgotten directory and input without an effect are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from testkit.step import Result, Workspace
from tests.conftest import Pushed


def _run_on(
    tmp_path: Path,
    pushed: Pushed,
    tag: str,
    files: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    *,
    show: bool = False,
) -> Result:
    builder = Builder(tmp_path / "remote.git")
    mark = builder.commit({"file": "content\n", **(files or {})})
    builder.tag(tag, mark)
    return pushed(builder.build(), tag).run(environment, show=show)


def _annotations(result: Result, kind: str) -> list[str]:
    lines = result.log.splitlines()
    return [line.partition(f"::{kind} ")[2] or line.partition(f"::{kind}::")[2] for line in lines
            if line.startswith(f"::{kind}")]  # fmt: skip


@pytest.mark.parametrize("reports", [True, False])
@pytest.mark.parametrize(
    ("tag", "intended"),
    [
        ("churn@1.3.0", "churn@v1.3.0"),
        ("churn@v1.2", "churn@v1.2.0"),
        ("churn@V1.2.3", "churn@v1.2.3"),
        ("churn#prod#3!", "churn#prod!#3"),
        ("churn@Deprecated", "churn@deprecated"),
        ("churn@deprecated!#2", "churn@deprecated#2"),
        ("churn@@v1.0.0", "churn@v1.0.0"),
        ("models/nlp=churn@1.0.0", "models/nlp=churn@v1.0.0"),
    ],
)
def test_a_near_miss_is_a_warning_or_with_strict_an_error(
    tag: str, intended: str, reports: bool, tmp_path: Path, pushed: Pushed
) -> None:
    result = _run_on(tmp_path, pushed, tag, show=reports)
    (warning,) = _annotations(result, "warning")
    assert warning.startswith(f"tag '{tag}' is not a registry tag (did you mean '{intended}'?)")
    assert (result.code, set(result.outputs.values())) == (0, {""})
    strict = Workspace(tmp_path, f"refs/tags/{tag}", "").run(show=reports, strict=True)
    assert (strict.code, strict.outputs) == (12, {})
    assert f"(did you mean '{intended}'?)" in _annotations(strict, "error")[0]
    assert "the input strict makes it an error" in strict.log


@pytest.mark.parametrize("ref", ["refs/tags/v1.0.0", "refs/heads/churn@1.0.0", "release-2026-03"])
def test_other_refs_are_not_near_misses(ref: str, demo_remote: Path, pushed: Pushed) -> None:
    workspace = pushed(demo_remote, "churn#prod#3")
    result = Workspace(workspace.root, ref, "").run(strict=True)
    assert (result.code, _annotations(result, "warning")) == (0, [])


def test_a_stage_or_type_that_is_not_allowed_is_an_error_with_strict(
    tmp_path: Path, pushed: Pushed
) -> None:
    files = {
        ".gto": "stages: [dev]\ntypes: [data]\n",
        "dvc.yaml": "artifacts: {m: {path: file, type: model}}\n",
    }
    result = _run_on(tmp_path, pushed, "m#prod#1", files)
    assert (result.code, result.outputs["event"]) == (0, "assignment")
    assert _annotations(result, "warning") == [
        "the stage prod is not allowed; allowed are: dev",
        "the type model is not allowed; allowed are: data",
    ]
    strict = Workspace(tmp_path, "refs/tags/m#prod#1", "").run(strict=True, summary=True)
    assert (strict.code, strict.outputs, strict.summary) == (12, {}, "")
    assert "the stage prod is not allowed" in _annotations(strict, "error")[0]


def test_a_broken_configuration_is_named_with_its_line(tmp_path: Path, pushed: Pushed) -> None:
    _run_on(tmp_path, pushed, "m@v1.0.0", {".gto": "types: []\nstages: 5\n"})
    strict = Workspace(tmp_path, "refs/tags/m@v1.0.0", "").run(strict=True)
    assert strict.code == 12
    assert _annotations(strict, "error")[0].startswith(".gto, line 2: ")


@pytest.mark.parametrize("checkout", [True, False])
def test_a_forgotten_directory_is_named(checkout: bool, tmp_path: Path, pushed: Pushed) -> None:
    files = {
        "models/nlp/dvc.yaml": "artifacts: {sentiment: {path: m.pkl}}\n",
        "artifacts.yaml": "features: {path: f}\n",
    }
    result = _run_on(tmp_path, pushed, "sentiment@v1.0.0", files)
    if not checkout:
        remote = {"GITHUB_SERVER_URL": tmp_path.as_uri(), "GITHUB_REPOSITORY": "remote.git"}
        (tmp_path / "workspace").rename(tmp_path / "elsewhere")
        result = Workspace(tmp_path, "refs/tags/sentiment@v1.0.0", "").run(remote)
    (notice,) = _annotations(result, "notice")
    assert (result.code, result.outputs["event"]) == (0, "registration")
    assert " annotates sentiment" in notice
    assert "annotated are: features" in notice
    hint = "did you mean models/nlp:sentiment, with the tag 'models/nlp=sentiment@v1.0.0'?"
    assert (hint in notice) == checkout
    assert _annotations(result, "warning") == []


def test_without_any_annotation_there_is_no_notice(tmp_path: Path, pushed: Pushed) -> None:
    result = _run_on(tmp_path, pushed, "m@v1.0.0", {"dvc.yaml": "stages: {}\n"})
    assert (result.code, _annotations(result, "notice")) == (0, [])


@pytest.mark.parametrize(
    ("content", "warnings"),
    [
        ("STAGES: [dev, prod]", ["the stage other is not allowed; allowed are: dev, prod"]),
        ("Stages: [dev]\nTypes: [x]", ["the stage other is not allowed; allowed are: dev"]),
        (
            "a: 1\nstage: [dev]",
            [
                "file=.gto,line=1::.gto: the key a is not known and has no effect",
                (
                    "file=.gto,line=2::.gto: the key stage is not known and has no effect "
                    "(did you mean stages?)"
                ),
            ],
        ),
        (
            "7: x\nstages: [other]",
            ["file=.gto,line=1::.gto: the key 7 is not known and has no effect"],
        ),
        ("stages: dev", ["file=.gto,line=1::.gto: stages must be a list of strings"]),
        (
            "types: 7\nstages: [dev]",
            [
                "file=.gto,line=1::.gto: types must be a list of strings",
                "the stage other is not allowed; allowed are: dev",
            ],
        ),
        (
            "INDEX: other.yaml",
            ["file=.gto,line=1::.gto: the key INDEX has no effect here: it is read by gto alone"],
        ),
        ("EMOJIS: false\nlog_level: DEBUG", []),
        (
            "stages: [other]\nSTAGES: [dev]\nnull: 1\n",
            [
                "file=.gto,line=2::.gto: the key STAGES is there twice",
                "file=.gto,line=3::.gto: the key null is not known and has no effect",
                "the stage other is not allowed; allowed are: dev",
            ],
        ),
        ("[dev]", ["file=.gto,line=1::.gto: the file must be a mapping, not a list"]),
        ("", []),
    ],
)
def test_the_configuration_is_read_as_gto_does_or_warned_of(
    content: str, warnings: list[str], tmp_path: Path, pushed: Pushed
) -> None:
    result = _run_on(tmp_path, pushed, "m#other#1", {".gto": content})
    assert (result.code, result.outputs["event"]) == (0, "assignment")
    assert _annotations(result, "warning") == warnings


@pytest.mark.parametrize(
    "kind",
    ["directory", "submodule", "dangling link", "link out", "scalar", "broken"],
)
def test_with_strict_nothing_is_allowed_by_a_file_that_cannot_be_read(
    kind: str, tmp_path: Path
) -> None:
    repository = tmp_path / "workspace"
    git("init", "--quiet", str(repository))
    match kind:
        case "directory":
            (repository / ".gto").mkdir()
            (repository / ".gto/file").write_text("stages: [dev]\n")
        case "submodule":
            (repository / "file").write_text("content")
        case "dangling link":
            (repository / ".gto").symlink_to("nowhere")
        case "link out":
            (repository / ".gto").symlink_to("/etc/passwd")
        case "scalar":
            (repository / ".gto").write_text("stages: dev\n")
        case _:
            (repository / ".gto").write_text("stages: [dev\n")
    here = ("-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@example.org")
    git(*here, "add", "--all")
    if kind == "submodule":
        git(*here, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},.gto")
    git(*here, "commit", "--quiet", "--message", "x")
    for tag in ("m#prod#1", "m#prod!#2"):
        git(*here, "tag", "--annotate", "--message", "x", tag)
    run = Workspace(tmp_path, "refs/tags/m#prod#1", "")
    usual = run.run(fetch=False)
    assert (usual.code, usual.outputs["event"]) == (0, "assignment")
    assert [line for line in _annotations(usual, "warning") if ".gto" in line] != []
    strict = run.run(fetch=False, strict=True)
    assert (strict.code, strict.outputs) == (12, {})
    # what takes a stage away is never refused
    assert run.run(fetch=False, strict=True, ref="m#prod!#2").code == 0


@pytest.mark.parametrize("tag", ["m@v1.0.0", "m@v1.0.0!", "m@deprecated"])
def test_an_event_without_a_stage_and_a_type_violates_no_list(
    tag: str, tmp_path: Path, pushed: Pushed
) -> None:
    files = {".gto": "stages: [dev]\ntypes: [model]\n", "dvc.yaml": "artifacts: {m: {path: f}}\n"}
    result = _run_on(tmp_path, pushed, tag, files)
    assert (result.code, result.outputs["path"]) == (0, "f")
    assert _annotations(result, "warning") == []


def test_a_variable_that_has_no_effect_is_warned_of(tmp_path: Path, pushed: Pushed) -> None:
    environment = {
        "GTO_STAGE": '["dev"]',
        "GTO_STAGES": '["m"]',
        "GTO_EMOJIS": "false",
        "GTO_INDEX": "x",
        "GTO_WHATEVER": "1",
    }
    result = _run_on(tmp_path, pushed, "m#m#1", environment=environment)
    assert _annotations(result, "warning") == [
        "the variable GTO_INDEX has no effect here: it is read by gto alone",
        "the variable GTO_STAGE is not known and has no effect (did you mean GTO_STAGES?)",
        "the variable GTO_WHATEVER is not known and has no effect",
    ]


@pytest.mark.parametrize(
    ("file", "content", "warning"),
    [
        (
            "dvc.yaml",
            "artifacts:\n  m:\n    path: file\n    description: x\n",
            (
                "file=dvc.yaml,line=4::dvc.yaml: artifacts.m.description has no effect: "
                "known are path, type, desc, labels, meta"
            ),
        ),
        (
            "artifacts.yaml",
            "m:\n  path: file\n  desc: x\n",
            (
                "file=artifacts.yaml,line=3::artifacts.yaml: m.desc has no effect: "
                "known are path, type, description, labels, custom, virtual"
            ),
        ),
    ],
)
def test_an_unknown_field_of_an_annotation_is_warned_of(
    file: str, content: str, warning: str, tmp_path: Path, pushed: Pushed
) -> None:
    result = _run_on(tmp_path, pushed, "m@v1.0.0", {file: content})
    assert (result.code, result.outputs["path"]) == (0, "file")
    assert _annotations(result, "warning") == [warning]
