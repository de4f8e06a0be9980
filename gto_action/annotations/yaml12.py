"""YAML files as DVC reads them: version 1.2, no key twice.

PyYAML reads version 1.1, in which ``on`` is true, ``010`` is eight and ``1:30`` is ninety; DVC's
library reads 1.2. The plain scalars below are those that it takes for something else than a text.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from gto_action.errors import UnreadableFileError

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader as _Base  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its path, its content, and where in it things stand."""

    path: str
    value: object
    _root: yaml.Node | None

    def error(self, reason: str, *keys: str) -> UnreadableFileError:
        """Make an error about what stands at some keys, or at the last of them that is there."""
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
    """Read a YAML file of one document. Raises UnreadableFileError, at the line if it is known.

    The documents read last are kept: what is asked of one artifact is often asked of its neighbour.
    """
    try:
        _check_size(content)
        loader = _Loader(content)
        try:
            root = loader.get_single_node()
            value = None if root is None else loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"it is not valid YAML: {error.problem or error.context}"
        raise UnreadableFileError(path, reason, mark.line + 1 if mark else None) from error
    except _NOT_VALID as error:
        reason = str(error).partition("\n")[0]
        raise UnreadableFileError(path, f"it is not valid YAML: {reason}") from error
    return Document(path, value, root)


# what PyYAML's own constructors let through: `!!bool x`, `!!float ""`, `!!timestamp x`, `!!set [a]`
_NOT_VALID = (
    *(yaml.YAMLError, ValueError, RecursionError, OverflowError),
    *(KeyError, AttributeError, IndexError, TypeError),
)

DEEPEST = 100
"""The most levels of a file: libyaml's own recursion ends the process at some ten thousand."""
MOST_NODES = 200_000
"""The most nodes of a file with every alias written out: nine levels of nine aliases are 400 M."""


def _check_size(content: bytes) -> None:
    """Refuse, before anything is built, what would take too deep a stack or too much memory."""
    sizes: dict[str, int] = {}
    nodes: list[tuple[str | None, int]] = [(None, 0)]
    for event in yaml.parse(content, Loader=_Base):
        anchor, size = getattr(event, "anchor", None), 1
        if isinstance(event, yaml.CollectionStartEvent):
            nodes.append((anchor, size))
            if len(nodes) > DEEPEST:
                raise _refusal(event, f"it has more than {DEEPEST} levels")
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = nodes.pop()
        elif isinstance(event, yaml.AliasEvent):
            if anchor not in sizes:
                raise _refusal(event, f"the alias {anchor} stands for nothing that is complete")
            size = sizes[anchor]
        elif not isinstance(event, yaml.ScalarEvent):
            continue
        if anchor:
            sizes[anchor] = size
        outer, so_far = nodes[-1]
        nodes[-1] = outer, so_far + size
        if so_far + size > MOST_NODES:
            raise _refusal(event, f"it has more than {MOST_NODES} nodes, its aliases written out")


def _refusal(event: yaml.Event, problem: str) -> yaml.MarkedYAMLError:
    mark: Any = event.start_mark  # libyaml has a class of its own for it
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


class _Loader(_Base):
    """The safe loader, with the scalars of YAML 1.2."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own, filled below

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - as PyYAML calls it
    ) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = (
                key_node.tag,
                key_node.value if isinstance(key_node.value, str) else id(key_node),
            )
            if key in seen and key_node.tag != _MERGE:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key_node.value} stands there twice",
                    problem_mark=key_node.start_mark,
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        text = self.construct_scalar(node).replace("_", "")
        if len(text) > _LONGEST_NUMBER:
            raise ValueError(f"a number has more than {_LONGEST_NUMBER} digits")
        base = _BASES.get(text.lstrip("+-")[:2])
        return int(text, base) if base else int(text)


_LONGEST_NUMBER = 1000
_BASES = {"0b": 2, "0o": 8, "0x": 16}
_MERGE = "tag:yaml.org,2002:merge"

_FLOATS = (
    r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)",
    r"[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?",
    r"[-+]?\.(?:inf|Inf|INF)",
    r"\.(?:nan|NaN|NAN)",
)
_CLOCK = r"[0-9]{1,2}(?::[0-9]{2}){2}(?:\.[0-9]*)?"
_ZONE = r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?"
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
)
for _tag, _pattern, _first in _PLAIN_SCALARS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})\\Z"), _first
    )
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
