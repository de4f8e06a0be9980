"""Signatures: the person and the time in a header of a tag or a commit."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Signature(NamedTuple):
    """A name, an e-mail, seconds since 1970 and minutes east of UTC."""

    name: str
    email: str
    time: int
    offset: int


def read_headers(content: bytes) -> tuple[dict[bytes, bytes], bytes]:
    """Parse a commit's object: its headers (the first of each name) and its message."""
    head, _, message = content.partition(b"\n\n")
    lines = (line.partition(b" ") for line in reversed(head.split(b"\n")))
    return {name: value for name, _, value in lines}, message


def read_signature(header: bytes, encoding: str = "utf-8") -> Signature:
    """Parse ``Name <email> seconds zone``; missing parts are empty, or the epoch.

    Old tags have no tagger at all. Source: git-fast-import(1), "Date Formats".
    """
    who, end, when = header.rpartition(b"> ")
    who, when = (who, when) if end else (header, b"")
    seconds, _, zone = when.partition(b" ")
    name, email = read_person(who, encoding)
    if not _SECONDS.fullmatch(seconds):
        return Signature(name, email, 0, 0)
    return Signature(name, email, int(seconds), read_offset(zone))


@lru_cache(maxsize=1024)
def read_person(who: bytes, encoding: str = "utf-8") -> tuple[str, str]:
    """Parse ``Name <email>``; cached, because a repository has few people and many signatures."""
    name, mark, email = who.partition(b"<")
    if not mark:
        return "", ""
    return decode(name.removesuffix(b" "), encoding), decode(email.partition(b">")[0], encoding)


@lru_cache(maxsize=1024)
def read_offset(zone: bytes) -> int:
    """Parse ``+hhmm`` as minutes east of UTC; anything else is 0."""
    match = _ZONE.fullmatch(zone)
    if match is None:
        return 0
    sign, hours, rest = match.groups()
    minutes = int(hours or b"0") * 60 + int(rest)
    return -minutes if sign == b"-" else minutes


# no more digits than a clock of 64 bits has
_SECONDS = re.compile(rb"-?[0-9]{1,19}")
_ZONE = re.compile(rb"([+-])([0-9]{0,3})([0-9]{2})")


def decode(content: bytes, encoding: str = "utf-8") -> str:
    """Decode text of Git; invalid bytes are replaced."""
    try:
        return content.decode(encoding, errors="replace")
    except LookupError:
        return content.decode(errors="replace")
