"""Files that are made to hurt: refused in a sentence, at once."""

from __future__ import annotations

import re

import pytest

from gto_action.annotations.find import find_annotation

_NINES = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
_NINE_MERGES = "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 10)
)
PARAMETERS = f"big: {'x' * 300_000}\nlist: [[1, 2], x]\ndeep: {{a: b}}\n".encode()
REFUSED = {
    "nested flow": "artifacts: " + "[" * 100_000,
    "nested blocks": "".join(" " * level + "a:\n" for level in range(2000)),
    "nested dashes": "- " * 100_000,
    "aliases of aliases": f"a0: &a0 [x, x, x, x, x, x, x, x, x]\n{_NINES}",
    "merges of merges": f"a0: &a0 {{x: 1}}\n{_NINE_MERGES}",
    "nested flow after a surrogate": 'a: ["\\ud83d\\ude00", ' + "[" * 100_000,
    "an alias of itself": "artifacts: &a {churn: *a}\n",
    "a number of 5,000 digits": "a: " + "9" * 5000,
    "no text": "a: \x00",
    "references without an end": "artifacts: {churn: {path: a, desc: '" + "${" * 200_000 + "}'}}",
    "a long reference": "artifacts: {churn: {path: '${a" + " " * 200_000 + "!.}'}}\n",
    "more than a million": "artifacts: {churn: {path: a, meta: ['" + "${big}" * 9 + "']}}\n",
    "a reference of many ways to read it": "artifacts: {churn: {path: '${a"
    + ".  " * 60
    + "[}'}}\n",
    "a number of 5,000 hexadecimal digits": "a: 0x" + "f" * 5000,
    "an empty number": "artifacts: {churn: {path: a, meta: !!float ''}}\n",
    "no boolean": "artifacts: {churn: {path: a, meta: !!bool x}}\n",
    "no time": "artifacts: {churn: {path: a, meta: !!timestamp x}}\n",
    "a set of a list": "artifacts: {churn: {path: a, meta: !!set [a]}}\n",
    "parameters outside": "vars: [../x.yaml]\nartifacts: {churn: {path: '${a}'}}\n",
    "a key that is a list": "artifacts: {churn: {path: a, meta: {'${list}': 1}}}\n",
    "a key that is a mapping": "artifacts: {'${deep}': {path: a}, churn: {path: '${none}'}}\n",
    "a label that is a list": "artifacts: {churn: {path: a, labels: ['${list}']}}\n",
    "a path that is a mapping": "artifacts: {churn: {path: '${deep}'}}\n",
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_one_line(case: str) -> None:
    files = {"dvc.yaml": REFUSED[case].encode(), "params.yaml": PARAMETERS}
    annotation, diagnostics = find_annotation("churn", files.get)
    assert annotation is None
    assert [diagnostic.file for diagnostic in diagnostics] == ["dvc.yaml"]
    assert "\n" not in diagnostics[0].message
    assert len(diagnostics[0].message) < 400


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.json", "[" * 100_000),
        ("deep.json", '{"a": ' + "[" * 900 + "]" * 900 + "}"),
        ("deep.py", "a = " + "[" * 5000 + "]" * 5000),
        ("list.json", "[]"),
        ("none.toml", "a ="),
    ],
)
def test_so_are_parameters(name: str, content: str) -> None:
    dvc = f"vars: [{name}]\nartifacts: {{churn: {{path: '${{a}}'}}}}\n"
    annotation, diagnostics = find_annotation(
        "churn", {"dvc.yaml": dvc.encode(), name: content.encode()}.get
    )
    assert (annotation, [diagnostic.file for diagnostic in diagnostics]) == (None, [name])


def test_references_that_are_not_closed_are_text() -> None:
    content = "artifacts: {churn: {path: a, desc: '" + "${" * 200_000 + "'}}\n"
    annotation, diagnostics = find_annotation("churn", {"dvc.yaml": content.encode()}.get)
    assert diagnostics == ()
    assert annotation is not None
    assert annotation.description == "${" * 200_000


@pytest.mark.parametrize(
    ("file", "content", "stderr"),
    [
        ("p.toml", b"a." * 20_000 + b"b = 1", "a key has more than 100 parts"),
        ("p.toml", b"[" + b"a." * 20_000 + b"b]", "a key has more than 100 parts"),
        ("p.toml", b"a = ", "it is not valid toml: .+"),
        ("p.py", b"(" * 1000, "it is not valid py: .+"),
    ],
)
def test_parameters_that_are_refused(file: str, content: bytes, stderr: str) -> None:
    dvc = f"vars: [{file}]\nartifacts: {{churn: {{path: '${{a}}'}}}}\n".encode()
    files = {"dvc.yaml": dvc, file: content}
    annotation, (diagnostic,) = find_annotation("churn", files.get)
    assert annotation is None
    assert re.fullmatch(stderr, diagnostic.message, re.DOTALL)


def test_python_parameters_that_no_program_could_have() -> None:
    dvc = b"vars: [p.py]\nartifacts: {churn: {path: '${A}'}}\n"
    files = {"dvc.yaml": dvc, "p.py": b"X = {[1]: 2}\nY = {[1]}\nA = 'a.pkl'\n"}
    annotation, diagnostics = find_annotation("churn", files.get)
    assert annotation is not None
    assert (annotation.path, diagnostics) == ("a.pkl", ())


def test_thousands_of_files_of_parameters_are_refused() -> None:
    dvc = f"vars: {['p.yaml:k'] * 2000}\nartifacts: {{churn: {{path: '${{a}}'}}}}\n".encode()
    annotation, (diagnostic,) = find_annotation("churn", {"dvc.yaml": dvc, "p.yaml": b"k: 1"}.get)
    assert (annotation, diagnostic.message) == (None, "vars has more than 1000 entries")
