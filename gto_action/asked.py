"""The ref that a step is asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gto_action.registry.tagname import TagName, parse_tag_name

# of git-check-ref-format(1), what the grammar of tags would let through
_NO_REF = re.compile(r"^/|//|/$|\.\.|(?:^|/)\.|\.lock(?:/|$)|\.$")


@dataclass(frozen=True, slots=True)
class Asked:
    """A tag's name and its parts; without parts it is no event, and ``reason`` says why."""

    tag: str
    parts: TagName | None
    reason: str = ""


def read_ref(ref: str) -> Asked:
    """Read a ref: ``refs/tags/NAME``, or ``NAME`` for a tag; any other ref is no event."""
    tag = ref.removeprefix("refs/tags/")
    if tag == ref and ref.startswith("refs/"):
        return Asked(ref, None, f"{ref} is no tag, so it is no event of the registry")
    if _NO_REF.search(tag):
        return Asked(tag, None, f"{tag} is no name that Git allows for a tag")
    parts = parse_tag_name(tag)
    return Asked(tag, parts, "" if parts else f"the tag {tag} is not one of the registry's")
