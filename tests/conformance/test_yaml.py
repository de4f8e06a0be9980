"""We read a YAML file with the same value as DVC 3.67.1, which uses ruamel.yaml, or both refuse it.

Surrogates are the exception: DVC keeps them in strings, we join pairs and replace single ones.
"""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml
from hypothesis import given, reject, settings

from gto_action.annotations.find import find_annotation
from gto_action.annotations.yaml12 import read_yaml
from gto_action.diagnostics import Severity
from gto_action.errors import UnreadableFileError
from tests.conformance.yaml_documents import documents

pytestmark = [
    pytest.mark.filterwarnings(f"ignore::ruamel.yaml.error.{warning}")
    for warning in ("ReusedAnchorWarning", "MantissaNoDotYAML1_1Warning")
]

REFUSED = "refused"
FAILURES_OF_DVC = (ValueError, TypeError, LookupError, AttributeError, AssertionError)

READ = {
    "a merge of a merging mapping": (
        "x: {c: &c {<<: &b {<<: &a {desc: a}, desc: b}, z: 1}}\nb: *b\nc: {<<: *c}\n"
    ),
    "a chain of merges": (
        "a: &a {desc: a, k: a}\nx: {b: &b {<<: *a, desc: b}}\nc: {<<: *b, desc: c}\n"
    ),
    "a merge between own keys": "a: &a {x: 1, y: 2}\nb: {z: 1, <<: *a, y: 3}\n",
    "a merge of a list": "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\n",
    "a merge of an aliased list": "a: &a [{x: 1}, {x: 2, y: 3}]\nb: {<<: *a}\n",
    "a merge beside a duplicate": "a: &a {x: 1}\nb: {<<: *a, y: 2, y: 3}\n",
    "an empty merge before another": "a: {<<: {}, <<: {x: 1}}\n",
    "a quoted <<": "a: {'<<': {x: 1}}\n",
    "a merge into equal keys": "a: &a {1: a}\nb: {<<: *a, true: b}\n",
    "an anchor again": "a: &x 1\nb: *x\nc: &x 2\nd: *x\n",
    "an anchor again of a mapping": "a: &x {p: 1}\nb: {<<: *x}\nc: &x {q: 2}\nd: {<<: *x}\n",
    "an anchor again within its own value": "a: &x [1, &x 2]\nb: *x\n",
    "an emoji of JSON": 'a: "\\ud83d\\ude00"\n',
    "an emoji of JSON in a key": '{"\\uD83D\\uDE00": ["\\ud83d\\ude00", x]}\n',
    "an emoji of eight digits": 'a: "\\U0000d83d\\U0000de00"\n',
    "an emoji on two lines": 'a: "\\ud83d\\\r\n   \\ude00"\nb: "\\ud83d\\\n\n \\ude00"\n',
    "half an emoji": 'a: "\\ud83d x \\ude00"\n',
    "two halves in the wrong order": 'a: "\\ude00\\ud83d\\ud83d\\ude00"\n',
    "a backslash before a surrogate": 'a: "\\\\ud83d\\\\\\ud83d\\ude00"\n',
    "surrogates that are not escapes": (
        'a: \\ud83d\\ude00\nb: \'\\ud83d\'\nc: |\n  "\\ud83d"\nd: "\\ud83d" # "\\ud83d\n'
    ),
    "emoji before an emoji": (
        '\ufeffé😀: ["😀é", "\\ud83d\\ude00", \'\\ud83d\']\r\nb: "\\ud83d"\r\n'
    ),
    "a key that is a list": "? [a, b]\n: 1\n",
    "a = as a key": "=: 1\n",
    "a quoted =": "a: '='\n",
    "an ordered mapping": "a: !!omap [x: 1, y: 2]\n",
    "pairs": "a: !!pairs [x: 1, x: 2]\n",
    "a set": "a: !!set {x, y}\n",
    "bytes": "a: !!binary aGk=\n",
    "booleans of a tag": "a: [!!bool y, !!bool N, !!bool On]\n",
    "the tag !": "a: [! 12, ! '12', ! x, ! [1], ! {x: 1}]\nb: !\nc: [! '']\n",
    "an exact time zone": "a: [2020-01-01 10:00:00 +05:30, 2020-01-01T10:00:00.5-3]\n",
    "fractions of a microsecond": (
        "- 2020-12-31 23:59:59.9999995\n- 2020-01-01 10:00:00.1234564 +01:00\n"
        "- 2020-01-01T10:00:00.1234567Z\n- 2020-01-01 10:00:00.12\n"
    ),
    "a time zone without a colon": "a: 2020-01-01 10:00:00 +0530\n",
    "carriage returns": 'a: |\r  x\r  y\rb: "x\r  y"\r',
    "a byte order mark": "\ufeff# comment\na: 1\n",
    "a byte order mark and a directive": "\ufeff%YAML 1.2\n---\na: on\n",
    "the end of a document": "--- # comment\na: 1\n...\n",
    "version 1.1": (
        "%YAML 1.1\n---\n[on, y, N, Yes, 010, 08, 0o10, 1:30, 1:30.5, 1e3, 1.e5, 1e-3, -.5, .5,"
        " +1, 0b1, 1_0, 00, -010, 0x1F, .5e3, .5e+3, .inf, 190:20:30, 1:60, ~, !!float 1:30]\n"
    ),
    "an empty document": "---\n",
}
"""Files that DVC reads, by what is in them."""

BOTH_REFUSE = {
    "two merges": ("a: &a {x: 1}\nb: {x: 1}\nc:\n  <<: *a\n  <<: *a\n", 5),
    "a plain =": ("a: 1\nb: =\n", 2),
    "1 and true": ("a:\n  1: x\n  true: y\n", 3),
    "1 and 1.0": ("1: x\n1.0: y\n", 2),
    "1 and 0x1": ("1: x\n0x1: y\n", 2),
    "two forms of null": ("~: x\nnull: y\n", 2),
    "a duplicate key": ("a: 1\n'a': 2\n", 2),
    "a duplicate key in a merged mapping": ("a: &a {x: 1,\n  x: 2}\nb: {<<: *a}\n", 2),
    "a merge of a text": ("a: 1\nb: {<<: x}\n", 2),
    "a merge of a list of texts": ("a: 1\nb: {<<: [x]}\n", 2),
    "a merge of nothing": ("a: 1\nb:\n  <<:\n", 3),
    "a mapping as a key": ("a: 1\n? {b: 1}\n: 2\n", 2),
    "an alias of nothing": ("a: 1\nb: *x\n", 2),
    "an alias before its anchor": ("a: *x\nb: &x 1\n", 1),
    "a base of 60": ("a: !!float 1:30\n", 1),
    "a duplicate key of an ordered mapping": ("a: !!omap [x: 1, x: 2]\n", 1),
    "two documents": ("a: 1\n---\nb: 1\n", 2),
    "no UTF-8": ("a: 1\nb: \udcff\n", 2),
}
"""Files that DVC refuses, and the line of our error."""


@pytest.mark.parametrize("case", READ)
def test_yaml_that_dvc_reads_is_read(case: str) -> None:
    content = READ[case].encode()
    assert _read_by_dvc(content) == _read(content) != REFUSED


@pytest.mark.parametrize("case", BOTH_REFUSE)
def test_files_that_dvc_refuses_are_refused_with_the_same_line(case: str) -> None:
    text, line = BOTH_REFUSE[case]
    content = text.encode(errors="surrogateescape")
    assert _read_by_dvc(content) == REFUSED
    with pytest.raises(UnreadableFileError) as raised:
        read_yaml("dvc.yaml", content)
    assert raised.value.line == line


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("dvc.yaml", b"x: &x {type: a}\nartifacts:\n  churn: {<<: *x, path: a,\n    path: b}\n"),
        ("artifacts.yaml", b"x: &x {type: a}\nchurn:\n  {<<: *x, path: a,\n    path: b}\n"),
    ],
)
def test_a_value_that_dvc_ignores_beside_a_merge_is_a_warning(file: str, content: bytes) -> None:
    annotation, (diagnostic,) = find_annotation("churn", {file: content}.get)
    assert annotation is not None
    assert (annotation.path, annotation.type) == ("b", "a")
    assert (diagnostic.file, diagnostic.line, diagnostic.severity) == (file, 4, Severity.ERROR)
    assert "duplicate key path" in diagnostic.message


def test_a_merged_field_of_the_wrong_type_is_reported_at_its_anchor() -> None:
    content = b"x: &x\n  type: [a]\nartifacts:\n  churn: {<<: *x, path: a}\n"
    annotation, (diagnostic,) = find_annotation("churn", {"dvc.yaml": content}.get)
    assert (annotation, diagnostic.line) == (None, 2)


@pytest.mark.parametrize(
    "examples",
    [pytest.param(200, id="few"), pytest.param(20_000, id="many", marks=pytest.mark.long)],
)
def test_generated_documents(examples: int) -> None:
    @settings(max_examples=examples)
    @given(documents())
    def compare(text: str) -> None:
        content = text.encode()
        assert _read(content) == _read_by_dvc(content)

    compare()


def _read(content: bytes) -> object:
    """Return what we read in a form that compares types and order too, or REFUSED."""
    try:
        value = read_yaml("dvc.yaml", content).value
    except UnreadableFileError:
        return REFUSED
    json.dumps(_comparable(value), ensure_ascii=False).encode()
    return _comparable(value or {})


def _read_by_dvc(content: bytes) -> object:
    """Return what DVC reads of a file, as ``_read`` does."""
    try:
        value = parse_yaml(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8").read(), "f")
    except (YAMLFileCorruptedError, *FAILURES_OF_DVC):
        return REFUSED
    return _comparable(value)


def _comparable(value: object) -> object:
    match value:
        case dict():
            entries = [(_comparable(key), _comparable(member)) for key, member in value.items()]
            if len({repr(key) for key, _ in entries}) < len(entries):
                reject()  # keys that only DVC distinguishes, by their surrogates
            return entries
        case list() | tuple():
            return [type(value).__name__, *map(_comparable, value)]
        case set():
            return ["set", *sorted(map(repr, map(_comparable, value)))]
        case str():
            # joins the pairs of surrogates and replaces others
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case date():
            return ["date", value.isoformat()]
        case _:
            return [type(value).__name__, repr(value)]
