"""The ref that a step is asked about."""

from __future__ import annotations

from dataclasses import dataclass

from gto_action.registry.tagname import TagName, parse_tag_name


@dataclass(frozen=True, slots=True)
class Asked:
    """A tag's name and its parts; without parts it is no event, and ``reason`` says why."""

    tag: str
    parts: TagName | None
    reason: str = ""


def read_ref(ref: str) -> Asked:
    """Read a ref: ``refs/tags/NAME``, or ``NAME`` for a tag; any other ref is no event."""
    tag = ref.removeprefix("refs/tags/")
    if tag.startswith("refs/"):
        return Asked(tag, None, f"{ref} is no tag, so it is no event of the registry")
    parts = parse_tag_name(tag)
    return Asked(tag, parts, "" if parts else f"the tag {tag} is not one of the registry's")
