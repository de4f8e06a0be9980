"""Messages about wrong files: the location, and the complete sentence."""

from __future__ import annotations

import pytest

from gto_action.annotations import Annotation, artifacts_yaml, dvc_yaml
from gto_action.annotations.dvc_lock import outputs
from gto_action.annotations.find import find_annotation
from gto_action.annotations.interpolation import MAX_BITS, MAX_INSERTED, InterpolationError, resolve
from gto_action.annotations.parameters import MAX_PYTHON_SIZE, MAX_SOURCES
from gto_action.diagnostics import Diagnostic, Severity
from gto_action.errors import UnreadableFileError

ENTRY = "\nartifacts: {churn: {path: '${a}'}}\n"
PARAMETERS = {
    "vars: 7": "vars must be a list of files and mappings, without ${...}",
    "vars: ['${b}']": "vars must be a list of files and mappings, without ${...}",
    "vars: [7]": "vars must hold only files and mappings",
    f"vars: [{', '.join(['{}'] * (MAX_SOURCES + 1))}]": "vars has more than 1000 entries",
    "vars: [../p.yaml]": "vars names ../p.yaml, which is outside of the repository",
    "vars: [/p.yaml]": "vars names /p.yaml, which is outside of the repository",
    "vars: [p.yaml, 'p.yaml:a']": "vars loads p.yaml twice",
    "vars: [none.yaml]": "vars names none.yaml, and there is no such file",
    "vars: ['p.yaml:z,y']": "vars names y of p.yaml, which has none",
    "vars: [{a: 1}, {a: 2}]": "vars and params.yaml define a twice",
}


def _found(
    files: dict[str, str], name: str = "churn"
) -> tuple[Annotation | None, list[Diagnostic]]:
    annotation, diagnostics = find_annotation(name, lambda path: _encoded(files.get(path)))
    return annotation, list(diagnostics)


def _encoded(content: str | None) -> bytes | None:
    return None if content is None else content.encode()


@pytest.mark.parametrize("vars_", PARAMETERS)
def test_parameters_that_cannot_be_loaded(vars_: str) -> None:
    files = {"dvc.yaml": f"# line 1\n{vars_}{ENTRY}", "p.yaml": "a: x\n"}
    assert _found(files) == (None, [Diagnostic(PARAMETERS[vars_], "dvc.yaml", 2)])


def test_the_maximum_number_of_entries_of_vars() -> None:
    sources = ", ".join(["{}"] * (MAX_SOURCES - 1))
    files = {"dvc.yaml": f"vars: [{sources}, {{a: x}}]{ENTRY}"}
    assert _found(files) == (Annotation("dvc.yaml", "x"), [])


def test_the_parameters_of_a_directory_are_beside_its_dvc_yaml() -> None:
    files = {"models/dvc.yaml": ENTRY, "models/params.yaml": "a: x\n", "params.yaml": "a: y\n"}
    assert _found(files, "models:churn") == (Annotation("models/dvc.yaml", "models/x"), [])
    message = "${a} refers to nothing: neither vars nor params.yaml has a"
    above = {"models/dvc.yaml": ENTRY, "params.yaml": "a: y\n"}
    assert _found(above, "models:churn") == (None, [Diagnostic(message, "models/dvc.yaml", 2)])


@pytest.mark.parametrize(
    ("file", "content", "line", "message"),
    [
        ("p.yaml", "- a\n", 1, "it must hold a mapping"),
        ("p.json", "[1]", 1, "it must hold a mapping"),
        (
            "p.json",
            '{"a": }',
            None,
            "it is not valid json: Expecting value: line 1 column 7 (char 6)",
        ),
        ("p.toml", "a = ", None, "it is not valid toml: Invalid value (at end of document)"),
        ("p.toml", f"{'a.' * 101}a = 1", None, "a key has more than 100 parts"),
        ("p.py", f"a = 1{' ' * MAX_PYTHON_SIZE}", None, "it has more than 1,000,000 bytes"),
        ("p.json", '{"a": ' + "[" * 100 + "]" * 100 + "}", None, "it has more than 100 levels"),
    ],
)
def test_a_file_of_parameters_that_cannot_be_read(
    file: str, content: str, line: int | None, message: str
) -> None:
    files = {"dvc.yaml": f"vars: [{file}]{ENTRY}", file: content}
    assert _found(files) == (None, [Diagnostic(message, file, line)])


def test_limits_of_a_file_of_parameters_are_what_it_may_have() -> None:
    deep = '{"a": "x", "b": ' + "[" * 99 + "]" * 99 + "}"
    python = "a = 'x'".ljust(MAX_PYTHON_SIZE)
    for file, content in {"p.json": deep, "p.py": python}.items():
        files = {"dvc.yaml": f"vars: [{file}]{ENTRY}", file: content}
        assert _found(files) == (Annotation("dvc.yaml", "x"), [])


@pytest.mark.parametrize(
    ("values", "entry", "message"),
    [
        (
            "a: x",
            "path: '${b.c}'",
            "${b.c} refers to nothing: neither vars nor params.yaml has b",
        ),
        (
            "a: x",
            f"path: '${{{'a' * 201}}}'",
            f"${{{'a' * 200}}} is not of the form ${{name.name[index]}}",
        ),
        ("a: x", "path: '${a..b}'", "${a..b} is not of the form ${name.name[index]}"),
        ("a: {b: 1}", "path: 'x ${a}'", "${a} is a mapping, which cannot be a part of a string"),
        (
            "a: [1]",
            "path: x, meta: {'${a}': 1}",
            "${a} refers to a value that is not the name of a field",
        ),
        (
            f"a: {'x' * 600_000}",
            "path: '${a}${a}'",
            "its ${...} put in more than 1,000,000 characters",
        ),
    ],
)
def test_a_reference_that_cannot_be_replaced(values: str, entry: str, message: str) -> None:
    dvc = f"# line 1\nartifacts:\n  churn: {{{entry}}}\n"
    found = _found({"dvc.yaml": dvc, "params.yaml": f"{values}\n"})
    assert found == (None, [Diagnostic(message, "dvc.yaml", 3)])


def test_a_number_that_no_text_can_hold() -> None:
    with pytest.raises(InterpolationError, match=r"^a number has more than 4096 bits$"):
        resolve("${a}", {"a": 1 << MAX_BITS})


@pytest.mark.parametrize(
    "value",
    ["x" * MAX_INSERTED, list(range(MAX_INSERTED)), {"a": "x" * MAX_INSERTED}],
    ids=["text", "list", "mapping"],
)
def test_a_value_too_large_to_be_substituted(value: object) -> None:
    with pytest.raises(InterpolationError, match=r"^its \$\{...\} put in more than 1,000,000 char"):
        resolve("${a}", {"a": value})


def test_a_field_that_must_be_there() -> None:
    message = "artifacts.churn.path must be a string, not empty"
    found = _found({"dvc.yaml": "artifacts:\n  churn:\n    {type: a}\n"})
    assert found == (None, [Diagnostic(message, "dvc.yaml", 2)])


@pytest.mark.parametrize(
    "value",
    [
        "x" * (MAX_INSERTED - 1),  # the text itself counts as one
        (1 << MAX_BITS) - 1,
        list(range(MAX_INSERTED - 1)),
    ],
    ids=["text", "number", "list"],
)
def test_the_largest_value_that_is_substituted(value: object) -> None:
    assert resolve("${a}", {"a": value}) == value


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("path: a, type: [x]", "artifacts.churn.type must be a string, not a list"),
        ("path: a, desc: {x: 1}", "artifacts.churn.desc must be a string, not a mapping"),
        ("path: a, type: 2026-01-01", "artifacts.churn.type must be a string, not a date"),
        ("path: a, labels: x", "artifacts.churn.labels must be a list of strings, not a string"),
        ("path: 7", "artifacts.churn.path must be a string, not a number"),
        ("path: true", "artifacts.churn.path must be a string, not a boolean"),
    ],
)
def test_a_field_of_another_type(entry: str, message: str) -> None:
    found = _found({"dvc.yaml": f"artifacts:\n  churn:\n    {{{entry}}}\n"})
    assert found == (None, [Diagnostic(message, "dvc.yaml", 3)])


def test_numbers_that_references_resolve_to_become_strings() -> None:
    entry = "{path: '${n}', type: '${t}', desc: '${f}', labels: ['${n}', '${l}', b]}"
    files = {
        "dvc.yaml": f"artifacts: {{churn: {entry}}}\n",
        "params.yaml": "{n: 7, t: true, f: 1.5, l: false}\n",
    }
    expected = Annotation("dvc.yaml", "7", "true", "1.5", ("7", "false", "b"))
    assert _found(files) == (expected, [])


@pytest.mark.parametrize(
    "path",
    ["../a", "/a", "..\\a", "C:\\a", "\\\\server\\share\\a", "file:///a", "FILE:a", "x/..\\..\\a"],
)
def test_a_path_that_leaves_the_repository(path: str) -> None:
    message = "churn.path leaves the repository: write a path inside it, or a URL"
    files = {"artifacts.yaml": f"churn:\n  path: '{path}'\n  type: model\n"}
    expected = Annotation("artifacts.yaml", "", "model", virtual=True)
    assert _found(files) == (expected, [Diagnostic(message, "artifacts.yaml", 2)])


@pytest.mark.parametrize(
    ("entry", "virtual"),
    [("{path: a}", True), ("{path: a, virtual: false}", False), ("{path: a, virtual: 1}", True)],
)
def test_an_entry_is_virtual_unless_it_says_otherwise(entry: str, virtual: bool) -> None:
    expected = Annotation("artifacts.yaml", "a", virtual=virtual)
    assert _found({"artifacts.yaml": f"churn: {entry}\n"}) == (expected, [])


def test_an_entry_of_nothing_is_an_annotation_of_nothing() -> None:
    files = {"artifacts.yaml": "churn:\n"}
    assert _found(files) == (Annotation("artifacts.yaml"), [])
    assert _found(files, "other") == (None, [])


def test_a_finding_names_its_file_and_the_commit() -> None:
    diagnostic = Diagnostic("it is wrong", "dvc.yaml", 3)
    assert str(diagnostic) == "dvc.yaml: it is wrong"
    assert str(Diagnostic("it is wrong")) == "it is wrong"
    assert diagnostic.at("0123456789").file == "0123456:dvc.yaml"
    assert diagnostic.at("0123456789").line == 3


LOCK = """\
stages:
  train: {outs: [{path: a.pkl}, {path: ../b}, {path: 7}, x]}
  each@one: {outs: [{path: one}]}
  elsewhere: {outs: [{path: c}]}
  nothing: {outs: x}
  gone: {outs: [{path: d}]}
"""
PIPELINE = """\
stages:
  train: {wdir: work}
  each: {foreach: [one], do: {}, wdir: each}
  elsewhere: {wdir: ../other}
"""


def test_outputs_of_a_lock_are_where_their_stages_run() -> None:
    files = {"m/dvc.lock": LOCK, "m/dvc.yaml": PIPELINE}
    found = outputs("m", lambda path: _encoded(files.get(path)))
    assert list(found) == ["m/work/a.pkl", "m/b", "m/each/one", "other/c", "m/d"]
    assert list(outputs("", lambda _: None)) == []
    alone = {"dvc.lock": "stages: {train: {outs: [{path: a.pkl}]}}\n"}
    assert list(outputs("", lambda path: _encoded(alone.get(path)))) == ["a.pkl"]
    assert dvc_yaml.entries("", lambda _: None) == {}
    assert artifacts_yaml.entries("", lambda _: None) == {}


@pytest.mark.parametrize("file", ["m/dvc.lock", "m/dvc.yaml"])
def test_outputs_of_a_lock_that_cannot_be_read(file: str) -> None:
    files = {"m/dvc.lock": LOCK, "m/dvc.yaml": PIPELINE, file: "{"}
    with pytest.raises(UnreadableFileError) as error:
        list(outputs("m", lambda path: _encoded(files.get(path))))
    assert error.value.path == file


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("artifacts: =\n", 1, "it is not valid YAML: DVC refuses a plain =: quote it"),
        (
            "artifacts: {<<: 7}\n",
            1,
            "it is not valid YAML: << merges only a mapping or a list of mappings",
        ),
        ("artifacts: !!omap [a: 1, a: 2]\n", 1, "it is not valid YAML: duplicate key in !!omap"),
        ("a: 1\nb: !!bool x\n", 2, "it is not valid YAML: 'x' is not true or false"),
        ("a: 1\nb: !!int x\n", 2, "it is not valid YAML: 'x' is not a whole number"),
        ("a: 1\nb: !!float x\n", 2, "it is not valid YAML: 'x' is not a number"),
        ("a: 1\nb: !!timestamp x\n", 2, "it is not valid YAML: 'x' is not a date or a time"),
        ("b:\n  - 2026-02-30\n", 2, "it is not valid YAML: '2026-02-30' is not a date or a time"),
        (f"a: 1\nb: {'1' * 6000}\n", 2, "it is not valid YAML: a number has more than 1000 digits"),
    ],
)
def test_yaml_that_dvc_refuses(content: str, line: int, message: str) -> None:
    assert _found({"dvc.yaml": content}) == (None, [Diagnostic(message, "dvc.yaml", line)])


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("7\n", 1, "the file must be a mapping, not a number"),
        ("# x\nartifacts: [a]\n", 2, "artifacts must be a mapping, not a list"),
        ("artifacts:\n  churn: text\n", 2, "artifacts.churn must be a mapping, not a string"),
        (
            "a: &a {x: 1}\nartifacts: {<<: *a, <<: *a}\n",
            2,
            "it is not valid YAML: duplicate key <<: write `<<: [*a, *b]`",
        ),
        (
            "artifacts: {? {a: 1} : b}\n",
            1,
            "it is not valid YAML: a key can't be a mapping or a set",
        ),
    ],
)
def test_a_file_of_another_shape(content: str, line: int | None, message: str) -> None:
    assert _found({"dvc.yaml": content}) == (None, [Diagnostic(message, "dvc.yaml", line)])


def test_keys_that_json_cannot_tell_apart_are_named() -> None:
    files = {"dvc.yaml": "artifacts:\n  churn:\n    path: a\n    meta: {1: x, '1': y}\n"}
    annotation, (diagnostic,) = _found(files)
    assert annotation is not None
    assert annotation.meta == {1: "x", "1": "y"}
    assert (diagnostic.severity, diagnostic.line) == (Severity.WARNING, 4)
    assert diagnostic.message == (
        "artifacts.churn.meta has keys that are '1' in JSON: the last one is used"
    )


def test_a_field_without_effect_changes_nothing() -> None:
    files = {"dvc.yaml": "artifacts:\n  churn:\n    path: a\n    pth: b\n"}
    known = "known are path, type, desc, labels, meta"
    diagnostic = Diagnostic(
        f"artifacts.churn.pth has no effect: {known}", "dvc.yaml", 4, Severity.WARNING
    )
    assert _found(files) == (Annotation("dvc.yaml", "a"), [diagnostic])


def test_the_name_of_an_entry_may_be_a_reference() -> None:
    entries = "artifacts: {other: {path: a}, '${n}': {path: b}, '${m}': {path: c}}\n"
    files = {"dvc.yaml": f"vars: [{{n: churn, m: x}}]\n{entries}"}
    assert _found(files) == (Annotation("dvc.yaml", "b"), [])
    assert _found(files, "x") == (Annotation("dvc.yaml", "c"), [])
    assert _found(files, "y") == (None, [])


@pytest.mark.parametrize("text", ["a\n${x}\nb ${x} c", "${x}\n", "\n\n${x}}", "${x} ${x}\n${x}"])
def test_references_on_many_lines(text: str) -> None:
    assert resolve(text, {"x": "1"}) == text.replace("${x}", "1")
