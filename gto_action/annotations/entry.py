"""Entries of dvc.yaml and artifacts.yaml: the types of their fields, and their paths."""

from __future__ import annotations

import ntpath
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from gto_action.annotations import Warn
from gto_action.annotations.yaml12 import Document
from gto_action.diagnostics import Diagnostic, Severity
from gto_action.errors import UnreadableFileError
from gto_action.util.json_values import json_key


def mapping_at(document: Document, *keys: str) -> dict[object, object] | None:
    """Return the mapping at some keys of a file; ``None`` if there is nothing.

    Raises UnreadableFileError if there is something else.
    """
    value: object = document.value
    for depth, key in enumerate((*keys, None)):
        if value is None:
            return None
        if not isinstance(value, dict):
            where = ".".join(keys[:depth]) or "the file"
            raise document.error(f"{where} must be a mapping, not {_kind(value)}", *keys[:depth])
        if key is not None:
            value = value.get(key)
    assert isinstance(value, dict)
    return value


def named(directory: str, name: str) -> str:
    """Return an artifact's full name: ``DIR:NAME`` for one in a directory."""
    return f"{directory}:{name}" if directory else name


class Fields:
    """The fields of one entry, checked against the types that they must have."""

    def __init__(
        self, document: Document, keys: tuple[str, ...], entry: dict[object, object]
    ) -> None:
        self._document = document
        self._keys = keys
        self._entry = entry

    def string(self, field: str, *, required: bool = False) -> str:
        """Return a string field; empty if it is missing. Raises UnreadableFileError."""
        value = self._entry.get(field)
        if value is None and not required:
            return ""
        if not isinstance(value, str):
            raise self._wrong(field, "a string", value)
        return value

    def has(self, field: str) -> bool:
        """Return whether the entry has a field."""
        return self._entry.get(field) is not None

    def strings(self, field: str) -> tuple[str, ...]:
        """Return a field that is a list of strings. Raises UnreadableFileError."""
        value = self._entry.get(field)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(field, "a list of strings", value)
        for item in value:
            if not isinstance(item, str):
                raise self.error(field, f"must be a list of strings, and an item is {_kind(item)}")
        return tuple(value)

    def json(self, field: str, warn: Warn) -> object:
        """Return a field of any value; keys that JSON can't tell apart give a warning."""
        value = self._entry.get(field)
        for key in _equal_keys(value):
            error = self.error(field, f"has keys that are {key!r} in JSON: the last one is used")
            warn(Diagnostic.of(error, Severity.WARNING))
        return value

    def warn_of_unknown(self, known: Sequence[str], warn: Warn) -> None:
        """Warn of each field that is not a known one: it has no effect."""
        for field in self._entry:
            if field not in known:
                error = self.error(str(field), f"has no effect: known are {', '.join(known)}")
                warn(Diagnostic.of(error, Severity.WARNING))

    def error(self, field: str, message: str) -> UnreadableFileError:
        """Return an error about a field."""
        keys = (*self._keys, field)
        return self._document.error(f"{'.'.join(keys)} {message}", *keys)

    def _wrong(self, field: str, expected: str, value: object) -> UnreadableFileError:
        return self.error(field, f"must be {expected}, not {_kind(value)}")


def annotated_path(fields: Fields, directory: str, warn: Warn) -> str:
    """Return an entry's path from the repository's root; one that leaves it gives a warning."""
    written = fields.string("path")
    if not written and fields.has("path"):
        warn(Diagnostic.of(fields.error("path", "is empty"), Severity.WARNING))
    path = path_from_root(directory, written)
    if path is None:
        error = fields.error("path", "leaves the repository: write a path inside it, or a URL")
        warn(Diagnostic.of(error))
    return path or ""


def path_from_root(directory: str, path: str) -> str | None:
    """Return a path in a file of ``directory`` as one from the repository's root.

    It is normalised; a URL is not changed; ``None`` for a path that leaves the repository, even if
    only on Windows.
    """
    if path.lower().startswith("file:"):
        return None
    if not path or is_url(path):
        return path
    on_windows = path.replace("\\", "/")
    if ntpath.splitdrive(path)[0] or _leaves(directory, path) or _leaves(directory, on_windows):
        return None
    return posixpath.normpath(posixpath.join(directory, path))


def _equal_keys(value: object) -> Iterator[str]:
    """Yield the keys of JSON that several keys of a mapping become."""
    match value:
        case dict():
            keys = Counter(map(json_key, value))
            yield from (key for key, count in keys.items() if count > 1)
            for member in value.values():
                yield from _equal_keys(member)
        case list():
            for member in value:
                yield from _equal_keys(member)


def _leaves(directory: str, path: str) -> bool:
    joined = posixpath.normpath(posixpath.join(directory, path))
    return posixpath.isabs(path) or joined == ".." or joined.startswith("../")


def is_url(path: str) -> bool:
    """Return whether a path is a URL, as ``s3://bucket/key``."""
    return _URL.match(path) is not None


_URL = re.compile("[a-zA-Z][a-zA-Z0-9+.-]*://")


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)


_KINDS: dict[type, str] = {
    type(None): "empty",
    dict: "a mapping",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    date: "a date",
    datetime: "a time",
    set: "a set",
    bytes: "binary data",
}
