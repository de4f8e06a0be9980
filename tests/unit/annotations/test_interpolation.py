from __future__ import annotations

import pytest

from gto_action.annotations.find import find_annotation
from gto_action.annotations.interpolation import InterpolationError, resolve
from gto_action.annotations.python_parameters import parse

PARAMETERS: dict[str, object] = {
    "name": "churn",
    "on": True,
    "lr": 0.5,
    "none": None,
    "deep": {"list": [1, {"x": "y"}], "key with space": "s"},
}
RESOLVED = {
    "${name}": "churn",
    "a/${name}.pkl": "a/churn.pkl",
    "${name}${name}": "churnchurn",
    "${on}": True,
    "is ${on}": "is true",
    "${lr}": 0.5,
    "lr ${lr}": "lr 0.5",
    "${none}": None,
    "${deep.list[0]}": 1,
    "${deep.list.1.x}": "y",
    "${deep[list][1][x]}": "y",
    "${deep.list[-1].x}": "y",
    "${ name }": "churn",
    "${deep.key with space}": "s",
    r"\${name}": "${name}",
    r"\${name} ${name}": "${name} churn",
    "$name {name} $": "$name {name} $",
    "${deep}": {"list": [1, {"x": "y"}], "key with space": "s"},
    "${name": "${name",
}
REFUSED = (
    *("${}", "${missing}", "${name.x}", "${deep.list[2]}", "${deep.list.x}", "${deep..list}"),
    *("${.name}", "${deep[}", "${deep]}", "a ${deep}", "${${name}}"),
)


@pytest.mark.parametrize("text", RESOLVED)
def test_a_reference_is_replaced_by_its_value(text: str) -> None:
    assert resolve(text, PARAMETERS) == RESOLVED[text]


@pytest.mark.parametrize("text", REFUSED)
def test_a_reference_to_nothing_is_refused(text: str) -> None:
    with pytest.raises(InterpolationError):
        resolve(text, PARAMETERS)


def test_keys_and_members_are_resolved_and_what_they_become_is_not() -> None:
    parameters = {"a": "${b}", "b": "c"}
    value = {"${b}": ["${a}", {"x": "${b}"}], "n": 1}
    assert resolve(value, parameters) == {"c": ["${b}", {"x": "c"}], "n": 1}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("values.yaml", "directory: models\n"),
        ("values.json", '{"directory": "models"}'),
        ("values.toml", 'directory = "models"\n'),
        ("values.py", "import os\ndirectory = 'models'\nother = os.getcwd()\n"),
        ("values.yaml:directory", "directory: models\nname: twice\n"),
        ("../values.yaml", "directory: models\n"),
    ],
)
def test_vars_may_name_files_of_every_kind(file: str, content: str) -> None:
    dvc = (
        f"vars: [{file}, {{name: churn}}]\nartifacts: {{m: {{path: '${{directory}}/${{name}}'}}}}\n"
    )
    path = "sub/" + file.partition(":")[0]
    files = {"sub/dvc.yaml": dvc, path.replace("sub/../", ""): content}
    annotation, diagnostics = find_annotation(
        "sub:m", {name: text.encode() for name, text in files.items()}.get
    )
    assert diagnostics == ()
    assert annotation is not None
    assert annotation.path == "sub/models/churn"


@pytest.mark.parametrize(
    ("names", "loaded"),
    [
        ("p.yaml, p.yaml", True),
        ("p.yaml, ./p.yaml", True),
        ("p.yaml, sub/../p.yaml", True),
        ("p.yaml, params.yaml", True),
        ("'p.yaml:a', 'p.yaml:b'", True),
        ("'p.yaml:a,b', 'p.yaml:a'", False),
        ("p.yaml, 'p.yaml:a'", False),
        ("'p.yaml:a', p.yaml", False),
        ("p.yaml, 'params.yaml:c'", False),
    ],
)
def test_a_file_of_parameters_may_be_named_twice_but_no_key(names: str, loaded: bool) -> None:
    dvc = f"vars: [{names}]\nartifacts: {{m: {{path: '${{a}}/${{b}}/${{c}}'}}}}\n"
    files = {"dvc.yaml": dvc, "p.yaml": "a: x\nb: y\n", "params.yaml": "c: z\n"}
    annotation, diagnostics = find_annotation(
        "m", {name: text.encode() for name, text in files.items()}.get
    )
    messages = [diagnostic.message for diagnostic in diagnostics]
    if loaded:
        assert annotation is not None
        assert (annotation.path, messages) == ("x/y/z", [])
    else:
        twice = "params.yaml" if "params.yaml" in names else "p.yaml"
        assert (annotation, messages) == (None, [f"vars loads {twice} twice"])


def test_a_parameter_whose_key_is_not_a_string_is_ignored() -> None:
    dvc = b"vars: [{7: x, deep: {8: y, name: b}}]\nartifacts: {m: {path: '${a}/${deep.name}'}}\n"
    files = {"dvc.yaml": dvc, "params.yaml": b"7: z\nnull: z\na: a\ndeep: {8: z}\n"}
    annotation, diagnostics = find_annotation("m", files.get)
    assert annotation is not None
    assert (annotation.path, diagnostics) == ("a/b", ())


def test_parameters_of_python_are_its_literals() -> None:
    source = b"""
rate: float = 0.1
class Train:
    depth = 3
    def __init__(self):
        self.sizes = [1, 2]
        local = 4
        self.called = open("x")
a = b = 1
"""
    assert parse(source) == {"rate": 0.1, "Train": {"depth": 3, "sizes": [1, 2]}}
