"""artifacts.yaml, GTO's file of annotations."""

from __future__ import annotations

import posixpath

from gto_action.annotations import Annotation, ReadFile, Warn
from gto_action.annotations.entry import Fields, annotated_path, mapping_at, named
from gto_action.annotations.yaml12 import read_yaml

FILE = "artifacts.yaml"


def find_at_root(directory: str, name: str, read: ReadFile, warn: Warn) -> Annotation | None:
    """Find ``DIR:NAME`` (or ``NAME``) in the repository's artifacts.yaml."""
    return _find("", named(directory, name), read, warn)


def find_in_directory(directory: str, name: str, read: ReadFile, warn: Warn) -> Annotation | None:
    """Find ``NAME`` in the artifacts.yaml of its directory."""
    return _find(directory, name, read, warn) if directory else None


def entries(directory: str, read: ReadFile) -> dict[str, object]:
    """Return the entries of a directory's artifacts.yaml as YAML made them, by artifact.

    Raises UnreadableFileError.
    """
    file = posixpath.join(directory, FILE)
    document = mapping_at(read_yaml(file, read(file) or b"")) or {}
    return {named(directory, key): entry for key, entry in document.items() if isinstance(key, str)}


def _find(directory: str, name: str, read: ReadFile, warn: Warn) -> Annotation | None:
    file = posixpath.join(directory, FILE)
    content = read(file)
    if content is None:
        return None
    document = read_yaml(file, content)
    for diagnostic in document.warnings:
        warn(diagnostic)
    entry = mapping_at(document, name)
    if entry is None:
        return Annotation(file) if name in (mapping_at(document) or {}) else None
    fields = Fields(document, (name,), entry)
    fields.warn_of_unknown(_FIELDS, warn)
    return Annotation(
        file=file,
        path=annotated_path(fields, directory, warn),
        type=fields.string("type"),
        description=fields.string("description"),
        labels=fields.strings("labels"),
        meta=fields.json("custom", warn),
        virtual=entry.get("virtual", True) is not False,
    )


_FIELDS = ("path", "type", "description", "labels", "custom", "virtual")
