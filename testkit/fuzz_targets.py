"""The fuzz targets: each reads bytes, and asserts a property that holds for any.

`make fuzz` runs them under atheris, and tests/hostile/test_fuzz.py on what it has found so far.
"""

from __future__ import annotations

import io
import json
import posixpath
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress

from gto_action.annotations.find import find_annotation
from gto_action.ci.github import GitHubReporter
from gto_action.errors import UnreadableFileError, UnreadableRepositoryError
from gto_action.git.objects import ObjectReader
from gto_action.git.runner import GitRunner
from gto_action.git.tags import tags_in
from gto_action.policy.gto_file import read_config
from gto_action.policy.overrides import Overrides
from gto_action.registry.events import iso8601, read_events
from gto_action.registry.references import read_ref
from gto_action.registry.replay import replay
from gto_action.registry.tag_names import parse_tag_name
from gto_action.util.json_values import plain
from testkit.repositories import git_environment
from testkit.runner import read_outputs


def tag_grammar(data: bytes) -> None:
    """Assert that a name that is read is written as it was, but for zeros of its counter."""
    text = data.decode(errors="replace")
    read_ref(text)
    parts = parse_tag_name(text)
    if parts is not None:
        written = str(parts)
        assert parse_tag_name(written) == parts
        digits = text.rpartition("#")[2]
        tail = len(digits) if parts.counter is not None else 0
        assert written[: len(text) - tail] == text[: len(text) - tail]


def tag_reader(data: bytes) -> None:
    """Assert that one tag is read of each tag object, and that all are replayed.

    The first byte says how many objects the rest is, in equal parts.
    """
    number = data[0] % 8 + 1 if data else 1
    bodies = [data[1 + part :: number] for part in range(number)]
    stream = b"".join(map(_answer, range(number), bodies))
    with ObjectReader(GitRunner("/", git_environment())) as reader:
        tags = list(tags_in(io.BytesIO(stream), reader))
    assert len(tags) == number
    for tag in tags:
        assert iso8601(tag.time, tag.offset)
    registry = replay(read_events(tags))
    assert len(registry) == number
    with suppress(UnreadableRepositoryError), ObjectReader(GitRunner("/", {})) as reader:
        list(tags_in(io.BytesIO(data), reader))


def annotation_readers(data: bytes) -> None:
    """Assert that any files give an annotation within the repository, or a reason.

    A NUL separates them: dvc.yaml, artifacts.yaml, params.yaml, and one more that is named.
    """
    parts = [*data.split(b"\0", 4), b"", b"", b"", b""]
    name = parts[3].decode(errors="replace").strip()
    files = {"dvc.yaml": parts[0], "artifacts.yaml": parts[1], "params.yaml": parts[2]}
    files.setdefault(name, parts[4] if len(parts) > len(files) + 1 else b"")
    for artifact in ("churn", "a:churn"):
        annotation, diagnostics = find_annotation(artifact, files.get)
        assert all(
            diagnostic.message and "\n" not in diagnostic.message for diagnostic in diagnostics
        )
        if annotation:
            json.dumps(plain(annotation.meta), allow_nan=False)
            _is_inside(annotation.path)
    with suppress(UnreadableFileError):
        read_config(parts[0], Overrides())


def output_writer(data: bytes) -> None:
    """Assert that a runner reads back each output as it was set, and no other.

    A NUL separates the values.
    """
    texts = {
        f"output-{number}": text.decode(errors="surrogateescape")
        for number, text in enumerate(data.split(b"\0"))
    }
    with tempfile.NamedTemporaryFile() as file:
        GitHubReporter({"GITHUB_OUTPUT": file.name}).set_outputs(texts)
        reported = read_outputs(file.read().decode())
    assert reported == {
        name: text.encode(errors="replace").decode() for name, text in texts.items()
    }


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (tag_grammar, tag_reader, annotation_readers, output_writer)
}


SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "tag_grammar": (
        b"churn@v1.2.3-rc.1+build.5!#007",
        b"models/nlp=churn#prod!#3",
        b"churn@deprecated#1",
        b"refs/tags/a/b-c_d#e/f",
    ),
    "tag_reader": (
        b"\0tagger A <a@b> 1767225600 +0100\n\nmessage\n",
        b"\0tagger A <a@b> -5 -1130\nencoding x\n\n-----BEGIN PGP SIGNATURE-----\nx\n",
        b"\0\nno tagger\n",
        b"1 tag 5 refs/tags/a@v1.0.0\nobject 1\ntype tag\ntag a\n",
        b"1 commit 20 refs/tags/a\nauthor A <a@b> 1 +0000\n\nx\n1 blob 3 refs/tags/b\nabc\n",
    ),
    "annotation_readers": (
        (
            b"vars: [{a: b}, p.toml:x]\nartifacts: {churn: {path: '${a}/${x[0].y}', meta: [1]}}\0"
            b"churn: {path: ../x, type: model, custom: {a: 1}, labels: [a]}\0a: [1]\0p.toml\0"
            b"x = [{y = 1}]"
        ),
        b"a: &a [1, *a]\nb: !!float ''\n<<: {c: 0x1f}\0\0\0p.py\0A = {'a': -1}\nclass B: c = 1\n",
        (
            b"%YAML 1.1\n---\na: &a {<<: &b {x: 1}, x: 2, x: 3}\nc: {<<: [*a, *b]}\n"
            b'artifacts: {churn: {path: &a "\\ud83d\\ude00", meta: {[*a]: !!omap [x: 1]}}}\n\0'
        ),
        b"artifacts: {churn: {path: '${a}'}}\0\0a: '${b}'\nb: '${a}'\0p.json\0{\"a\": [null]}",
    ),
    "output_writer": (b"a\nb<<EOF\nc\0ghadelimiter_\r\n\0\xff\xed\xa0\x80=", b"\0\0"),
}
"""Where each target begins."""


def _answer(number: int, body: bytes) -> bytes:
    name = f"a@v{number}.0.0"
    content = f"object {'1' * 40}\ntype commit\ntag {name}\n".encode() + body
    return f"{'2' * 40} tag {len(content)} refs/tags/{name}\n".encode() + content + b"\n"


def _is_inside(path: str) -> None:
    if "://" not in path:
        assert not path.startswith("/")
        assert posixpath.normpath(path) == path or not path
        assert ".." not in path.split("/")
