"""The registry's configuration: the file .gto, and variables that begin with GTO_."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from gto_action.errors import BadInputError, UnreadableFileError

FILE = ".gto"


@dataclass(frozen=True, slots=True)
class Config:
    """What the registry allows; ``None`` allows everything."""

    stages: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None


def read_config(content: bytes | None, environment: Mapping[str, str]) -> Config:
    """Read the configuration from the content of .gto, if there is one, and the environment.

    A variable wins over the file: GTO_STAGES and GTO_TYPES are JSON lists of texts. Raises
    UnreadableFileError for the file, BadInputError for a variable.
    """
    return Config(**{name: _allowed(name, content, environment) for name in ("stages", "types")})


def _allowed(
    name: str, content: bytes | None, environment: Mapping[str, str]
) -> tuple[str, ...] | None:
    variable = f"GTO_{name.upper()}"
    if variable in environment:
        return _from_variable(variable, environment[variable])
    return None if content is None else _from_file(name, content)


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


def _from_file(name: str, content: bytes) -> tuple[str, ...] | None:
    from gto_action.annotations.yaml12 import read_yaml  # noqa: PLC0415 - few have this file

    document = read_yaml(FILE, content)
    values = document.value or {}
    if not isinstance(values, dict):
        raise UnreadableFileError(FILE, "it must hold a mapping", 1)
    value = values.get(name)
    if value is None:
        return None
    if not _is_list_of_texts(value):
        raise document.error(f"{name} must be a list of texts", name)
    return tuple(value)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
