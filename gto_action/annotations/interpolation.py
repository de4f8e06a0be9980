"""Replace ``${...}`` in dvc.yaml by what it refers to.

Source: DVC's documentation, "Templating", and DVC's behaviour where that is silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

MAX_INSERTED = 1_000_000
"""The most characters and nodes that the ``${...}`` of one entry may put in."""

MAX_BITS = 4096
"""The most bits of a number: Python writes no larger one in decimal."""


class InterpolationError(Exception):
    """A ``${...}`` that cannot be replaced; ``str()`` of it is the reason."""


def resolve(value: object, parameters: Mapping[str, object]) -> object:
    r"""Replace every ``${...}`` in a value, its keys and its members, however deep.

    A string that is one ``${...}`` and nothing else becomes what that refers to, of any type;
    within a longer string it becomes a part of the string. ``\${`` stands for ``${``. Raises
    InterpolationError, also if all replacements together are larger than MAX_INSERTED.
    """
    return _Resolution(parameters).value(value)


def has_reference(value: object) -> bool:
    """Return whether ``resolve`` would look anything up in a value."""
    match value:
        case str():
            return any(_references(value))
        case dict():
            return any(map(has_reference, value)) or any(map(has_reference, value.values()))
        case list():
            return any(map(has_reference, value))
        case _:
            return False


def as_text(value: object) -> str:
    """Return a value as DVC writes it within a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class _Resolution:
    """One call of ``resolve``: how much may still be inserted, in characters and nodes."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self._parameters = parameters
        self._left = MAX_INSERTED

    def value(self, value: object) -> object:
        match value:
            case str():
                return self._text(value)
            case dict():
                members = value.items()
                return {self._key(key): self.value(member) for key, member in members}
            case list():
                return [self.value(member) for member in value]
            case _:
                return value

    def _key(self, key: object) -> object:
        resolved = self.value(key)
        try:
            hash(resolved)
        except TypeError:
            raise InterpolationError(
                f"{key} refers to a value that is not the name of a field"
            ) from None
        return resolved

    def _text(self, text: str) -> object:
        pieces: list[str] = []
        end = 0
        for match in _references(text):
            value = self._look_up(match[1])
            if match[0] == text:
                return value
            if isinstance(value, dict):
                raise InterpolationError(
                    f"{match[0]} is a mapping, which cannot be a part of a string"
                )
            pieces += text[end : match.start()], as_text(value)
            end = match.end()
        return "".join((*pieces, text[end:])).replace("\\${", "${")

    def _look_up(self, expression: str) -> object:
        if len(expression) > _LONGEST or not _EXPRESSION.fullmatch(expression):
            raise InterpolationError(
                f"${{{expression[:_LONGEST]}}} is not of the form ${{name.name[index]}}"
            )
        value: object = self._parameters
        for word in re.split(r"[.\[]", expression.replace("]", "")):
            value = _member(value, word.strip(), expression)
        self._count(value)
        return value

    def _count(self, value: object) -> None:
        values = [value]
        while values and self._left >= 0:
            item = values.pop()
            self._left -= 1 + (len(item) if isinstance(item, str | bytes) else 0)
            if isinstance(item, int) and item.bit_length() > MAX_BITS:
                raise InterpolationError(f"a number has more than {MAX_BITS} bits")
            if isinstance(item, dict | list | tuple | set):
                values += (*item, *item.values()) if isinstance(item, dict) else item
        if self._left < 0:
            raise InterpolationError(f"its ${{...}} put in more than {MAX_INSERTED:,} characters")


def _references(text: str) -> Iterator[re.Match[str]]:
    """Find every ``${...}``, each on one line; the part after a line's last ``}`` is not searched.

    There a search would continue to the end of the line from every ``${``.
    """
    start = 0
    for line in text.split("\n"):
        closed = line.rfind("}") + 1
        yield from _REFERENCE.finditer(text, start, start + closed)
        start += len(line) + 1


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


_REFERENCE = re.compile(r"(?<!\\)\$\{([^}\n]*)\}")
_WORD = r"[^.\[\]]+"
# a word takes the white space around it, so that there is one way to read an expression
_EXPRESSION = re.compile(rf"{_WORD}(?:\.{_WORD}|\[{_WORD}\]\s*)*")
_LONGEST = 200
