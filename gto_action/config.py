"""The registry's configuration: the file .gto, and variables that begin with GTO_."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeGuard

from gto_action.annotations import Finding
from gto_action.annotations.entry import mapping_at
from gto_action.annotations.yaml12 import Document, read_yaml
from gto_action.errors import BadInputError
from gto_action.visible import in_a_sentence

FILE = ".gto"


@dataclass(frozen=True, slots=True)
class Config:
    """What the registry allows; ``None`` allows everything."""

    stages: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None


def read_config(content: bytes | None, environment: Mapping[str, str]) -> Config:
    """Read the configuration from the content of .gto, if there is one, and the environment.

    A variable wins over the file: GTO_STAGES and GTO_TYPES are JSON lists of texts; an empty one is
    as none. Raises UnreadableFileError for the file, BadInputError for a variable.
    """
    document = cache(lambda: read_yaml(FILE, content or b""))
    return Config(**{name: _allowed(name, document, environment) for name in ("stages", "types")})


def refused(config: Config, *, stage: str | None, kind: str) -> tuple[Finding, ...]:
    """Find a stage or a type that is not allowed; an empty one is none."""
    asked = (("stage", stage, config.stages), ("type", kind, config.types))
    told = (
        f"the {word} {value} is not allowed; allowed are: {', '.join(values) or 'none'}"
        for word, value, values in asked
        if value and values is not None and value not in values
    )
    return tuple(Finding("", None, in_a_sentence(one)) for one in told)


def _allowed(
    name: str, document: Callable[[], Document], environment: Mapping[str, str]
) -> tuple[str, ...] | None:
    variable = f"GTO_{name.upper()}"
    given = environment.get(variable)
    if given:
        return _from_variable(variable, given)
    return _from_file(name, document())


def _from_variable(variable: str, text: str) -> tuple[str, ...] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if not _is_list_of_texts(value):
        raise BadInputError(
            f'{variable} is {text!r}: write a JSON list of texts, as ["dev", "prod"]'
        )
    return tuple(value)


def _from_file(name: str, document: Document) -> tuple[str, ...] | None:
    value = (mapping_at(document) or {}).get(name)
    if value is None:
        return None
    if not _is_list_of_texts(value):
        raise document.error(f"{name} must be a list of texts", name)
    return tuple(value)


def _is_list_of_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
