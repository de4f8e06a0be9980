"""Change one artifact's entry in a file of annotations, and nothing else in it.

Only the characters of what changes are replaced, at the places that PyYAML's parser names. So every
comment, blank line, quote and order of the rest stays as it is: a round trip by a library would
change indentation and wrapped lines, and lose the comment before the entry that follows a removed
one.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from gto_action.annotations import yaml12
from gto_action.errors import UnreadableFileError

Value = str | bool | int | float | None | Sequence["Value"] | Mapping[str, "Value"]
"""A value that JSON can hold."""


def set_fields(
    file: str, content: bytes, keys: Sequence[str], fields: Mapping[str, Value]
) -> bytes:
    """Set fields of the entry at ``keys``, which is added if it is missing; return the new content.

    A field ``labels`` that is a list gets those labels that it lacks. Raises UnreadableFileError if
    the file can't be read, or has a form in which the entry can't be changed.
    """
    text = _Text(file, content)
    for number, key in enumerate(keys):
        if text.find(keys[: number + 1]) is None:
            nested: Value = dict(fields)
            for inner in reversed(keys[number + 1 :]):
                nested = {inner: nested}
            text.add(keys[:number], key, nested)
            return text.encoded()
    for field, value in fields.items():
        if text.find([*keys, field]) is None:
            text.add(keys, field, value)
        elif field == "labels" and isinstance(value, Sequence):
            text.extend([*keys, field], value)
        else:
            text.replace([*keys, field], value)
    return text.encoded()


def remove_entry(file: str, content: bytes, keys: Sequence[str]) -> bytes:
    """Remove the entry at ``keys``, which exists, with the comments in it; return the new content.

    Raises UnreadableFileError, as ``set_fields`` does.
    """
    text = _Text(file, content)
    text.remove(keys)
    return text.encoded()


@dataclass(frozen=True, slots=True)
class _Item:
    """A key of a mapping, and its value."""

    key: yaml.Node
    value: yaml.Node


class _Text:
    """A YAML file as text, and the places of its nodes; parsed again after each change."""

    def __init__(self, file: str, content: bytes) -> None:
        yaml12.read_yaml(file, content)  # for its errors
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        self._file = file
        self._encoding = "utf-16" if is_utf16 else "utf-8"
        text = content.decode(self._encoding)
        self._mark = "\ufeff" if text.startswith("\ufeff") else ""
        self._text = text.removeprefix("\ufeff")
        self._end = "\r\n" if "\r\n" in self._text else "\n"
        self._parse()

    def encoded(self) -> bytes:
        """Return the file's content."""
        return (self._mark + self._text).encode(self._encoding)

    def find(self, keys: Sequence[str]) -> _Item | None:
        """Return the item at some nested keys. Raises UnreadableFileError for an alias."""
        node: yaml.Node | None = self._root
        item = None
        for key in keys:
            if not isinstance(node, yaml.MappingNode):
                return None
            found = [pair for pair in node.value if pair[0].value == key]
            if not found:
                return None
            item = _Item(*found[-1])
            if item.value.start_mark.index < item.key.end_mark.index or self._is_alias(item):
                raise self._error(item.key, f"{key} is an alias of another place")
            node = item.value
        return item

    def add(self, keys: Sequence[str], key: str, value: Value) -> None:
        """Add a key to the mapping at ``keys``, after its last one."""
        item = self.find(keys) if keys else None
        mapping = item.value if item else self._root
        if isinstance(mapping, yaml.MappingNode) and mapping.flow_style and mapping.value:
            self._add_in_braces(mapping, key, value)
            return
        if isinstance(mapping, yaml.MappingNode) and mapping.value:
            column = mapping.value[0][0].start_mark.column
            self._insert_line(_last(mapping), _block(key, value, column))
            return
        if mapping is not None and self._between(mapping).strip() not in _EMPTY:
            raise self._error(mapping, "it is not a mapping")
        if item is None:
            at = len(self._text)
            if mapping:
                at, end = mapping.start_mark.index, mapping.end_mark.index
                is_alone = not self._text[end : self._end_of_line(end)].strip()
                self._replace(at, self._end_of_line(end) if is_alone else end, "")
            self._insert(at, _block(key, value, 0))
            return
        if self._is_in_braces(keys):
            shown = f"{{{_flow(key)}: {_flow(value)}}}"
            if self._between(item.value):
                self._replace(item.value.start_mark.index, item.value.end_mark.index, shown)
            else:
                at = self._after_colon(item)
                self._replace(at, at, f" {shown}")
            return
        column = item.key.start_mark.column + 2
        if self._between(item.value):
            # an empty value: {}, null, ~
            start, end = item.value.start_mark.index, item.value.end_mark.index
            colon = self._after_colon(item)
            before, after = self._text[colon:start], self._text[end : self._end_of_line(end)]
            is_alone = not before.strip(" \t") and not after.strip()
            self._replace(colon if is_alone else start, end, "")
        self._insert_line(item.key, _block(key, value, column))

    def extend(self, keys: Sequence[str], labels: Sequence[Value]) -> None:
        """Add to a list those of some values that it lacks."""
        item = self.find(keys)
        assert item
        sequence = item.value
        if not isinstance(sequence, yaml.SequenceNode):
            if self._between(sequence).strip() not in _NULL:
                raise self._error(sequence, "it is not a list")
            self.replace(keys, labels)
            return
        present = [node.value for node in sequence.value]
        new = [label for label in labels if label not in present]
        if not present:
            self.replace(keys, new)
        elif sequence.flow_style:
            self._add_in(sequence, ", ".join(map(_flow, new)))
        else:
            column = sequence.value[0].start_mark.column
            line_start = self._start_of_line(sequence.value[0].start_mark.index)
            before = self._text[line_start : line_start + column]
            if before.strip() != "-":
                raise self._error(sequence, "its list has a form that can't be extended")
            lines = "".join(f"{before}{_flow(label)}\n" for label in new)
            self._insert_line(_last(sequence), lines)

    def replace(self, keys: Sequence[str], value: Value) -> None:
        """Replace the value at some nested keys."""
        item = self.find(keys)
        assert item
        start, end = item.value.start_mark.index, self._end_of(item.value)
        colon = self._after_colon(item)
        if start >= end:  # an empty value: its place is after the colon
            self._replace(colon, colon, f" {_flow(value)}")
            return
        first_line = self._text[colon : self._end_of_line(colon)].rstrip("\r\n")
        comment = _COMMENT.search(first_line)
        is_longer = "\n" in self._text[colon:end]
        if is_longer and comment:  # it stays on the key's line
            self._replace(colon, end, f" {_flow(value)}{comment.group()}")
        elif "\n" in self._text[colon:start]:
            self._replace(colon, end, f" {_flow(value)}")
        else:
            self._replace(start, end, _flow(value))

    def remove(self, keys: Sequence[str]) -> None:
        """Remove the last of some nested keys, and its value."""
        parent = self.find(keys[:-1]) if keys[1:] else None
        mapping = parent.value if parent else self._root
        item = self.find(keys)
        assert item
        assert isinstance(mapping, yaml.MappingNode)
        start = item.key.start_mark.index
        end = self._end_of(item.value) if self._between(item.value) else self._after_colon(item)
        if mapping.flow_style:
            rest = self._text[end:]
            if rest.lstrip().startswith(","):
                end += rest.index(",") + 1
                end += len(self._text[end:]) - len(self._text[end:].lstrip(" "))
            else:
                before = self._text[:start].rstrip()
                start = len(before) - 1 if before.endswith(",") else start
            self._replace(start, end, "")
            return
        line = self._start_of_line(start)
        if self._text[line:start].strip():
            raise self._error(item.key, "its line has more than its key")
        stop = self._end_of_line(end)
        is_only = len(mapping.value) == 1
        if is_only and parent is None:
            self._replace(line, stop, f"{{}}{self._end}")
            return
        self._replace(line, stop, "")
        if is_only and parent:
            self._replace(self._after_colon(parent), self._after_colon(parent), " {}")

    def _is_in_braces(self, keys: Sequence[str]) -> bool:
        """Return whether the item at some nested keys is in a mapping in braces."""
        parents = [self.find(keys[:number]) for number in range(1, len(keys))]
        nodes = [self._root, *(parent.value for parent in parents if parent)]
        return any(isinstance(node, yaml.MappingNode) and node.flow_style for node in nodes)

    def _add_in_braces(self, mapping: yaml.MappingNode, key: str, value: Value) -> None:
        self._add_in(mapping, f"{_flow(key)}: {_flow(value)}")

    def _add_in(self, collection: yaml.CollectionNode, shown: str) -> None:
        """Add text at the end of a collection in brackets."""
        if not shown:
            return
        last = collection.value[-1]
        at = (last[1] if isinstance(last, tuple) else last).end_mark.index
        self._replace(at, at, f", {shown}")

    def _insert_line(self, after: yaml.Node, lines: str) -> None:
        """Insert lines after the line on which a node ends."""
        self._insert(self._end_of_line(self._end_of(after)), lines)

    def _insert(self, at: int, lines: str) -> None:
        before = self._text[:at]
        if before and not before.endswith("\n"):
            lines = f"\n{lines}"
        self._replace(at, at, lines.replace("\n", self._end))

    def _replace(self, start: int, end: int, new: str) -> None:
        self._text = self._text[:start] + new + self._text[end:]
        self._parse()

    def _parse(self) -> None:
        try:
            self._root = yaml.compose(self._text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, ValueError) as error:
            reason = "its form is one in which the entry can't be changed: change it by hand"
            raise UnreadableFileError(self._file, reason) from error

    def _is_alias(self, item: _Item) -> bool:
        after = self._text[self._after_colon(item) :].lstrip(" ")
        return after.startswith("*")

    def _after_colon(self, item: _Item) -> int:
        return self._text.index(":", item.key.end_mark.index) + 1

    def _between(self, node: yaml.Node) -> str:
        return self._text[node.start_mark.index : node.end_mark.index]

    def _end_of(self, node: yaml.Node) -> int:
        """Return where a node ends: of a block scalar, after its last line that is not empty.

        The parser counts the empty lines and the comments after it as a part of it. With ``+`` the
        empty lines are.
        """
        last = _last(node)
        end: int = last.end_mark.index
        if not _is_block_scalar(last):
            return end
        lines = self._text[last.start_mark.index : end].splitlines(keepends=True)
        content = [number for number, line in enumerate(lines) if number and line.strip()]
        indents = [len(lines[number]) - len(lines[number].lstrip(" ")) for number in content]
        stop = 0
        for number, indent in zip(content, indents, strict=True):
            if indent < indents[0]:
                break  # a comment after it
            stop = number
        if "+" in lines[0].partition("#")[0]:
            while stop + 1 < len(lines) and not lines[stop + 1].strip():
                stop += 1
            text = "".join(lines[: stop + 1]).removesuffix("\n").removesuffix("\r")
        else:
            text = "".join(lines[: stop + 1]).rstrip("\r\n")
        return int(last.start_mark.index) + len(text)

    def _start_of_line(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _end_of_line(self, index: int) -> int:
        found = self._text.find("\n", index)
        return len(self._text) if found < 0 else found + 1

    def _error(self, node: yaml.Node, reason: str) -> UnreadableFileError:
        line = node.start_mark.line + 1
        return UnreadableFileError(self._file, f"{reason}: change it by hand", line)


_COMMENT = re.compile(r"[ \t]+#.*")
_NULL = frozenset({"", "null", "~"})
_EMPTY = _NULL | {"{}"}


def _last(node: yaml.Node) -> yaml.Node:
    """Return the node at whose end a node ends: a block's own end is where the next one begins."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return node
    last = node.value[-1]
    if isinstance(node, yaml.SequenceNode):
        return _last(last)
    key, value = last
    is_elsewhere = value.start_mark.index < key.end_mark.index  # an alias
    is_empty = value.start_mark.index == value.end_mark.index
    return key if is_elsewhere or is_empty else _last(value)


def _is_block_scalar(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}


def _block(key: str, value: Value, column: int) -> str:
    """Return the lines of a key and its value; a mapping has a line for each of its keys."""
    indent = " " * column
    if not isinstance(value, Mapping) or not value:
        return f"{indent}{_flow(key)}: {_flow(value)}\n"
    inner = "".join(
        _block(name, item, column + 2)
        if isinstance(item, Mapping) and name not in _INLINE
        else f"{indent}  {_flow(name)}: {_flow(item)}\n"
        for name, item in value.items()
    )
    return f"{indent}{_flow(key)}:\n{inner}"


_INLINE = frozenset({"custom", "meta"})


def _flow(value: Value) -> str:
    """Return a value on one line, as every reader of YAML 1.2 takes it."""
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(map(_flow, value)) + "]"


def _is_plain(text: str) -> bool:
    """Return whether a string needs no quotes, in brackets too."""
    if not text or not _PLAIN.issuperset(text) or not text[0].isalpha() or text[-1] == ":":
        return False
    return yaml12.read_yaml("", text.encode()).value == text and text.lower() not in _OTHERS


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-")
_OTHERS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def _quoted(text: str) -> str:
    escaped = "".join(_ESCAPES.get(char) or _escape(char) for char in text)
    return f'"{escaped}"'


def _escape(char: str) -> str:
    if char.isprintable() and char != "\ufeff":
        return char
    code = ord(char)
    return f"\\U{code:08x}"


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(value)
    mantissa, exponent, power = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{exponent}{power}"
