"""What DVC 3.67.1 reads from dvc.yaml files at a commit is what we read, on generated files."""

from __future__ import annotations

import posixpath
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo
from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from gto_action.annotations import Annotation
from gto_action.annotations.entry import path_from_root
from gto_action.annotations.find import find_annotation
from gto_action.annotations.yaml12 import read_yaml
from gto_action.diagnostics import Severity
from testkit.repositories import Builder, git

DIRECTORIES = ("", "models", "models/nlp", "a.b/c_d")
KEYS = ("model", "lr", "name", "deep")
SCALARS = st.one_of(
    st.integers(-5, 5000),
    st.booleans(),
    st.sampled_from(
        ("v1", "on", "010", "1:30", "0o17", "1e3", ".5", "true", "~", "2020-01-01x", "")
    ),
    st.floats(0.001, 1000).map(lambda value: round(value, 3)),
    st.text("abc xyz-_/é", max_size=8),
)
PARAMETERS = st.dictionaries(
    st.sampled_from(KEYS),
    st.one_of(
        SCALARS,
        st.lists(SCALARS, min_size=1, max_size=3),
        st.dictionaries(st.sampled_from(("x", "y z", "w")), SCALARS, min_size=1, max_size=3),
    ),
    max_size=3,
)


def _references(parameters: dict[str, Any]) -> list[str]:
    """Return every way to write a scalar of some parameters in ``${...}``."""
    found = []
    for key, value in parameters.items():
        match value:
            case dict():
                found += [f"{key}.{inner}" for inner in value]
                found += [f"{key}[{inner}]" for inner in value]
            case list():
                found += [f"{key}[{index}]" for index in range(len(value))]
                found += [f" {key}.{index} " for index in range(len(value))]
            case _:
                found.append(key)
    return found


@st.composite
def _texts(draw: st.DrawFn, references: list[str]) -> str:
    pieces = ["plain", "with space", "a/b.pkl", "../up", "\\${kept}", "$", "}", "s3://b/k", "é"]
    chosen = draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=2))
    if references:
        written = st.sampled_from(references).map(lambda item: f"${{{item}}}")
        chosen += draw(st.lists(written, max_size=2))
        if draw(st.booleans()):
            return draw(written)
    return "".join(draw(st.permutations(chosen)))


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, str]:
    """Generate the files of a repository: in some directories dvc.yaml, params.yaml, other.yaml."""
    files: dict[str, str] = {}
    for directory in draw(
        st.lists(st.sampled_from(DIRECTORIES), min_size=1, max_size=3, unique=True)
    ):
        default, other, inline = draw(st.tuples(PARAMETERS, PARAMETERS, PARAMETERS))
        other = {key: value for key, value in other.items() if key not in default}
        inline = {key: value for key, value in inline.items() if key not in {**default, **other}}
        texts = _texts(_references({**default, **other, **inline}))
        entry = st.fixed_dictionaries(
            {"path": texts},
            optional={
                "type": texts,
                "desc": texts,
                "labels": st.lists(texts, max_size=3),
                "meta": st.dictionaries(
                    st.sampled_from(KEYS), st.one_of(texts, SCALARS), max_size=2
                ),
            },
        )
        names = st.sampled_from(("churn", "seg-2", "x/y"))
        content: dict[str, Any] = {"artifacts": draw(st.dictionaries(names, entry, max_size=3))}
        if other or inline:
            content["vars"] = [*(["other.yaml"] if other else []), *([inline] if inline else [])]
        if other:
            files[posixpath.join(directory, "other.yaml")] = _dump(other)
        if default:
            files[posixpath.join(directory, "params.yaml")] = _dump(default)
        files[posixpath.join(directory, "dvc.yaml")] = _dump(content)
    return files


def _dump(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


@settings(max_examples=60)
@given(repositories())
def test_dvc_reads_the_same(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "repository"
        builder = Builder(path, bare=False)
        builder.commit(files)
        builder.build()
        commit = git("-C", str(path), "rev-parse", "main")
        with Repo(str(path), rev=commit, uninitialized=True) as repository:
            try:
                theirs = repository.artifacts.read()
            except ValueError:  # ruamel.yaml takes `-_` for a number, and ends
                reject()
    reported = {
        (posixpath.dirname(file), name): artifact
        for file, artifacts in theirs.items()
        for name, artifact in artifacts.items()
    }
    for (where, name), artifact in reported.items():
        full = f"{where}:{name}" if where else name
        annotation, diagnostics = find_annotation(full, lambda item: _encoded(files.get(item)))
        path_in_text = _as_text(artifact.path)
        expected = Annotation(
            file=posixpath.join(where, "dvc.yaml"),
            path=path_from_root(where, path_in_text) or "",
            type=_as_text(artifact.type),
            description=_as_text(artifact.desc),
            labels=tuple(map(_as_text, artifact.labels)),
            meta=artifact.meta or None,
        )
        left = path_from_root(where, path_in_text) is None
        assert annotation is not None
        assert (annotation.meta or None) == expected.meta
        errors = [each for each in diagnostics if each.severity is Severity.ERROR]
        assert (annotation, bool(errors)) == (
            Annotation(**{**_fields(expected), "meta": annotation.meta}),
            left,
        )


PLAIN = (
    *(
        "on",
        "yes",
        "No",
        "true",
        "True",
        "TRUE",
        "tRUE",
        "~",
        "null",
        "Null",
        "010",
        "0o17",
        "0b11",
    ),
    *("1_000", "1e3", "1.5e-3", "-.5", "+.5", ".inf", "-.INF", ".nan", "1:30", "1:30:00", "0x1F"),
    *(
        "2020-01-01",
        "2020-01-01 10:00:00",
        "2020-1-1",
        "2020-01-01T10:00:00Z",
        "=",
        "<<x",
        "1.",
        ".",
    ),
    *("v1.0.0", "1.2.3", "12e", "e12", "0x", "-", "+1", "-0", "00", "08", "1__0"),
)


@pytest.mark.parametrize("plain", PLAIN)
def test_a_plain_scalar_is_what_dvc_takes_it_for(plain: str) -> None:
    _compare_yaml(f"key: {plain}\n")


@settings(max_examples=500)
@given(st.from_regex(r"[-+]?[0-9.eExob_:]{1,6}", fullmatch=True))
def test_a_number_or_almost_a_number_is_read_as_dvc_reads_it(plain: str) -> None:
    _compare_yaml(f"key: {plain}\n")


def _compare_yaml(text: str) -> None:
    """Compare the value of a key, where DVC's library reads it at all."""
    try:
        theirs = parse_yaml(text, "file.yaml")["key"]
    except (YAMLFileCorruptedError, ValueError):
        return
    document = read_yaml("file.yaml", text.encode())
    assert isinstance(document.value, dict)
    ours = document.value["key"]
    both_are_not_a_number = theirs != theirs and ours != ours  # noqa: PLR0124
    assert type(ours) is type(theirs)
    assert ours == theirs or both_are_not_a_number


def _fields(annotation: Annotation) -> dict[str, Any]:
    return {name: getattr(annotation, name) for name in Annotation.__dataclass_fields__}


def _encoded(content: str | None) -> bytes | None:
    return None if content is None else content.encode()


def _as_text(value: object) -> str:
    """Write what DVC made of a field that must be a string: it leaves numbers as they are."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
