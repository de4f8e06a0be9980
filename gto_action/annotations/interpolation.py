"""``${...}`` in dvc.yaml: what it refers to, and what stands there instead.

Source: DVC's documentation, "Templating", and DVC's behaviour where that is silent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


class InterpolationError(Exception):
    """A ``${...}`` that can't be replaced; ``str()`` of it says why."""


def resolve(value: object, parameters: Mapping[str, object]) -> object:
    r"""Replace every ``${...}`` in a value, its keys and its members, however deep.

    A text that is one ``${...}`` and nothing else becomes what that refers to, of whatever type;
    within a longer text it becomes text. ``\${`` stands for ``${``. Raises InterpolationError.
    """
    match value:
        case str():
            return _resolve_text(value, parameters)
        case dict():
            return {
                resolve(key, parameters): resolve(member, parameters)
                for key, member in value.items()
            }
        case list():
            return [resolve(member, parameters) for member in value]
        case _:
            return value


def has_reference(value: object) -> bool:
    """Tell whether ``resolve`` would look anything up in a value."""
    match value:
        case str():
            return _REFERENCE.search(value) is not None
        case dict():
            return any(map(has_reference, value)) or any(map(has_reference, value.values()))
        case list():
            return any(map(has_reference, value))
        case _:
            return False


def as_text(value: object) -> str:
    """Write a value as DVC does within a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _resolve_text(text: str, parameters: Mapping[str, object]) -> object:
    whole = _REFERENCE.fullmatch(text)
    if whole and "}" not in whole[1]:
        return _look_up(whole[1], parameters)
    return _REFERENCE.sub(
        lambda match: _part_of_text(match[1], _look_up(match[1], parameters)), text
    ).replace("\\${", "${")


def _look_up(expression: str, parameters: Mapping[str, object]) -> object:
    if not _EXPRESSION.fullmatch(expression):
        raise InterpolationError(f"${{{expression}}} is not of the form ${{name.name[index]}}")
    value: object = parameters
    for word in re.split(r"[.\[]", expression.replace("]", "")):
        value = _member(value, word.strip(), expression)
    return value


def _member(value: object, word: str, expression: str) -> object:
    try:
        if isinstance(value, Mapping):
            return value[word]
        if isinstance(value, list):
            return value[int(word)]
    except (KeyError, IndexError, ValueError):
        pass
    raise InterpolationError(
        f"${{{expression}}} refers to nothing: neither vars nor params.yaml has {word}"
    )


def _part_of_text(expression: str, value: object) -> str:
    if isinstance(value, dict):
        raise InterpolationError(f"${{{expression}}} is a mapping, which is no part of a text")
    return as_text(value)


_REFERENCE = re.compile(r"(?<!\\)\$\{(.*?)\}")
_WORD = r"[^.\[\]]+"
_EXPRESSION = re.compile(rf"{_WORD}(?:\s*\.{_WORD}|\s*\[{_WORD}\])*\s*")
