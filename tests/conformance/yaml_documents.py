"""YAML documents of random structure: anchors, merges, escapes, tags, comments and line ends."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

PLAIN = (
    *("a", "b c", "x#y", "a:b", "é", "😀", "\\ud83d", "on", "true", "True", "~", "null", "1"),
    *("0x1", "1.0", "010", "1:30", "-1", "a'b", 'a"b', "-a", "2020-01-01", "2020-01-01 10:00:00"),
)
RARE_PLAIN = ("=", "<<")
PIECES = (
    *("a", " ", "b c", "'", "#", ": ", "é", "😀", r"\n", r"\t", r"\\", r"\"", r"\/", r"\x41"),
    *(r"\_", r"\e", r"\L", r"\0", r"\u00e9", r"\U0001F600", r"\ud83d\ude00", r"\uD83D", r"\ude00"),
    *(r"\U0000d83d", r"\U0000D83D\ude00", r"\\ud83d", "\\\n   ", "\n   ", "\n\n   "),
)
TAGS = ("!!str", "!", "!!null")
MAPPING_TAGS = ("!!map", "!", "!!set")
SEQUENCE_TAGS = ("!!seq", "!")
RARE_TAGS = ("!!int", "!!float", "!!bool", "!x", "!!timestamp", "!!binary", "!!omap", "!!pairs")
STARTS = (
    *("", "", "", "---\n", "--- # comment\n", "# comment\n", "\n"),
    *("%YAML 1.2\n---\n", "%YAML 1.1\n---\n"),
)
ANCHORS = ("a", "b", "c-1")
COMMENTS = ("", "", "", " # comment", ' # "\\ud83d', "\n# comment\n", "\n\n")


class _Writer:
    """Writes a document of random structure, whose aliases have anchors before them."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._anchors: set[str] = set()
        self._mappings: set[str] = set()

    def document(self) -> str:
        body = self._block(0, self._draw(st.integers(1, 4)), mapping=True)
        start = self._choose(STARTS)
        text = start + body + self._choose(("", "", "", "...\n", "# comment", "\n\n"))
        text = text.replace("\n", self._choose(("\n", "\n", "\r\n", "\r")))
        return self._choose(("", "", "", "\ufeff")) + text

    def _choose(self, values: Sequence[str]) -> str:
        return self._draw(st.sampled_from(values))

    def _chance(self, of: int) -> bool:
        return self._draw(st.integers(0, of - 1)) == of - 1

    def _properties(self, tags: tuple[str, ...]) -> tuple[str, str]:
        """Choose a tag and an anchor; return them as they are written, and the anchor."""
        anchor = self._choose(ANCHORS) if self._chance(3) else ""
        tag = self._choose(tags) if self._chance(8) else ""
        if self._chance(40):
            tag = self._choose(RARE_TAGS)
        written = [f"&{anchor}" if anchor else "", tag]
        if self._chance(2):
            written.reverse()
        self._anchors.discard(anchor)
        self._mappings.discard(anchor)
        return "".join(f"{item} " for item in written if item), anchor

    def _define(self, anchor: str, *, mapping: bool) -> None:
        if anchor:
            self._anchors.add(anchor)
            if mapping:
                self._mappings.add(anchor)

    def _block(self, indent: int, depth: int, *, mapping: bool) -> str:
        """Write a block collection whose lines are indented, without its properties."""
        pad = " " * indent
        lines = []
        keys: set[str] = set()
        for _ in range(self._draw(st.integers(1, 4))):
            start = pad + (self._new_key(keys) + ":" if mapping else "-")
            lines.append(start + self._value(indent, depth, merge=start.endswith("<<:")))
        return "".join(lines)

    def _value(self, indent: int, depth: int, *, merge: bool) -> str:
        """Write what follows a block mapping's ``:`` or a sequence's ``-``, with its line end."""
        if merge:
            return f" {self._merge_value(depth)}\n"
        if depth and self._chance(3):
            is_mapping = not self._chance(3)
            properties, anchor = self._properties(MAPPING_TAGS if is_mapping else SEQUENCE_TAGS)
            deeper = indent + self._draw(st.integers(1, 3))
            nested = self._block(deeper, depth - 1, mapping=is_mapping)
            self._define(anchor, mapping=is_mapping)
            return f" {properties}".rstrip() + f"{self._choose(COMMENTS)}\n{nested}"
        if self._chance(8):
            return f" {self._block_scalar(indent)}"
        comment = self._choose(COMMENTS)
        return f" {self._flow(depth)}{comment}\n"

    def _new_key(self, keys: set[str]) -> str:
        """Write a key that is not one of ``keys``, as a rule."""
        key = self._key()
        if key in keys and not self._chance(20):
            key = f"k{len(keys)}"
        keys.add(key)
        return key

    def _key(self) -> str:
        if self._chance(4):
            return "<<"
        if self._anchors and self._chance(12):
            return f"*{self._draw(st.sampled_from(sorted(self._anchors)))} "
        if self._chance(8):
            return self._double_quoted(multiline=False)
        return self._choose(("k", "l", "m", "n", "k", "'k'", "é", *PLAIN))

    def _merge_value(self, depth: int) -> str:
        if self._chance(10):
            return self._flow(depth)
        mappings = sorted(self._mappings)
        if mappings and self._chance(3):
            chosen = self._draw(st.lists(st.sampled_from(mappings), max_size=3))
            return "[" + ", ".join(f"*{item}" for item in chosen) + "]"
        if mappings and not self._chance(3):
            return f"*{self._draw(st.sampled_from(mappings))}"
        return self._flow_mapping(depth)

    def _flow(self, depth: int) -> str:
        if self._anchors and self._chance(4):
            return f"*{self._draw(st.sampled_from(sorted(self._anchors)))} "
        if depth and self._chance(3):
            return self._flow_mapping(depth)
        if depth and self._chance(4):
            properties, anchor = self._properties(SEQUENCE_TAGS)
            items = [self._flow(depth - 1) for _ in range(self._draw(st.integers(0, 3)))]
            self._define(anchor, mapping=False)
            return f"{properties}[{', '.join(items)}{self._choose(('', '', ','))}]"
        return self._scalar()

    def _flow_mapping(self, depth: int) -> str:
        properties, anchor = self._properties(MAPPING_TAGS)
        entries = []
        keys: set[str] = set()
        for _ in range(self._draw(st.integers(0, 3))):
            key = self._new_key(keys)
            value = self._merge_value(depth - 1) if key == "<<" else self._flow(max(depth - 1, 0))
            entries.append(f"{key}: {value}")
        self._define(anchor, mapping=True)
        separator = self._choose((", ", ",", ",\n     "))
        return f"{properties}{{{separator.join(entries)}}}"

    def _scalar(self) -> str:
        if self._chance(80):
            # without an anchor: an alias of it as a key makes ruamel.yaml read the value too
            return self._choose(RARE_PLAIN)
        properties, anchor = self._properties(TAGS)
        self._define(anchor, mapping=False)
        match self._draw(st.integers(0, 3)):
            case 0:
                return properties + self._double_quoted(multiline=True)
            case 1:
                text = self._draw(st.text("ab '\"\\é😀#:", max_size=6)).replace("'", "''")
                return f"{properties}'{text}'"
            case _:
                return properties + self._choose((*PLAIN, ""))

    def _double_quoted(self, *, multiline: bool) -> str:
        pieces = self._draw(st.lists(st.sampled_from(PIECES), max_size=5))
        return '"' + "".join(piece for piece in pieces if multiline or "\n" not in piece) + '"'

    def _block_scalar(self, indent: int) -> str:
        properties, anchor = self._properties(("!!str", "!"))
        self._define(anchor, mapping=False)
        head = self._choose(("|", ">")) + self._choose(("", "-", "+"))
        lines = self._draw(
            st.lists(st.sampled_from(("x", "", '"\\ud83d"', "  y", "# z", "é: 1")), max_size=4)
        )
        pad = " " * (indent + 2)
        text = "".join(f"{pad}{line}\n" if line else "\n" for line in ("x", *lines))
        return f"{properties}{head}{self._choose(('', ' # comment'))}\n{text}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    return _Writer(draw).document()
