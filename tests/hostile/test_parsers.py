"""Laws of what reads, and of what writes, for any input at all."""

from __future__ import annotations

import io
import json
import posixpath
from collections.abc import Callable
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from demo.registry import git_environment
from gto_action.annotations.find import find_annotation
from gto_action.asked import read_ref
from gto_action.errors import UnreadableRepositoryError
from gto_action.git.files import ObjectReader
from gto_action.git.people import read_person, read_signature
from gto_action.git.repository import Repository
from gto_action.git.tags import tags_in
from gto_action.registry.events import Tag, iso8601
from gto_action.registry.tagname import parse_tag_name
from gto_action.report.outputs import plain

SHA = "1" * 40


def _answer(ref: str, kind: str, content: bytes) -> bytes:
    head = f"{SHA} {kind} {len(content)} refs/tags/{ref}\n".encode()
    return head + content + b"\n"


def _tag(name: str, body: bytes) -> bytes:
    return f"object {SHA}\ntype commit\ntag {name}\n".encode() + body


def _read(stream: bytes) -> list[Tag]:
    reader = ObjectReader(Repository("/", git_environment()))
    return list(tags_in(io.BytesIO(stream), reader))


BODY = st.binary() | st.builds(
    "tagger {} {} {}\n\n{}".format,
    st.sampled_from(("A <a@b>", "<>", "A", "A <a>b <c>", "")),
    st.integers() | st.text(),
    st.text(),
    st.text(),
).map(lambda text: text.encode(errors="replace"))


@given(st.lists(BODY))
def test_whatever_a_tag_holds_the_next_one_is_read(bodies: list[bytes]) -> None:
    names = [f"a@v{number}.0.0" for number in range(len(bodies))]
    stream = b"".join(
        _answer(name, "tag", _tag(name, body)) for name, body in zip(names, bodies, strict=True)
    )
    assert [tag.name for tag in _read(stream)] == names


@given(st.binary())
def test_what_is_no_answer_of_gits_is_an_error_or_nothing(stream: bytes) -> None:
    with suppress(UnreadableRepositoryError):
        _read(stream)


@given(st.text())
def test_any_ref_is_read(ref: str) -> None:
    asked = read_ref(ref)
    assert bool(asked.reason) == (asked.parts is None)
    if asked.parts:
        assert parse_tag_name(str(asked.parts)) is not None


@given(st.binary())
def test_any_header_is_a_person_and_a_time(header: bytes) -> None:
    signature = read_signature(header)
    assert iso8601(signature.time, signature.offset)
    assert read_person(header)[0] == read_person(header)[0]


_NAMES = st.sampled_from(("dvc.yaml", "artifacts.yaml", "params.yaml", "a/dvc.yaml"))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("${a.b}"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("churn"), inner),
    max_leaves=20,
)


@given(st.dictionaries(_NAMES, st.binary() | _VALUES.map(lambda one: json.dumps(one).encode())))
def test_any_files_give_an_annotation_or_a_reason(files: dict[str, bytes]) -> None:
    for name in ("churn", "a:churn"):
        annotation, findings = find_annotation(name, _get(files))
        assert all(one.file in files and one.message for one in findings)
        if annotation:
            json.dumps(plain(annotation.meta), allow_nan=False)
            path = annotation.path
            inside = not path.startswith(("/", "..")) and posixpath.normpath(path) == path
            assert not path or "://" in path or inside


def _get(files: dict[str, bytes]) -> Callable[[str], bytes | None]:
    return files.get
