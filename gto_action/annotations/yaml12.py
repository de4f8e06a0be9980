"""YAML files as DVC reads them: version 1.2 unless ``%YAML 1.1`` is set, without duplicate keys.

PyYAML reads version 1.1, where ``on`` is true, ``010`` is eight and ``1:30`` is ninety. DVC uses
ruamel.yaml, which reads 1.2. So PyYAML only parses here: plain scalars, anchors, merges and
duplicate keys follow ruamel.yaml, and tests/conformance/test_yaml.py compares the two.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import yaml

from gto_action.diagnostics import Diagnostic
from gto_action.errors import UnreadableFileError
from gto_action.util.text import quote_inline

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader as _Base  # type: ignore[assignment]

# the stubs miss that libyaml's events have marks of another class, which nodes and errors take
_Event = Any
_Mark = Any


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its path, its value, and the lines of its keys.

    ``warnings`` are about values that the file defines and DVC silently ignores.
    """

    path: str
    value: object
    warnings: tuple[Diagnostic, ...]
    _root: yaml.Node | None

    def error(self, reason: str, *keys: str) -> UnreadableFileError:
        """Return an error at the line of a nested key, or of the last of ``keys`` that exists."""
        node, line = self._root, 1
        for key in keys:
            entries = node.value if isinstance(node, yaml.MappingNode) else []
            found = [(name, value) for name, value in entries if name.value == key]
            if not found:
                break
            name, node = found[-1]
            line = name.start_mark.line + 1
        return UnreadableFileError(self.path, reason, line)


@lru_cache(maxsize=4)
def read_yaml(path: str, content: bytes) -> Document:
    """Read a YAML file of one document. Raises UnreadableFileError, with the line if it is known.

    The last documents are cached: one run often reads several artifacts of the same file.
    """
    text = _decode(path, content)
    loader = _Loader()
    try:
        root = loader.compose(_join_surrogates(text))
        value = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"it is not valid YAML: {error.problem or error.context}"
        raise UnreadableFileError(path, reason, mark.line + 1 if mark else None) from error
    except _CONSTRUCTION_ERRORS as error:
        reason = str(error).partition("\n")[0]
        raise UnreadableFileError(path, f"it is not valid YAML: {reason}") from error
    warnings = tuple(
        Diagnostic.of(UnreadableFileError(path, _DUPLICATE_BESIDE_MERGE.format(key), line))
        for key, line in loader.ignored_keys
    )
    return Document(path, value, warnings, root)


# PyYAML's constructors raise these for `!!bool x`, `!!float ""`, `!!timestamp x` and `!!set [a]`
_CONSTRUCTION_ERRORS = (
    *(yaml.YAMLError, ValueError, RecursionError, OverflowError),
    *(KeyError, AttributeError, IndexError, TypeError),
)
_DUPLICATE_BESIDE_MERGE = "duplicate key {}: the last value is used, as DVC does beside a merge"


def _decode(path: str, content: bytes) -> str:
    """Decode a file as UTF-8, or as UTF-16 if it begins with a byte order mark of that."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(path, f"it is not valid {error.encoding}", line) from error


DEEPEST = 100
"""The maximum depth of a file: libyaml's recursion crashes the process at some ten thousand."""
MAX_NODES = 200_000
"""The maximum number of nodes with all aliases expanded: nine levels of nine aliases are 400 M."""


def _parse(text: str) -> Iterator[_Event]:
    """Parse a file, with a limit to its depth: libyaml's time is the square of it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth >= DEEPEST:
                raise _error_at(event.start_mark, f"it has more than {DEEPEST} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        yield event


def _join_surrogates(text: str) -> str:
    r"""Write ``\ud83d\ude00`` in double-quoted scalars as the one character that JSON means by it.

    A surrogate without the other half becomes U+FFFD. libyaml refuses both, so the scalars are
    located in a string in which other characters of the same length replace all surrogates.
    """
    if not _SURROGATE.search(text):
        return text
    pieces: list[str] = []
    end = 0
    for event in _parse(_ESCAPE.sub(_replace_surrogate, text)):
        if isinstance(event, yaml.ScalarEvent) and event.style == '"':
            begin = end
            opening: _Mark = event.start_mark
            closing: _Mark = event.end_mark
            start, end = opening.index, closing.index
            joined = _PAIR.sub(_join_pair, text[start:end])
            pieces += text[begin:start], _ESCAPE.sub(_replace_surrogate, joined)
    return "".join((*pieces, text[end:]))


def _join_pair(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    code = 0x10000 + ((int(match[1], 16) & 0x3FF) << 10) + (int(match[3], 16) & 0x3FF)
    return f"\\U{code:08X}{match[2]}"


def _replace_surrogate(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else f"\\{match[1]}FFFD"


_SURROGATE = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F]")
# an escape that is not a surrogate is matched too, so that `\\ud83d` remains a backslash and text
_ESCAPE = re.compile(r"\\(?:(u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL)
_PAIR = re.compile(
    r"\\(?:(?:u|U0000)([dD][89abAB][0-9a-fA-F]{2})((?:\\(?:\r\n?|\n)[ \t]*)?)"
    r"\\(?:u|U0000)([dD][c-fC-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


_MERGE = "tag:yaml.org,2002:merge"
_VALUE = "tag:yaml.org,2002:value"


def _error_at(mark: _Mark, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


@dataclass(slots=True)
class _Part:
    """A scalar, or a collection whose ``node`` is missing until its end.

    ``size`` counts its nodes with all aliases expanded.
    """

    start: _Event = None
    node: yaml.Node | None = None
    children: list[yaml.Node] = field(default_factory=list)
    size: int = 1

    def append(self, child: _Part, event: _Event) -> None:
        """Append a child, which ends at an event or is the target of an alias."""
        if child.node is None:
            problem = f"the alias *{event.anchor} is undefined or within its own anchor"
            raise _error_at(event.start_mark, problem)
        self.children.append(child.node)
        self.size += child.size
        if self.size > MAX_NODES:
            problem = f"it has more than {MAX_NODES} nodes, its aliases expanded"
            raise _error_at(event.start_mark, problem)


class _MergedMapping(yaml.MappingNode):
    """A mapping with merged entries, which its ``value`` begins with."""

    merged: int


class _Loader(yaml.constructor.SafeConstructor, yaml.resolver.Resolver):
    """Composes and constructs a document; ``ignored_keys`` have duplicates beside a merge."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's name; the patterns below fill it
    bool_values = {**yaml.SafeLoader.bool_values, "y": True, "n": False}  # noqa: RUF012

    def __init__(self) -> None:
        yaml.constructor.SafeConstructor.__init__(self)
        yaml.resolver.Resolver.__init__(self)
        self.ignored_keys: list[tuple[object, int]] = []
        self._is_version_1_1 = False

    def compose(self, text: str) -> yaml.Node | None:
        """Build the nodes of the only document, within the limits of depth and size."""
        anchors: dict[str | None, _Part] = {}
        stream = _Part()
        stack = [stream]
        for event in _parse(text):
            if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                part = _Part(event)
                if event.anchor:
                    anchors[event.anchor] = part
            if isinstance(event, yaml.CollectionStartEvent):
                stack.append(part)
                continue
            if isinstance(event, yaml.ScalarEvent):
                part.node = self._scalar(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                part = stack.pop()
                part.node = self._collection(part, event)
            elif isinstance(event, yaml.AliasEvent):
                part = anchors.get(event.anchor, stream)
            else:
                if isinstance(event, yaml.DocumentStartEvent):
                    self._start_document(event, stream)
                continue
            stack[-1].append(part, event)
        return stream.children[0] if stream.children else None

    def _start_document(self, event: yaml.DocumentStartEvent, stream: _Part) -> None:
        if stream.children:
            raise _error_at(event.start_mark, "it has more than one document")
        self._is_version_1_1 = event.version == (1, 1)
        if self._is_version_1_1:
            self.yaml_implicit_resolvers = _Version11.yaml_implicit_resolvers

    def _scalar(self, event: _Event) -> yaml.ScalarNode:
        tag = self._tag(yaml.ScalarNode, event)
        marks = event.start_mark, event.end_mark
        return yaml.ScalarNode(tag, event.value, *marks, event.style)

    def _collection(self, part: _Part, end: _Event) -> yaml.CollectionNode:
        start, children = part.start, part.children
        if isinstance(start, yaml.SequenceStartEvent):
            tag = self._tag(yaml.SequenceNode, start)
            return yaml.SequenceNode(tag, children, part.start.start_mark, end.end_mark)
        entries = zip(children[::2], children[1::2], strict=True)
        return self._mapping(part.start, end, entries)

    def _mapping(
        self, start: _Event, end: _Event, entries: Iterable[tuple[yaml.Node, yaml.Node]]
    ) -> yaml.MappingNode:
        """Put merged entries (``<<``) before the mapping's own, which override them."""
        tag = self._tag(yaml.MappingNode, start)
        marks = start.start_mark, end.end_mark
        merged: list[tuple[yaml.Node, yaml.Node]] = []
        own_entries = []
        for key, value in entries:
            if key.tag != _MERGE:
                own_entries.append((key, value))
            elif merged:
                raise _error_at(key.start_mark, "duplicate key <<: write `<<: [*a, *b]`")
            else:
                merged = _merged_entries(value)
        if not merged:
            return yaml.MappingNode(tag, own_entries, *marks)
        node = _MergedMapping(tag, merged + own_entries, *marks)
        node.merged = len(merged)
        return node

    def _tag(self, kind: type[yaml.Node], event: _Event) -> str:
        if event.tag is None or event.tag == "!":
            value = event.value if kind is yaml.ScalarNode else None
            # libyaml has (False, False) for an empty scalar with the tag !
            implicit = (True, False) if event.tag else event.implicit
            return str(self.resolve(kind, value, implicit))  # type: ignore[no-untyped-call]
        return str(event.tag)

    def construct_mapping(
        self,
        node: yaml.Node,
        deep: bool = False,  # noqa: FBT001, FBT002 - as PyYAML calls it
    ) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise _error_at(node.start_mark, "this must be a mapping")
        merged = node.merged if isinstance(node, _MergedMapping) else 0
        mapping: dict[Any, Any] = {}
        own_keys: set[Any] = set()
        for index, (key_node, value_node) in enumerate(node.value):
            key = self._construct_key(key_node)
            if index >= merged:
                if key in own_keys and not merged:
                    raise _error_at(key_node.start_mark, f"duplicate key {key}")
                if key in own_keys:
                    self.ignored_keys.append((key, key_node.start_mark.line + 1))
                own_keys.add(key)
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping

    def construct_object(
        self,
        node: yaml.Node,
        deep: bool = False,  # noqa: FBT001, FBT002 - as PyYAML calls it
    ) -> Any:  # noqa: ANN401 - any value
        try:
            return super().construct_object(node, deep)
        except _CONSTRUCTION_ERRORS as error:
            if isinstance(error, yaml.YAMLError | RecursionError):
                raise
            kind = node.tag.rpartition(":")[2]
            value = quote_inline(node.value) if isinstance(node, yaml.ScalarNode) else "this"
            problem = f"{value} is not {_KINDS.get(kind, f'!!{kind}')}"
            raise _error_at(node.start_mark, problem) from error

    def _construct_key(self, node: yaml.Node) -> Any:  # noqa: ANN401 - any value that has a hash
        if node.tag == _VALUE:
            return node.value
        key = self.construct_object(node, deep=True)
        if isinstance(key, list):
            key = tuple(key)
        try:
            hash(key)
        except TypeError:
            raise _error_at(node.start_mark, "a key can't be a mapping or a set") from None
        return key

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        text = self.construct_scalar(node).replace("_", "")
        if len(text) > _MAX_NUMBER:
            raise _error_at(node.start_mark, f"a number has more than {_MAX_NUMBER} digits")
        if self._is_version_1_1:
            return int(super().construct_yaml_int(node))
        base = _BASES.get(text.lstrip("+-")[:2])
        return int(text, base) if base else int(text)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        if ":" in self.construct_scalar(node) and not self._is_version_1_1:
            raise _error_at(node.start_mark, f"{node.value} is not a number")
        return float(super().construct_yaml_float(node))

    def construct_timestamp(self, node: yaml.ScalarNode) -> date:
        """Round a fraction of a second to microseconds: PyYAML truncates it."""
        time = self.construct_yaml_timestamp(node)
        fraction = _SEVENTH_DIGIT.search(node.value)
        if isinstance(time, datetime) and fraction and fraction[1] >= "5":
            time += timedelta(microseconds=1)
        return time

    def construct_omap(self, node: yaml.SequenceNode) -> Iterator[dict[Any, Any]]:
        mapping: dict[Any, Any] = {}
        yield mapping
        (entries,) = list(self.construct_yaml_omap(node))
        mapping.update(entries)
        if len(mapping) < len(entries):
            raise _error_at(node.start_mark, "duplicate key in !!omap")

    def construct_value(self, node: yaml.ScalarNode) -> None:
        raise _error_at(node.start_mark, "DVC refuses a plain =: quote it")

    yaml_constructors = {  # noqa: RUF012 - PyYAML's name
        **yaml.constructor.SafeConstructor.yaml_constructors,
        "tag:yaml.org,2002:int": construct_yaml_int,
        "tag:yaml.org,2002:float": construct_yaml_float,
        "tag:yaml.org,2002:omap": construct_omap,
        "tag:yaml.org,2002:timestamp": construct_timestamp,
        _VALUE: construct_value,
    }


def _merged_entries(value: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return what ``<<`` merges, from the mapping that is overridden by all others to the first."""
    sources = value.value[::-1] if isinstance(value, yaml.SequenceNode) else [value]
    for source in sources:
        if not isinstance(source, yaml.MappingNode):
            raise _error_at(source.start_mark, "<< merges only a mapping or a list of mappings")
    return [entry for source in sources for entry in source.value]


_KINDS = {
    "binary": "data in base64",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "timestamp": "a date or a time",
}
_MAX_NUMBER = 1000
_SEVENTH_DIGIT = re.compile(r"\.[0-9]{6}([0-9])")
_BASES = {"0b": 2, "0o": 8, "0x": 16}

_FLOATS = (
    r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)",
    r"[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?",
    r"[-+]?\.(?:inf|Inf|INF)",
    r"\.(?:nan|NaN|NAN)",
)
_CLOCK = r"[0-9]{1,2}(?::[0-9]{2}){2}(?:\.[0-9]*)?"
_ZONE = r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?"
_TIMES = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    rf"[0-9]{{4}}(?:-[0-9]{{1,2}}){{2}}(?:[Tt]|[ \t]+){_CLOCK}{_ZONE}",
)
_PLAIN_SCALARS = (
    ("bool", "true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("float", "|".join(_FLOATS), [*"-+0123456789."]),
    ("int", "[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|_*[0-9][0-9_]*)", [*"-+0123456789"]),
    ("merge", "<<", ["<"]),
    ("null", "~|null|Null|NULL|", [*"~nN", ""]),
    ("timestamp", "|".join(_TIMES), [*"0123456789"]),
    ("value", "=", ["="]),
)
for _tag, _pattern, _first in _PLAIN_SCALARS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})\\Z"), _first
    )


class _Version11(yaml.resolver.Resolver):
    """The plain scalars after ``%YAML 1.1``: PyYAML's, and those that only ruamel.yaml has."""


_Version11.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:y|Y|n|N)\Z"), [*"yYnN"])
_Version11.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(f"(?:{_FLOATS[0]})\\Z"), [*"-+0123456789"]
)
