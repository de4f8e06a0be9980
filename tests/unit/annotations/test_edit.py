"""The readers read what was written into a file of annotations, and the rest of it stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.annotations.edit import Value, remove_entry, set_fields
from gto_action.annotations.yaml12 import read_yaml
from gto_action.diagnostics import Diagnostic
from gto_action.errors import UnreadableFileError

BEFORE = """\
# the models of the shop

old:      # kept
    path: 'x.pkl'   # quoted
    labels:
    - one           # first

    - "two"
# about the next one
last: {path: y.pkl, labels: [a]}   # in braces

# the end
"""


@pytest.mark.parametrize(
    ("keys", "fields", "added"),
    [
        (("new",), {"path": "n.pkl"}, {"last: {": ["new:", "  path: n.pkl"]}),
        (("old",), {"type": "model"}, {'- "two"': ["    type: model"]}),
        (("old",), {"labels": ["two", "three"]}, {'- "two"': ["    - three"]}),
    ],
)
def test_lines_are_added_and_no_other_line_changes(
    keys: tuple[str, ...], fields: dict[str, Value], added: dict[str, list[str]]
) -> None:
    after = set_fields("artifacts.yaml", BEFORE.encode(), keys, fields).decode()
    expected = []
    for line in BEFORE.splitlines():
        expected.append(line)
        for beginning, lines in added.items():
            expected += lines if line.strip().startswith(beginning) else []
    assert after.splitlines() == expected


@pytest.mark.parametrize(
    ("fields", "old", "new"),
    [
        ({"path": "z.pkl"}, "path: 'x.pkl'   # quoted", "path: z.pkl   # quoted"),
        ({"path": "no"}, "path: 'x.pkl'   # quoted", 'path: "no"   # quoted'),
    ],
)
def test_a_value_is_replaced_and_its_comment_stays(
    fields: dict[str, Value], old: str, new: str
) -> None:
    after = set_fields("artifacts.yaml", BEFORE.encode(), ["old"], fields).decode()
    assert after == BEFORE.replace(old, new)


@pytest.mark.parametrize(
    ("before", "keys", "fields", "after"),
    [
        ("", ["a"], {"path": "x"}, "a:\n  path: x\n"),
        ("# only a comment", ["a"], {"path": "x"}, "# only a comment\na:\n  path: x\n"),
        ("{}\n", ["a"], {"path": "x"}, "a:\n  path: x\n"),
        ("a: {path: x}", ["a"], {"type": "t"}, "a: {path: x, type: t}"),
        ("{a: {path: x}}", ["b"], {"path": "z"}, "{a: {path: x}, b: {path: z}}"),
        ("a:\nb: {}\n", ["a"], {"path": "x"}, "a:\n  path: x\nb: {}\n"),
        ("{a: {}, b: {}}\n", ["a"], {"path": "x"}, "{a: {path: x}, b: {}}\n"),
        ("{a: , b: {}}\n", ["a"], {"path": "x"}, "{a: {path: x} , b: {}}\n"),
        ("{b: {c: null}}\n", ["b", "c"], {"path": "x"}, "{b: {c: {path: x}}}\n"),
        ("a: null  # none\nb: {}\n", ["a"], {"path": "x"}, "a:   # none\n  path: x\nb: {}\n"),
        ("a: {}  # none\n", ["a"], {"path": "x"}, "a:   # none\n  path: x\n"),
        ("a:\n  path:\n  type: t\n", ["a"], {"path": "x"}, "a:\n  path: x\n  type: t\n"),
        ("a:\n  path:\n    x\n", ["a"], {"path": "z"}, "a:\n  path: z\n"),
        ("a:\r\n  path: x\r\n", ["a"], {"type": "t"}, "a:\r\n  path: x\r\n  type: t\r\n"),
        ("\ufeffa:\n  path: x\n", ["a"], {"type": "t"}, "\ufeffa:\n  path: x\n  type: t\n"),
        (
            "a:\n  description: |\n    long\n\nb: {}\n",
            ["a"],
            {"path": "x"},
            "a:\n  description: |\n    long\n  path: x\n\nb: {}\n",
        ),
        (
            "stages: {}\nartifacts:\n",
            ["artifacts", "a"],
            {"path": "x"},
            "stages: {}\nartifacts:\n  a:\n    path: x\n",
        ),
        (
            "stages: {}\n",
            ["artifacts", "a"],
            {"path": "x"},
            "stages: {}\nartifacts:\n  a:\n    path: x\n",
        ),
        (
            "a:\n  d:   # why\n    long\n    text\n  type: y\n",
            ["a"],
            {"d": "short"},
            "a:\n  d: short   # why\n  type: y\n",
        ),
        (
            "a:\n  d: | # why\n    long\n\n  # of type\n  type: y\n",
            ["a"],
            {"d": "short"},
            "a:\n  d: short # why\n\n  # of type\n  type: y\n",
        ),
        (
            "a:\n  d: >-\n    long\n\n# of b\nb: {}\n",
            ["a"],
            {"d": "short"},
            "a:\n  d: short\n\n# of b\nb: {}\n",
        ),
        ("a:\n  labels: null\n", ["a"], {"labels": ["x"]}, "a:\n  labels: [x]\n"),
        ("a:\n  labels: []\n", ["a"], {"labels": ["x"]}, "a:\n  labels: [x]\n"),
        ("a:\n  labels: [x]\n", ["a"], {"labels": ["x"]}, "a:\n  labels: [x]\n"),
        ("a:\n  custom: {b: 1}\n", ["a"], {"custom": {"c": [2]}}, "a:\n  custom: {c: [2]}\n"),
        ("a:\n  custom:\n    b: 1\n", ["a"], {"custom": None}, "a:\n  custom: null\n"),
    ],
)
def test_every_form_of_a_file_is_changed(
    before: str, keys: list[str], fields: dict[str, Value], after: str
) -> None:
    assert set_fields("f", before.encode(), keys, fields).decode() == after


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        ("a: {}\n# of b\nb: {}\n", ["a"], "# of b\nb: {}\n"),
        ("# of a\na:\n  path: x  # c\n\n# of b\nb: {}\n", ["a"], "# of a\n\n# of b\nb: {}\n"),
        ("b: {}\na:\n  path: x", ["a"], "b: {}\n"),
        ("a:\n  path: x\n", ["a"], "{}\n"),
        ("a:\nb: {}\n", ["a"], "b: {}\n"),
        ("{a: {}, b: {}}\n", ["a"], "{b: {}}\n"),
        ("{a: {}, b: {}}\n", ["b"], "{a: {}}\n"),
        ("artifacts:  # all\n  a:\n    path: x\n", ["artifacts", "a"], "artifacts: {}  # all\n"),
        ("a:\n  d: |\n    x\n\n# of b\nb: {}\n", ["a"], "\n# of b\nb: {}\n"),
    ],
)
def test_an_entry_is_removed_alone(before: str, keys: list[str], after: str) -> None:
    assert remove_entry("f", before.encode(), keys).decode() == after


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: [", "not valid YAML"),
        (b"\xff", "not valid utf-8"),
        (b"a: {}\na: {}\n", "duplicate key"),
        (b"b: &b {path: x}\na: *b\n", "line 2: a is an alias of another place"),
        (b"a: text\n", "line 1: it is not a mapping"),
        (b"[]\n", "line 1: it is not a mapping"),
        (b"a:\n  labels: text\n", "line 2: it is not a list"),
        (b"a:\n  labels: {}\n", "line 2: it is not a list"),
    ],
)
def test_what_cannot_be_changed_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        set_fields("f", content, ["a"], {"path": "y", "labels": ["x"]})
    assert reason in Diagnostic.of(refused.value).located


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(value=VALUES, text=TEXTS, labels=st.lists(TEXTS, max_size=3, unique=True))
def test_what_is_written_is_what_is_read(value: Value, text: str, labels: list[str]) -> None:
    fields: dict[str, Value] = {"description": text, "labels": labels, "custom": value}
    for before in (BEFORE, "", "{old: {path: x}}\n"):
        after = set_fields("f", before.encode(), ["old"], fields)
        found = read_yaml("f", after).value
        assert isinstance(found, dict)
        assert found["old"]["description"] == text
        assert found["old"]["custom"] == value
        assert set(labels) <= set(found["old"]["labels"])
        earlier = read_yaml("f", before.encode()).value
        assert not isinstance(earlier, dict) or found.get("last") == earlier.get("last")


@pytest.mark.parametrize(
    ("before", "keys", "fields", "after"),
    [
        ("{}\n", ["b"], {"path": "z"}, "b:\n  path: z\n"),
        ("null\n", ["b"], {"path": "z"}, "b:\n  path: z\n"),
        ("# c\n{}  # d\n", ["b"], {"path": "z"}, "# c\nb:\n  path: z\n  # d\n"),
        ("a: null\n", ["a"], {"path": "z"}, "a:\n  path: z\n"),
        ("a: {} # c\n", ["a"], {"path": "z"}, "a:  # c\n  path: z\n"),
        (
            "a:\n  description: |+\n    x\n\nb: {path: y}\n",
            ["a"],
            {"type": "t"},
            "a:\n  description: |+\n    x\n\n  type: t\nb: {path: y}\n",
        ),
    ],
)
def test_no_empty_line_is_left_or_taken(
    before: str, keys: list[str], fields: dict[str, Value], after: str
) -> None:
    assert set_fields("artifacts.yaml", before.encode(), keys, fields).decode() == after
