"""dvc.yaml, section ``artifacts``. Source of the rules: DVC's documentation, and DVC 3.67."""

from __future__ import annotations

import posixpath
from functools import cache

from gto_action.annotations import Annotation, ReadFile, Warn
from gto_action.annotations.entry import Fields, annotated_path, mapping_at, named
from gto_action.annotations.interpolation import InterpolationError, as_text, has_reference, resolve
from gto_action.annotations.parameters import load_parameters
from gto_action.annotations.yaml12 import Document, read_yaml

FILE = "dvc.yaml"
SECTION = "artifacts"


def find(directory: str, name: str, read: ReadFile, warn: Warn) -> Annotation | None:
    """Find ``NAME`` in the dvc.yaml of its directory, with every ``${...}`` replaced.

    Raises UnreadableFileError.
    """
    file = posixpath.join(directory, FILE)
    content = read(file)
    if content is None:
        return None
    document = read_yaml(file, content)
    for diagnostic in document.warnings:
        warn(diagnostic)
    artifacts = mapping_at(document, SECTION) or {}
    resolve_at = _Resolver(directory, document, read)
    if name in artifacts:
        return _annotation(directory, name, document, resolve_at, warn)
    for key in reversed(artifacts):
        if isinstance(key, str) and has_reference(key) and resolve_at(key, key) == name:
            return _annotation(directory, key, document, resolve_at, warn)
    return None


def entries(directory: str, read: ReadFile) -> dict[str, object]:
    """Return the entries of a directory's dvc.yaml as they are written, by artifact.

    Raises UnreadableFileError.
    """
    file = posixpath.join(directory, FILE)
    document = read_yaml(file, read(file) or b"")
    artifacts = mapping_at(document, SECTION) or {}
    resolve_at = _Resolver(directory, document, read)
    return {
        named(directory, str(resolve_at(key, key))): entry
        for key, entry in artifacts.items()
        if isinstance(key, str)
    }


class _Resolver:
    """Replaces ``${...}`` in entries of one file; loads parameters once, if an entry needs them."""

    def __init__(self, directory: str, document: Document, read: ReadFile) -> None:
        self._document = document
        self._parameters = cache(lambda: load_parameters(directory, document, read))

    def __call__(self, value: object, key: str) -> object:
        parameters = self._parameters() if has_reference(value) else {}
        try:
            return resolve(value, parameters)
        except InterpolationError as error:
            raise self._document.error(str(error), SECTION, key) from error


def _annotation(
    directory: str,
    key: str,
    document: Document,
    resolve_at: _Resolver,
    warn: Warn,
) -> Annotation:
    keys = (SECTION, key)
    written = mapping_at(document, *keys) or {}
    _fields(document, keys, written).warn_of_unknown(_FIELDS, warn)
    entry = resolve_at(written, key)
    assert isinstance(entry, dict)
    fields = _fields(document, keys, {**entry, **_as_strings(entry)})
    return Annotation(
        file=document.path,
        path=annotated_path(fields, directory, warn),
        type=fields.string("type"),
        description=fields.string("desc"),
        labels=fields.strings("labels"),
        meta=fields.json("meta", warn),
    )


def _fields(document: Document, keys: tuple[str, str], entry: dict[object, object]) -> Fields:
    """Check an entry as DVC does, before and after its ``${...}`` are replaced."""
    fields = Fields(document, keys, entry)
    fields.string("path", required=True)
    fields.string("type")
    fields.string("desc")
    fields.strings("labels")
    return fields


def _as_strings(entry: dict[object, object]) -> dict[object, object]:
    """Return as strings the numbers and booleans that replaced ``${...}`` in string fields."""
    texts: dict[object, object] = {
        field: as_text(entry[field])
        for field in ("path", "type", "desc")
        if isinstance(entry.get(field), int | float)
    }
    labels = entry.get("labels")
    if isinstance(labels, list):
        texts["labels"] = [
            as_text(label) if isinstance(label, int | float) else label for label in labels
        ]
    return texts


_FIELDS = ("path", "type", "desc", "labels", "meta")
