"""The parameters of a dvc.yaml: params.yaml beside it, and the files and values in its ``vars``."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from typing import TYPE_CHECKING

from gto_action.annotations.interpolation import has_reference
from gto_action.annotations.yaml12 import DEEPEST, Document, read_yaml
from gto_action.errors import UnreadableFileError

if TYPE_CHECKING:
    from gto_action.annotations import ReadFile

DEFAULT_FILE = "params.yaml"
MAX_SOURCES = 1000
"""The most entries of ``vars``: each may be a file to read."""
Values = dict[str, object]


MAX_PYTHON_SIZE = 1_000_000
"""The most bytes of parameters in Python, whose parser takes 700 times a file's size."""


def load_parameters(directory: str, document: Document, read: ReadFile) -> Values:
    """Load the values that a dvc.yaml in ``directory`` may refer to.

    ``vars`` holds mappings and names of files, ``FILE`` or ``FILE:KEY,KEY``. A value is never
    defined twice, but mappings of one name are merged. Raises UnreadableFileError.
    """
    read = cache(read)
    written = document.value.get("vars") if isinstance(document.value, dict) else None
    sources = [] if written is None else written
    if not isinstance(sources, list) or has_reference(sources):
        raise document.error("vars must be a list of files and mappings, without ${...}", "vars")
    if len(sources) > MAX_SOURCES:
        raise document.error(f"vars has more than {MAX_SOURCES} entries", "vars")
    values: Values = {}
    loaded: dict[str, set[str]] = {}
    if read(posixpath.join(directory, DEFAULT_FILE)) is not None:
        sources = [DEFAULT_FILE, *sources]
    for source in sources:
        match source:
            case dict():
                new = _with_text_keys(source)
            case str():
                new = _load(directory, source, loaded, document, read)
            case _:
                raise document.error("vars must hold only files and mappings", "vars")
        _merge(values, new, document)
    return values


def _load(
    directory: str, source: str, loaded: dict[str, set[str]], document: Document, read: ReadFile
) -> Values:
    name, _, selection = source.partition(":")
    path = posixpath.normpath(posixpath.join(directory, name))
    if posixpath.isabs(path) or path.startswith(".."):
        raise document.error(f"vars names {name}, which is outside of the repository", "vars")
    keys = {key for key in selection.split(",") if key}
    before = loaded.get(path)
    if before == keys == set():
        return {}
    if before is not None and (not before or not keys or before & keys):
        raise document.error(f"vars loads {name} twice", "vars")
    loaded.setdefault(path, set()).update(keys)
    content = read(path)
    if content is None:
        raise document.error(f"vars names {name}, and there is no such file", "vars")
    values = _with_text_keys(_parse(path, content))
    if not keys:
        return values
    missing = sorted(keys - values.keys())
    if missing:
        raise document.error(f"vars names {missing[0]} of {name}, which has none", "vars")
    return {key: values[key] for key in sorted(keys)}


def _parse(path: str, content: bytes) -> dict[object, object]:
    suffix = posixpath.splitext(path)[1].lower()
    try:
        match suffix:
            case ".json":
                import json  # noqa: PLC0415 - few repositories have such parameters

                value = json.loads(content)
            case ".toml":
                import tomllib  # noqa: PLC0415

                if _TOO_MANY_DOTS.search(content):
                    # a key of n parts takes tomllib the square of n
                    raise UnreadableFileError(path, f"a key has more than {DEEPEST} parts")
                value = tomllib.loads(content.decode())
            case ".py":
                from gto_action.annotations.python_parameters import parse  # noqa: PLC0415

                if len(content) > MAX_PYTHON_SIZE:
                    raise UnreadableFileError(path, f"it has more than {MAX_PYTHON_SIZE:,} bytes")
                value = parse(content)
            case _:
                value = read_yaml(path, content).value or {}
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        reason = str(error) or type(error).__name__
        raise UnreadableFileError(path, f"it is not valid {suffix[1:]}: {reason}") from error
    if _is_deeper(value, DEEPEST):
        raise UnreadableFileError(path, f"it has more than {DEEPEST} levels")
    if not isinstance(value, dict):
        raise UnreadableFileError(path, "it must hold a mapping", 1)
    return value


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    members = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(member, levels - 1) for member in members)


def _with_text_keys(values: dict[object, object]) -> Values:
    """Omit, at every depth, keys that ``${...}`` could not name."""
    return {
        key: _with_text_keys(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if isinstance(key, str)
    }


def _merge(into: Values, new: Values, document: Document) -> None:
    for key, value in new.items():
        present = into.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(present, value, document)
        elif key in into:
            raise document.error(f"vars and params.yaml define {key} twice", "vars")
        else:
            into[key] = value


_TOO_MANY_DOTS = re.compile(rb"(?:[^\n.=\[\]]*\.){%d}" % DEEPEST)
