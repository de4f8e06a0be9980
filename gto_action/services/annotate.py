"""Change an artifact's annotation in the work tree."""

from __future__ import annotations

import json
import os
import posixpath
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial

from gto_action.annotations import Annotation, ReadFile, artifacts_yaml, dvc_yaml
from gto_action.annotations.edit import Value, remove_entry, set_fields
from gto_action.annotations.find import entries, find_annotation
from gto_action.diagnostics import Diagnostic, Severity
from gto_action.errors import QueryError, UnreadableFileError
from gto_action.git.worktree import read_within, work_tree
from gto_action.policy.gto_file import find_forbidden
from gto_action.registry.selectors import is_artifact_name
from gto_action.services.session import RegistrySession
from gto_action.util.text import quote_inline


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationChange:
    """What to state of an artifact; empty fields stay as they are. ``labels`` are added.

    ``path`` is as the file has it: relative to the file, or a URL. ``custom`` is any value that
    JSON can hold, ``None`` for no change. ``file`` is the file to change, from the root.
    """

    name: str
    path: str = ""
    type: str = ""
    description: str = ""
    labels: Sequence[str] = ()
    custom: Value = None
    file: str = ""


def annotate(session: RegistrySession, change: AnnotationChange) -> str:
    """Add or change an annotation in the work tree; return the file's path from the root.

    Without a file, that is the one that has an entry, else DIR/dvc.yaml if it exists, else
    artifacts.yaml at the root. Raises QueryError, and nothing is changed: if a file can't be read,
    or the annotation would not be what was requested.
    """
    top = _work_tree(session)
    if not is_artifact_name(change.name):
        raise QueryError(f"{quote_inline(change.name)} is not a name that tags can hold")
    directory = change.name.rpartition(":")[0]
    if directory.startswith("/") or ".." in directory.split("/"):
        raise QueryError(f"the directory of {change.name} is not in the repository")
    for forbidden in find_forbidden(session.config, stage=None, kind=change.type):
        raise QueryError(forbidden.message)
    _check_values(change)
    return _edit(top, lambda read: _annotated(change, read))


def _annotated(change: AnnotationChange, read: ReadFile) -> tuple[str, bytes]:
    """Return the file to change, and its new content. Raises QueryError."""
    place = _place(change.name, change.file, read)
    if place.file.endswith(dvc_yaml.FILE) and not (change.path or _has(place, read)):
        raise QueryError(f"an artifact in {place.file} needs a path")
    try:
        after = set_fields(place.file, read(place.file) or b"", place.keys, place.fields(change))
    except UnreadableFileError as error:
        raise QueryError(Diagnostic.of(error).located) from error
    _check(change, place, read, after)
    return place.file, after


def remove_annotation(session: RegistrySession, name: str) -> str:
    """Remove an artifact's entry in the work tree; return the file's path from the root.

    Raises QueryError if there is none, or the file can't be changed.
    """
    return _edit(_work_tree(session), lambda read: _without(name, read))


def _without(name: str, read: ReadFile) -> tuple[str, bytes]:
    """Return the file that has an artifact's entry, and its content without it."""
    place = next((place for place in _places(name) if _has(place, read)), None)
    if place is None:
        raise QueryError(f"there is no annotation of {name} in the work tree")
    try:
        after = remove_entry(place.file, read(place.file) or b"", place.keys)
    except UnreadableFileError as error:
        raise QueryError(Diagnostic.of(error).located) from error
    _check_others(place, name, read, after)
    return place.file, after


def _edit(top: str, edited: Callable[[ReadFile], tuple[str, bytes]]) -> str:
    """Replace a file by what is made of it; if an editor saves it meanwhile, once more."""
    with _locked(top):
        while True:
            read = cache(partial(_read, top))
            file, after = edited(read)
            if _read(top, file) == read(file):
                _write(top, file, after)
                return file


@contextmanager
def _locked(top: str) -> Iterator[None]:
    """Let one process or thread at a time change the annotations of a work tree.

    The lock is of the directory, and ends with the process. Windows has none.
    """
    try:
        import fcntl  # noqa: PLC0415 - it is missing on Windows
    except ImportError:
        yield
        return
    directory = os.open(top, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _check_values(change: AnnotationChange) -> None:
    """Raise QueryError for a value that no file can have, or if there is none."""
    if isinstance(change.labels, str):
        raise QueryError(f"labels is {change.labels!r}: it must be a list of strings")
    if "" in change.labels:
        raise QueryError("a label is empty: write one, or leave it out")
    given = (change.path, change.type, change.description, change.labels)
    if not any(given) and change.custom is None:
        raise QueryError(
            "there is nothing to change: give a path, a type, a label or another field"
        )
    try:
        json.dumps(change.custom, allow_nan=False)
        json.dumps([*given, change.custom], ensure_ascii=False).encode()
    except (ValueError, TypeError) as error:
        raise QueryError("a value is neither text in UTF-8 nor JSON") from error


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a file has an artifact's entry: the keys that lead to it."""

    file: str
    keys: tuple[str, ...]

    def fields(self, change: AnnotationChange) -> dict[str, Value]:
        """Return the fields to set, by the names that this file has for them."""
        is_dvc = self.file.endswith(dvc_yaml.FILE)
        fields: dict[str, Value] = {
            "path": change.path,
            "type": change.type,
            "desc" if is_dvc else "description": change.description,
            "labels": list(dict.fromkeys(change.labels)),
        }
        chosen: dict[str, Value] = {name: value for name, value in fields.items() if value}
        if change.custom is not None:
            chosen["meta" if is_dvc else "custom"] = change.custom
        return chosen


def _places(name: str) -> list[_Place]:
    """Return the places where an artifact's entry may be, in the order in which they are read."""
    directory, _, short = name.rpartition(":")
    places = [
        _Place(posixpath.join(directory, dvc_yaml.FILE), (dvc_yaml.SECTION, short)),
        _Place(artifacts_yaml.FILE, (name,)),
    ]
    if directory:
        places.append(_Place(posixpath.join(directory, artifacts_yaml.FILE), (short,)))
    return places


def _place(name: str, file: str, read: ReadFile) -> _Place:
    places = _places(name)
    if file:
        file = posixpath.normpath(file)
        chosen = next((place for place in places if place.file == file), None)
        if chosen is None:
            may = ", ".join(place.file for place in places)
            raise QueryError(f"{file} is not read for {name}: name one of {may} with --file")
        places_before = places[: places.index(chosen)]
        for place in places_before:
            if _has(place, read):
                raise QueryError(f"{place.file} has an entry of {name}, and is read before {file}")
        return chosen
    for place in places:
        if _has(place, read):
            return place
    return places[0] if read(places[0].file) is not None else places[1]


def _has(place: _Place, read: ReadFile) -> bool:
    """Return whether a file has an artifact's entry. Raises QueryError if it can't be read."""
    return place.keys[-1] in _entries(place, read)


def _entries(place: _Place, read: ReadFile) -> Mapping[str, object]:
    """Return a file's entries by the names that the file has for artifacts."""
    directory = posixpath.dirname(place.file)
    try:
        found = entries(place.file, read)
    except UnreadableFileError as error:
        raise QueryError(Diagnostic.of(error).located) from error
    return {name.removeprefix(f"{directory}:"): entry for name, entry in found.items()}


def _check(change: AnnotationChange, place: _Place, read: ReadFile, after: bytes) -> None:
    """Raise QueryError if a file with new content does not state what was requested."""

    def read_after(path: str) -> bytes | None:
        return after if path == place.file else read(path)

    annotation, diagnostics = find_annotation(change.name, read_after)
    errors = [each.located for each in diagnostics if each.severity is Severity.ERROR]
    before, diagnostics = find_annotation(change.name, read)
    if errors:
        known = [each.located for each in diagnostics if each.severity is Severity.ERROR]
        raise QueryError("; ".join(known or errors))
    if annotation is None or not _states(annotation, change, before or Annotation("")):
        raise QueryError(
            f"{place.file} has a form in which the entry of {change.name} can't be changed: change "
            "it by hand"
        )
    _check_others(place, change.name, read, after)


def _states(annotation: Annotation, change: AnnotationChange, before: Annotation) -> bool:
    """Return whether an annotation has what was requested, and else what it had before."""
    meta = before.meta if change.custom is None else change.custom
    return (
        (annotation.path != "" if change.path else annotation.path == before.path)
        and annotation.type == (change.type or before.type)
        and annotation.description == (change.description or before.description)
        and {*change.labels, *before.labels} == {*annotation.labels}
        and annotation.meta == meta
    )


def _check_others(place: _Place, name: str, read: ReadFile, after: bytes) -> None:
    """Raise QueryError if a file with new content states anything else of other artifacts."""
    short = name.rpartition(":")[2]
    before = _entries(place, read)
    new = _entries(place, lambda path: after if path == place.file else read(path))
    for key in {*before, *new} - {name, short}:
        if before.get(key) != new.get(key):
            raise QueryError(
                f"{place.file} has a form in which the entry of {name} can't be changed alone: "
                "change it by hand"
            )


def _read(top: str, path: str) -> bytes | None:
    try:
        return read_within(top, path)
    except UnreadableFileError as error:
        raise QueryError(Diagnostic.of(error).located) from error


def _work_tree(session: RegistrySession) -> str:
    top = work_tree(session.source.repository) if session.source.checkout else None
    if top is None:
        raise QueryError("annotations are changed in a work tree, and there is none: clone it")
    return top


def _write(top: str, file: str, content: bytes) -> None:
    """Replace a file of the work tree at once, with the mode that it had. Raises QueryError."""
    path = os.path.realpath(os.path.join(top, file))
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=".gto-action-", dir=os.path.dirname(path))
        with open(handle, "wb") as stream:
            stream.write(content)
        with suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(path).st_mode & 0o7777)
        if not os.path.exists(path):
            os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        raise QueryError(f"{file} can't be written: {error.strerror}") from error
