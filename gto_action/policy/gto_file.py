"""The registry's configuration: the file .gto, and variables that begin with GTO_."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from gto_action.annotations import Finding
from gto_action.annotations.entry import mapping_at
from gto_action.annotations.yaml12 import Document, read_yaml
from gto_action.errors import InputError, UnreadableFileError
from gto_action.util.text import truncate_inline

FILE = ".gto"


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """What the registry allows; ``None`` allows everything.

    ``findings`` are about the file: what is wrong there, or has no effect.
    """

    stages: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()


def read_config(content: bytes | None, environment: Mapping[str, str]) -> RegistryConfig:
    """Read the configuration from the content of .gto, if there is one, and the environment.

    Keys may be in capitals, as for gto. A variable overrides the file: GTO_STAGES and GTO_TYPES are
    JSON lists of strings; an empty one counts as unset. Raises InputError for a variable.
    """
    findings: list[Finding] = []
    lists = dict(_lists_in_file(content, findings)) if content else {}
    for key in _LISTS:
        given = environment.get(f"GTO_{key.upper()}")
        if given:
            lists[key] = _list_in_variable(f"GTO_{key.upper()}", given)
    return RegistryConfig(lists.get("stages"), lists.get("types"), tuple(findings))


def find_unknown_variables(environment: Mapping[str, str]) -> tuple[Finding, ...]:
    """Find variables that begin with GTO_ and have no effect."""
    findings = []
    for name in sorted(environment):
        key = name.removeprefix("GTO_").lower()
        if name.startswith("GTO_") and key not in _EFFECTIVE:
            meant = _nearest(key)
            message = f"the variable {name} {_no_effect(key, meant and f'GTO_{meant.upper()}')}"
            findings.append(Finding("", None, truncate_inline(message), minor=True))
    return tuple(findings)


def refused(config: RegistryConfig, *, stage: str | None, kind: str) -> tuple[Finding, ...]:
    """Find a stage or a type that is not allowed; an empty one is none."""
    asked = (("stage", stage, config.stages), ("type", kind, config.types))
    told = (
        f"the {word} {value} is not allowed; allowed are: {', '.join(values) or 'none'}"
        for word, value, values in asked
        if value and values is not None and value not in values
    )
    return tuple(Finding("", None, truncate_inline(one)) for one in told)


def _lists_in_file(
    content: bytes, findings: list[Finding]
) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Yield what the file allows by key; what is wrong is added to the findings."""
    try:
        document = read_yaml(FILE, content)
        entries = mapping_at(document) or {}
    except UnreadableFileError as error:
        findings.append(Finding.of(error))
        return
    seen: set[str] = set()
    for written, value in entries.items():
        key = _shown(written).lower()
        if key in seen:
            twice = document.error(f"the key {_shown(written)} is there twice", _shown(written))
            findings.append(Finding.of(twice))
        seen.add(key)
        if key in _LISTS and (value is None or _is_list_of_strings(value)):
            yield key, None if value is None else tuple(value)
        elif key in _LISTS:
            wrong = document.error(f"{written} must be a list of strings", _shown(written))
            findings.append(Finding.of(wrong))
        elif key not in _EFFECTIVE:
            findings.append(_unknown_key(document, _shown(written)))


def _shown(key: object) -> str:
    """Return a key as YAML writes it."""
    return key if isinstance(key, str) else json.dumps(key, default=str)


def _unknown_key(document: Document, key: str) -> Finding:
    error = document.error(f"the key {key} {_no_effect(key.lower(), _nearest(key.lower()))}", key)
    return Finding(error.path, error.line, error.reason, minor=True)


def _no_effect(key: str, meant: str) -> str:
    if key in _OF_GTO:
        return "has no effect here: it is read by gto alone"
    hint = f" (did you mean {meant}?)" if meant else ""
    return f"is not known and has no effect{hint}"


def _nearest(key: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - few runs need it

    return next(iter(get_close_matches(key, _LISTS, n=1, cutoff=0.7)), "")


def _list_in_variable(variable: str, text: str) -> tuple[str, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if not _is_list_of_strings(value):
        raise InputError(
            f'{variable} is {text!r}: write a JSON list of strings, as ["dev", "prod"]'
        )
    return tuple(value)


def _is_list_of_strings(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_LISTS = ("stages", "types")
# the last three are about what gto prints, and change nothing here
_EFFECTIVE = frozenset({*_LISTS, "emojis", "log_level", "debug"})
_OF_GTO = frozenset({"index", "config_file_name", "enrichments", "autoload_enrichments"})
