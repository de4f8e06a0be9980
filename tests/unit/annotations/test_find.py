from __future__ import annotations

import pytest

from gto_action.annotations import Annotation
from gto_action.annotations.entry import path_from_root
from gto_action.annotations.find import entries, find_annotation

DVC = "artifacts: {churn: {path: from-dvc}}\n"
ROOT = '{churn: {path: from-root}, "models:churn": {path: from-root}}\n'
DIRECTORY = "churn: {path: from-directory}\n"

PATHS = {
    ("models/deep", "../out/seg.pkl"): "models/out/seg.pkl",
    ("", "a.pkl"): "a.pkl",
    ("", "./a//b/../c"): "a/c",
    ("models", "../a"): "a",
    ("models", ".."): ".",
    ("models", "../../a"): None,
    ("", ".."): None,
    ("", "/etc/passwd"): None,
    ("models", "s3://bucket/../key"): "s3://bucket/../key",
    ("models", "https://example.org/a b"): "https://example.org/a b",
    ("models", "..a"): "models/..a",
    ("models", ""): "",
}


def _find(
    name: str, files: dict[str, str]
) -> tuple[Annotation | None, list[tuple[str, int | None]]]:
    encoded = {path: content.encode() for path, content in files.items()}
    annotation, diagnostics = find_annotation(name, encoded.get)
    return annotation, [(diagnostic.file, diagnostic.line) for diagnostic in diagnostics]


@pytest.mark.parametrize(
    ("name", "files", "expected"),
    [
        ("churn", {"dvc.yaml": DVC, "artifacts.yaml": ROOT}, ("dvc.yaml", "from-dvc")),
        ("churn", {"dvc.yaml": "{}", "artifacts.yaml": ROOT}, ("artifacts.yaml", "from-root")),
        (
            "models:churn",
            {"models/dvc.yaml": DVC, "artifacts.yaml": ROOT, "models/artifacts.yaml": DIRECTORY},
            ("models/dvc.yaml", "models/from-dvc"),
        ),
        (
            "models:churn",
            {"dvc.yaml": DVC, "artifacts.yaml": ROOT, "models/artifacts.yaml": DIRECTORY},
            ("artifacts.yaml", "from-root"),
        ),
        (
            "models:churn",
            {"dvc.yaml": DVC, "models/artifacts.yaml": DIRECTORY},
            ("models/artifacts.yaml", "models/from-directory"),
        ),
    ],
)
def test_the_first_file_that_has_the_artifact_wins(
    name: str, files: dict[str, str], expected: tuple[str, str]
) -> None:
    annotation, diagnostics = _find(name, files)
    assert annotation is not None
    assert (annotation.file, annotation.path, diagnostics) == (*expected, [])


def test_an_artifact_that_no_file_has_is_not_annotated() -> None:
    assert _find("models:churn", {"dvc.yaml": DVC, "artifacts.yaml": "churn: {}\n"}) == (None, [])
    assert _find("churn", {"dvc.yaml": "", "artifacts.yaml": "# nothing\n"}) == (None, [])


def test_all_fields_of_both_files() -> None:
    fields = "path: a, type: model, labels: [x, y]"
    dvc = f"artifacts: {{churn: {{{fields}, desc: d, meta: {{k: 1}}}}}}\n"
    gto = f"churn: {{{fields}, description: d, custom: {{k: 1}}}}\n"
    expected = ("a", "model", "d", ("x", "y"), {"k": 1})
    for file, content, virtual in (("dvc.yaml", dvc, False), ("artifacts.yaml", gto, True)):
        annotation, diagnostics = _find("churn", {file: content})
        assert (annotation, diagnostics) == (Annotation(file, *expected, virtual), [])


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("dvc.yaml", "x: &x {path: a, labels: [y]}\nartifacts: {churn: *x}\n"),
        ("dvc.yaml", "x: &x {path: b, labels: [y]}\nartifacts: {churn: {<<: *x, path: a}}\n"),
        ("dvc.yaml", "x: &x [y]\nartifacts: {m: {labels: *x}, churn: {path: a, labels: *x}}\n"),
        ("artifacts.yaml", "x: &x {path: a, labels: [y]}\nchurn: *x\n"),
        ("artifacts.yaml", "x: {labels: &x [y]}\nchurn: {path: a, labels: *x}\n"),
    ],
)
def test_an_alias_stands_for_its_anchor(file: str, content: str) -> None:
    annotation, diagnostics = _find("churn", {file: content})
    assert annotation is not None
    assert (annotation.path, annotation.labels, diagnostics) == ("a", ("y",), [])


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("dvc.yaml", "7: x\nartifacts: {7: {path: b}, null: 7, true: 7, churn: {path: a}}\n"),
        ("artifacts.yaml", "{7: {path: b}, null: 7, true: 7, 2020-01-01: 7, churn: {path: a}}\n"),
    ],
)
def test_a_key_that_is_not_a_string_is_not_an_artifact(file: str, content: str) -> None:
    annotation, diagnostics = _find("churn", {file: content})
    assert annotation is not None
    assert (annotation.path, diagnostics) == ("a", [])
    assert _find("7", {file: content}) == (None, [])
    listed = entries(file, {file: content.encode()}.get)
    assert listed == {"churn": {"path": "a"}}


def test_a_field_whose_name_is_not_a_string_has_no_effect() -> None:
    content = "artifacts:\n  churn:\n    path: a\n    7: x\n    meta: {7: x, true: y}\n"
    annotation, diagnostics = _find("churn", {"dvc.yaml": content})
    assert annotation == Annotation("dvc.yaml", "a", meta={7: "x", True: "y"})
    assert diagnostics == [("dvc.yaml", 4)]


def test_a_type_that_is_a_number_is_refused_unless_a_parameter_brought_it() -> None:
    assert _find("churn", {"artifacts.yaml": "churn:\n  type: 7\n"}) == (
        None,
        [("artifacts.yaml", 2)],
    )
    content = "artifacts: {churn: {path: a, type: '${n}'}}\n"
    annotation, diagnostics = _find("churn", {"dvc.yaml": content, "params.yaml": "n: 7\n"})
    assert (annotation, diagnostics) == (Annotation("dvc.yaml", "a", "7"), [])


def test_a_broken_file_ends_the_search() -> None:
    files = {"dvc.yaml": "artifacts:\n  churn: 7\n", "artifacts.yaml": ROOT}
    assert _find("churn", files) == (None, [("dvc.yaml", 2)])


def test_a_path_that_leaves_the_repository_is_refused_and_the_rest_is_kept() -> None:
    content = "artifacts:\n  churn:\n    type: model\n    path: ../../x\n"
    annotation, diagnostics = _find("models:churn", {"models/dvc.yaml": content})
    assert annotation == Annotation("models/dvc.yaml", "", "model")
    assert diagnostics == [("models/dvc.yaml", 4)]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a: [1\n", 2),
        ("artifacts: {churn: {path: a}}\nartifacts: {}\n", 2),
        ("artifacts:\n\tchurn: {}\n", 2),
        ("- a\n", 1),
        ("artifacts: []\n", 1),
        ("artifacts:\n  churn:\n    path: [a]\n", 3),
        ("artifacts:\n  churn:\n    path: a\n    labels: [1]\n", 4),
        ("artifacts:\n  churn:\n    path: a\n    desc: 2020-01-01\n", 4),
        ("artifacts:\n  churn:\n    path: a\n    type: 7\n", 4),
        ("artifacts:\n  churn:\n    path: a\n    type: true\n", 4),
        ("x: !!python/object/apply:os.system [id]\n", 1),
        ("vars: 7\nartifacts: {churn: {path: '${a}'}}\n", 1),
        ("vars: [none.yaml]\nartifacts: {churn: {path: '${a}'}}\n", 1),
        ("vars: [{a: 1}, {a: 2}]\nartifacts: {churn: {path: '${a}'}}\n", 1),
        ("vars: ['${a}']\nartifacts: {churn: {path: '${a}'}}\n", 1),
    ],
)
def test_a_broken_dvc_yaml_is_reported_with_its_line(content: str, line: int) -> None:
    assert _find("churn", {"dvc.yaml": content}) == (None, [("dvc.yaml", line)])


def test_a_broken_file_of_parameters_is_reported_with_its_line() -> None:
    files = {"dvc.yaml": "artifacts: {churn: {path: '${a}'}}\n", "params.yaml": "a: 1\nb: [\n"}
    assert _find("churn", files) == (None, [("params.yaml", 3)])


@pytest.mark.parametrize("written", PATHS)
def test_a_path_is_from_the_root_of_the_repository(written: tuple[str, str]) -> None:
    assert path_from_root(*written) == PATHS[written]
