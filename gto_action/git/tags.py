"""Read all tags of a repository: one git process, however many there are."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from typing import IO

from gto_action.errors import UnreadableRepositoryError
from gto_action.git.files import ObjectReader
from gto_action.git.repository import Repository
from gto_action.registry.events import Tag
from gto_action.registry.tagname import tag_prefixes


def read_tags(repository: Repository, artifact: str | None = None) -> Iterator[Tag]:
    """Give every tag, or those of one artifact, in the order of their names, annotated or not.

    Nothing but the tags themselves is read, so the commits that they point to need not be there.
    Raises UnreadableRepositoryError.
    """
    with tempfile.TemporaryFile() as complaints:
        process = repository.git(
            "for-each-ref", f"--format={_FORMAT}", *_patterns(artifact), stderr=complaints
        )
        with process:
            assert process.stdout is not None
            for record in _records(process.stdout):
                yield _tag(repository, record)
        if process.returncode != 0:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()
            raise UnreadableRepositoryError(f"git can't read the tags: {said}")


def _patterns(artifact: str | None) -> Iterator[str]:
    """Give patterns of git-for-each-ref(1), in which a star stands for all but a slash."""
    if artifact is None:
        yield "refs/tags"
        return
    for prefix in tag_prefixes(artifact):
        yield f"refs/tags/{prefix}*"
        yield f"refs/tags/{prefix}*/**"


def read_date(date: bytes) -> tuple[int, int]:
    """Read Git's raw date: seconds since 1970, and minutes east of UTC.

    An old tag without a tagger has none: the epoch.
    """
    match = _RAW_DATE.fullmatch(date)
    if match is None:
        return 0, 0
    seconds, sign, hours, minutes = match.groups()
    offset = int(hours) * 60 + int(minutes)
    return int(seconds), -offset if sign == b"-" else offset


_FIELDS = (
    "refname",
    "objecttype",
    "objectname",
    "object",
    "type",
    "taggername",
    "taggeremail:trim",
    "taggerdate:raw",
    "authorname",
    "authoremail:trim",
    "committerdate:raw",
    "contents:signature",
    "contents",
)
_FORMAT = "".join(f"%({name})%00" for name in _FIELDS)
_CHUNK = 1 << 20


def _records(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """Split git's output into the fields of one tag after another; a line feed is between tags."""
    size = len(_FIELDS)
    fields: list[bytes] = []
    rest = b""
    while chunk := stream.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        fields += whole
        complete = len(fields) - len(fields) % size
        for start in range(0, complete, size):
            yield fields[start : start + size]
        del fields[:complete]


def _tag(repository: Repository, record: list[bytes]) -> Tag:
    ref, kind, oid, target, target_kind, name, email, date, *of_commit, signature, text = record
    annotated = kind == b"tag"
    if not annotated:
        target, target_kind = oid, kind
        name, email, date = of_commit
    elif target_kind == b"tag":
        target, target_kind = _peel(repository, target)
    time, offset = read_date(date)
    return Tag(
        name=ref.lstrip(b"\n").removeprefix(b"refs/tags/").decode(errors="replace"),
        commit=target.decode(),
        annotated=annotated,
        author=name.decode(errors="replace"),
        author_email=email.decode(errors="replace"),
        time=time,
        offset=offset,
        message=text.removesuffix(signature).decode(errors="replace").strip(),
        target=target_kind.decode(),
    )


def _peel(repository: Repository, oid: bytes) -> tuple[bytes, bytes]:
    """Follow a tag of a tag to what is no tag: its SHA and its type."""
    with ObjectReader(repository) as objects:
        kind = b"tag"
        while kind == b"tag":
            header = objects.read(oid.decode())
            match = _TAG_HEADER.match(header or b"")
            if match is None:
                break
            oid, kind = match.groups()
    return oid, kind


_TAG_HEADER = re.compile(rb"object ([0-9a-f]+)\ntype ([a-z]+)\n")


_RAW_DATE = re.compile(rb"(-?[0-9]+) ([+-])([0-9]+)([0-9]{2})")
