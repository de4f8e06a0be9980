"""Laws of what reads, and of what writes, for any input at all."""

from __future__ import annotations

import io
import json
import posixpath
from contextlib import suppress

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from gto_action.annotations import Annotation
from gto_action.annotations.find import find_annotation
from gto_action.errors import UnreadableRepositoryError
from gto_action.git.objects import ObjectReader
from gto_action.git.runner import GitRunner
from gto_action.git.signatures import read_person, read_signature
from gto_action.git.tags import tags_in
from gto_action.registry.events import Tag, iso8601
from gto_action.registry.references import read_ref
from gto_action.registry.tag_names import parse_tag_name
from gto_action.util.json_values import plain
from testkit.repositories import git_environment

SHA = "1" * 40


def _answer(ref: str, kind: str, content: bytes) -> bytes:
    head = f"{SHA} {kind} {len(content)} refs/tags/{ref}\n".encode()
    return head + content + b"\n"


def _tag(name: str, body: bytes) -> bytes:
    return f"object {SHA}\ntype commit\ntag {name}\n".encode() + body


def _read(stream: bytes) -> list[Tag]:
    reader = ObjectReader(GitRunner("/", git_environment()))
    return list(tags_in(io.BytesIO(stream), reader))


BODY = st.binary() | st.builds(
    "tagger {} {} {}\n\n{}".format,
    st.sampled_from(("A <a@b>", "<>", "A", "A <a>b <c>", "")),
    st.integers() | st.text(),
    st.text(),
    st.text(),
).map(lambda text: text.encode(errors="replace"))


@given(st.lists(BODY))
def test_a_tag_is_read_after_any_other_tag(bodies: list[bytes]) -> None:
    names = [f"a@v{number}.0.0" for number in range(len(bodies))]
    stream = b"".join(
        _answer(name, "tag", _tag(name, body)) for name, body in zip(names, bodies, strict=True)
    )
    assert [tag.name for tag in _read(stream)] == names


@given(st.binary())
def test_unexpected_output_of_git_is_an_error_or_ignored(stream: bytes) -> None:
    with suppress(UnreadableRepositoryError):
        _read(stream)


@given(st.text())
def test_any_ref_is_read(ref: str) -> None:
    requested = read_ref(ref)
    assert bool(requested.reason) == (requested.parts is None)
    if requested.parts:
        assert parse_tag_name(str(requested.parts)) is not None


@given(st.binary() | st.lists(st.sampled_from((b"<", b">", b" ", b"a", b"7", b"+"))).map(b"".join))
def test_any_header_is_a_person_and_a_time(header: bytes) -> None:
    name, email, time, offset = read_signature(header)
    assert iso8601(time, offset)
    assert "<" not in name
    assert ">" not in email
    who, end, _ = header.rpartition(b"> ")
    assert (name, email) == read_person(who if end else header)
    if b"<" not in header:
        assert (name, email) == ("", "")


@given(
    st.text(st.characters(exclude_characters="<\n", codec="utf-8")).map(str.strip)
    | st.sampled_from(("A> 7 +0100", "A > B")),
    st.text(st.characters(exclude_characters=">\n", codec="utf-8")),
    st.integers(-(10**18), 10**18),
    st.integers(-999, 999),
    st.integers(0, 59),
)
def test_a_header_is_read_as_git_writes_it(
    name: str, email: str, time: int, hours: int, minutes: int
) -> None:
    header = f"{name} <{email}> {time} {hours:+03d}{minutes:02d}".encode()
    offset = hours * 60 + (minutes if hours >= 0 else -minutes)
    assert read_signature(header) == (name, email, time, offset)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("${a.b}"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("churn"), inner),
    max_leaves=20,
)


# what an entry may hold, and at times what it may not: so that many files annotate
_PATHS = st.sampled_from(("a", "a/b.pkl", "", "../x", "/x", "s3://b/k", "x/../..", "b/../a"))
_STRINGS = st.sampled_from(("x", "y z", "${a.b}")) | st.text()
_FIELDS: dict[str, st.SearchStrategy[object]] = {
    "type": _STRINGS,
    "desc": _STRINGS,
    "description": _STRINGS,
    "labels": st.lists(_STRINGS, max_size=3),
    "virtual": _VALUES,
}


@st.composite
def _entries(draw: st.DrawFn) -> object:
    entry: dict[str, object] = {"path": draw(_PATHS | st.text())}
    for field in draw(st.lists(st.sampled_from(sorted(_FIELDS)), max_size=3)):
        entry[field] = draw(_FIELDS[field])
    if draw(st.booleans()):
        entry["meta"] = entry["custom"] = draw(_VALUES)
    match draw(st.integers(0, 9)):
        case 8:
            entry[draw(st.sampled_from(sorted(entry)) | st.text())] = draw(_VALUES)
        case 9:
            return draw(_VALUES)
        case _:
            pass
    return entry


_ARTIFACTS = st.fixed_dictionaries(
    {"churn": _entries(), "a:churn": _entries()},
    optional={"other": _VALUES, "${a.b}": _entries()},
)
_SECTION = st.fixed_dictionaries({"artifacts": _ARTIFACTS}, optional={"vars": _VALUES})
_PARAMETERS = st.fixed_dictionaries({"a": st.fixed_dictionaries({"b": _STRINGS | _VALUES})})
_DOCUMENTS: dict[str, st.SearchStrategy[object]] = {
    "dvc.yaml": _SECTION,
    "a/dvc.yaml": _SECTION,
    "artifacts.yaml": _ARTIFACTS,
    "params.yaml": _PARAMETERS,
    "a/params.yaml": _PARAMETERS,
}


def _as_yaml(value: object) -> bytes:
    return json.dumps(value).replace("NaN", ".nan").replace("Infinity", ".inf").encode()


@st.composite
def _files(draw: st.DrawFn) -> dict[str, bytes]:
    files = {}
    for name in draw(st.sets(st.sampled_from(sorted(_DOCUMENTS)), min_size=1)):
        match draw(st.integers(0, 7)):
            case 6:
                files[name] = _as_yaml(draw(_VALUES))
            case 7:
                files[name] = draw(st.binary())
            case _:
                files[name] = _as_yaml(draw(_DOCUMENTS[name]))
    return files


@settings(max_examples=120)
@given(_files())
def test_any_files_give_an_annotation_or_a_reason(files: dict[str, bytes]) -> None:
    for name in ("churn", "a:churn"):
        annotation, diagnostics = find_annotation(name, files.get)
        assert all(diagnostic.file in files and diagnostic.message for diagnostic in diagnostics)
        if annotation:
            assert annotation.file in files
            json.dumps(plain(annotation.meta), allow_nan=False)
            path = annotation.path
            inside = not path.startswith(("/", "..")) and posixpath.normpath(path) == path
            assert not path or "://" in path or inside


def test_generated_files_annotate() -> None:
    """The property above would hold for nothing if no generated file annotated."""
    annotations: list[Annotation] = []

    def is_enough(files: dict[str, bytes]) -> bool:
        found = (find_annotation(name, files.get)[0] for name in ("churn", "a:churn"))
        annotations.extend(annotated for annotated in found if annotated)
        return not _lacking(annotations)

    # what 120 files hold differs from run to run: Hypothesis also draws from constants that it
    # reads in the modules of the process
    search = settings(max_examples=1000, derandomize=True, phases=[Phase.generate])
    with suppress(NoSuchExample):
        find(_files(), is_enough, settings=search)
    assert _lacking(annotations) == []


def _lacking(annotations: list[Annotation]) -> list[str]:
    """Return which files do not have five annotations with a path, and one without."""
    lacking = []
    for file in ("dvc.yaml", "a/dvc.yaml", "artifacts.yaml"):
        paths = [annotation.path for annotation in annotations if annotation.file == file]
        if len(list(filter(None, paths))) < 5 or "" not in paths:
            lacking.append(f"{file}: {paths}")
    if all(annotation.meta is None for annotation in annotations):
        lacking.append("meta")
    return lacking
