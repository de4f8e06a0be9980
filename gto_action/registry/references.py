"""References: parse a ref that is to be interpreted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gto_action.registry.selectors import is_artifact_name
from gto_action.registry.tag_names import TagName, parse_tag_name, tag_prefixes
from gto_action.util.text import truncate_inline

# of git-check-ref-format(1), what the grammar of tags would let through
_NO_REF = re.compile(r"^/|//|/$|\.\.|(?:^|/)\.|\.lock(?:/|$)|\.$")


@dataclass(frozen=True, slots=True)
class ParsedRef:
    """A tag's name and its parts; without parts it is not an event, for a ``reason``."""

    tag: str
    parts: TagName | None
    reason: str = ""


def read_ref(ref: str) -> ParsedRef:
    """Parse a ref: ``refs/tags/NAME``, or ``NAME`` for a tag; any other ref is not an event."""
    tag = ref.removeprefix("refs/tags/")
    shown = truncate_inline(tag)
    if tag == ref and ref.startswith("refs/"):
        return ParsedRef(ref, None, f"{shown} is not a tag, so it is not a registry event")
    if _NO_REF.search(tag):
        return ParsedRef(tag, None, f"'{shown}' is not a name that Git allows for a tag")
    parts = parse_tag_name(tag)
    return ParsedRef(tag, parts, "" if parts else f"tag '{shown}' is not a registry tag")


def taggable(artifact: str | None) -> str | None:
    """Return an artifact's name if a tag can have it, and ``None`` for any other name."""
    if not artifact or not is_artifact_name(artifact):
        return None
    return artifact if read_ref(f"{tag_prefixes(artifact)[0]}v0.0.0").parts else None


def near_miss_sentence(reference: ParsedRef) -> str:
    """Return a hint that a tag was probably intended to be a registry tag; empty if not."""
    from gto_action.registry.near_misses import (  # noqa: PLC0415 - few refs need it
        near_miss,
        resembles_tag_name,
    )

    is_tag = reference.parts is None and not reference.tag.startswith("refs/")
    if not is_tag or _NO_REF.search(reference.tag) or not resembles_tag_name(reference.tag):
        return ""
    nearest = near_miss(reference.tag)
    hint = (
        f" (did you mean '{nearest.tag}'?): {nearest.rule}" if nearest else ", and looks like one"
    )
    return truncate_inline(f"tag '{reference.tag}' is not a registry tag{hint}")
