"""The properties that are fuzzed hold of where fuzzing begins, and of what it has found."""

from __future__ import annotations

import pytest

from testkit.fuzz_targets import SEEDS, TARGETS

FOUND = (
    ("tag_reader", b"\0\xbc\xbctagger!A > 1767225600 +0100\nemss\nage\n"),
    ("tag_reader", b"\1tagger A <a@b> 1 +0000\n\nx 1 -5 refs/tags/a\n"),
    ("annotation_readers", b"vars: ['p.t\r\r\noml:x']\nartifacts: {churn: {path: '${x}'}}"),
    ("annotation_readers", b'vars: ["p.t\\n\\noml:x"]\nartifacts: {churn: {path: "${x}"}}'),
    ("tag_reader", b"\0" + b"tagger A <a@b> " + b"9" * 5000 + b" +0000\n\n"),
)
CASES = (*((name, seed) for name, seeds in SEEDS.items() for seed in seeds), *FOUND)


@pytest.mark.parametrize(("target", "data"), CASES)
def test_a_property_of(target: str, data: bytes) -> None:
    TARGETS[target](data)
    TARGETS[target](b"")
