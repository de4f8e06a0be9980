"""The registry's configuration: the file .gto, and variables that begin with GTO_."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeGuard

from gto_action.annotations.entry import mapping_at
from gto_action.annotations.yaml12 import Document, read_yaml
from gto_action.diagnostics import Diagnostic, Severity
from gto_action.errors import InputError, UnreadableFileError
from gto_action.policy.overrides import EFFECTIVE_KEYS, KEYS_OF_GTO, LISTS, Overrides, key_of
from gto_action.util.text import quote_inline, truncate_inline

FILE = ".gto"


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """The stages and types that the registry allows; ``None`` allows all.

    ``diagnostics`` are the problems of the file, and what has no effect in it.
    """

    stages: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


def read_config(content: bytes | None, overrides: Overrides) -> RegistryConfig:
    """Read the configuration from the content of .gto, if there is one, and from variables.

    Keys may be in upper case, as for gto. A variable overrides the file: GTO_STAGES and GTO_TYPES
    are JSON lists of strings; an empty one counts as unset. Raises InputError for a variable.
    """
    diagnostics: list[Diagnostic] = []
    lists = dict(_lists_in_file(content, diagnostics)) if content else {}
    for key, value in zip(LISTS, (overrides.stages, overrides.types), strict=True):
        if value:
            lists[key] = _list_in_variable(f"GTO_{key.upper()}", value)
    return RegistryConfig(lists.get("stages"), lists.get("types"), tuple(diagnostics))


def read_config_by(read: Callable[[], bytes | None], overrides: Overrides) -> RegistryConfig:
    """Read the configuration as ``read_config``, with what reads .gto.

    A file that raises UnreadableFileError is a diagnostic of the configuration.
    """
    try:
        return read_config(read(), overrides)
    except UnreadableFileError as error:
        config = read_config(None, overrides)
        return replace(config, diagnostics=(*config.diagnostics, Diagnostic.of(error)))


def find_unknown_variables(overrides: Overrides) -> tuple[Diagnostic, ...]:
    """Find variables that begin with GTO_ and have no effect."""
    diagnostics = []
    for name in overrides.unknown:
        key = key_of(name)
        nearest = _nearest(key)
        message = f"the variable {name} {_no_effect(key, nearest and f'GTO_{nearest.upper()}')}"
        diagnostics.append(Diagnostic(truncate_inline(message), severity=Severity.WARNING))
    return tuple(diagnostics)


def find_forbidden(
    config: RegistryConfig, *, stage: str | None, kind: str
) -> tuple[Diagnostic, ...]:
    """Find a stage or a type that is not allowed; an empty one is not looked up."""
    checks = (("stage", stage, config.stages), ("type", kind, config.types))
    messages = (
        f"the {word} {value} is not allowed; allowed are: {', '.join(allowed) or 'none'}"
        for word, value, allowed in checks
        if value and allowed is not None and value not in allowed
    )
    return tuple(Diagnostic(truncate_inline(message)) for message in messages)


def _lists_in_file(
    content: bytes, diagnostics: list[Diagnostic]
) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Yield what the file allows by key; its problems are added to the diagnostics."""
    try:
        document = read_yaml(FILE, content)
        entries = mapping_at(document) or {}
    except UnreadableFileError as error:
        diagnostics.append(Diagnostic.of(error))
        return
    seen: set[str] = set()
    for written, value in entries.items():
        key = _shown(written).lower()
        if key in seen:
            twice = document.error(f"the key {_shown(written)} is there twice", _shown(written))
            diagnostics.append(Diagnostic.of(twice))
        seen.add(key)
        if key in LISTS and (value is None or _is_list_of_strings(value)):
            yield key, None if value is None else tuple(value)
        elif key in LISTS:
            wrong = document.error(f"{written} must be a list of strings", _shown(written))
            diagnostics.append(Diagnostic.of(wrong))
        elif key not in EFFECTIVE_KEYS:
            diagnostics.append(_unknown_key(document, _shown(written)))


def _shown(key: object) -> str:
    """Return a key as YAML writes it."""
    return key if isinstance(key, str) else json.dumps(key, default=str)


def _unknown_key(document: Document, key: str) -> Diagnostic:
    error = document.error(f"the key {key} {_no_effect(key.lower(), _nearest(key.lower()))}", key)
    return Diagnostic.of(error, Severity.WARNING)


def _no_effect(key: str, nearest: str) -> str:
    if key in KEYS_OF_GTO:
        return "has no effect here: it is read by gto alone"
    hint = f" (did you mean {nearest}?)" if nearest else ""
    return f"is not known and has no effect{hint}"


def _nearest(key: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - few runs need it

    return next(iter(get_close_matches(key, (*LISTS, "policy"), n=1, cutoff=0.7)), "")


def _list_in_variable(variable: str, text: str) -> tuple[str, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if not _is_list_of_strings(value):
        example = '["model", "dataset"]' if variable == "GTO_TYPES" else '["dev", "prod"]'
        raise InputError(
            f"{variable} is {quote_inline(text)}: write a JSON list of strings, as {example}"
        )
    return tuple(value)


def _is_list_of_strings(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
