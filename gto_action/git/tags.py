"""Read all tags of a repository: two git processes, however many there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from gto_action.errors import UnreadableRepositoryError
from gto_action.git.files import ObjectReader
from gto_action.git.people import decode, read_headers, read_offset, read_person, read_signature
from gto_action.git.pipe import piped
from gto_action.git.repository import Repository
from gto_action.registry.events import Tag
from gto_action.registry.tagname import tag_prefixes


def read_tags(repository: Repository, artifact: str | None = None) -> Iterator[Tag]:
    """Give every tag, or those of one artifact, in the order of their names, annotated or not.

    Nothing but the tags themselves is read, so the commits that they point to need not be there.
    git-for-each-ref names them and git-cat-file, in a pipe with it, gives their objects: it is
    three times faster than to let the first format every field. Raises UnreadableRepositoryError.
    """
    names = ("for-each-ref", _NAMES, *_patterns(artifact))
    objects = ("cat-file", "--buffer", _OBJECTS)
    with (
        ObjectReader(repository) as reader,
        piped(repository, names, objects, purpose="read the tags") as stream,
    ):
        yield from _tags(stream, reader)


_NAMES = "--format=%(objectname) %(refname)"
_OBJECTS = "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)"


def _patterns(artifact: str | None) -> Iterator[str]:
    """Give patterns of git-for-each-ref(1), in which a star stands for all but a slash."""
    if artifact is None:
        yield "refs/tags"
        return
    for prefix in tag_prefixes(artifact):
        yield f"refs/tags/{prefix}*"
        yield f"refs/tags/{prefix}*/**"


def _tags(stream: IO[bytes], reader: ObjectReader) -> Iterator[Tag]:
    """Read tags from the answers of git-cat-file(1): a line, the object, a line feed."""
    buffer, at = b"", 0
    while True:
        end = buffer.find(b"\n", at)
        if end < 0:
            chunk = stream.read(_CHUNK)
            if not chunk:
                return
            buffer, at = buffer[at:] + chunk, 0
            continue
        answer = buffer[at:end].split(b" ", 3)
        if len(answer) < _ANSWER:
            raise _unreadable(f"object {b' '.join(answer).decode()}; git fsck tells more")
        oid, kind, size, ref = answer
        start, stop = end + 1, end + 1 + int(size)
        missing = stop + 1 - len(buffer)
        if missing > 0 and kind in _WITH_PEOPLE:
            buffer, at = buffer[at:] + stream.read(max(missing, _CHUNK)), 0
            continue
        name = ref[_PREFIX:].decode(errors="replace")
        if kind == b"tag":
            yield _annotated(name, buffer, start, stop, reader)
        elif kind == b"commit":
            yield _lightweight(name, oid, buffer[start:stop])
        else:
            yield Tag(name, oid.decode(), annotated=False, target=kind.decode())
            _skip(stream, missing)
        at = stop + 1


_CHUNK = 1 << 18
_ANSWER = 4  # the fields of _OBJECTS; what is missing has fewer
_PREFIX = len("refs/tags/")
_WITH_PEOPLE = frozenset({b"tag", b"commit"})


def _skip(stream: IO[bytes], size: int) -> None:
    """Read what a lightweight tag of a file holds, whatever its size, and forget it."""
    while size > 0:
        size -= len(stream.read(min(size, _CHUNK)))


def _annotated(name: str, buffer: bytes, start: int, stop: int, reader: ObjectReader) -> Tag:
    match = _TAG.match(buffer, start, stop)
    if match is None:
        raise _unreadable(f"the object of {name} is no tag that it knows; git fsck tells more")
    target, kind, who, seconds, zone, odd = match.groups()
    if kind == b"tag":
        target, kind = _peel(target, reader)
    if seconds:
        author, email = read_person(who)
        time, offset = int(seconds), read_offset(zone)
    else:
        author, email, time, offset = read_signature(odd or b"")
    text = buffer[match.end() : stop]
    if b"-----BEGIN " in text:
        text = _SIGNATURE.sub(b"", text)
    message = text.decode(errors="replace").strip()
    target_kind = _KINDS[kind]
    # by position: there may be a million, and names take twice as long
    fields = (name, target.decode(), True, author, email, time, offset, message, target_kind)
    return Tag(*fields)


def _lightweight(name: str, oid: bytes, content: bytes) -> Tag:
    """Make a tag of a commit's own; the author is the commit's, the time the committer's."""
    headers, message = read_headers(content)
    author = read_signature(headers.get(b"author", b""))
    committer = read_signature(headers.get(b"committer", b""))
    return Tag(
        name,
        oid.decode(),
        annotated=False,
        author=author.name,
        author_email=author.email,
        time=committer.time,
        offset=committer.offset,
        message=decode(message).strip(),
    )


def _peel(oid: bytes, reader: ObjectReader) -> tuple[bytes, bytes]:
    """Follow a tag of a tag to what is no tag: its SHA and its type."""
    kind = b"tag"
    while kind == b"tag":
        match = _TAG.match(reader.read(oid.decode()) or b"")
        if match is None:
            break
        oid, kind = match.group(1, 2)
    return oid, kind


def _unreadable(reason: str) -> UnreadableRepositoryError:
    return UnreadableRepositoryError(f"git can't read the tags: {reason}")


_KINDS = {kind: kind.decode() for kind in (b"commit", b"tree", b"blob", b"tag")}
_TAG = re.compile(
    rb"object ([0-9a-f]+)\ntype (commit|tree|blob|tag)\ntag [^\n]*\n"
    rb"(?:tagger (?:([^\n]*)> (-?[0-9]+) ([+-][0-9]+)|([^\n]*))\n)?(?:[^\n]+\n)*\n*"
)
# what git takes for the beginning of a signature, the last of them. Source: git-tag(1), gpg.format
_SIGNATURE = re.compile(
    rb"^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE|SSH SIGNATURE)-----"
    rb"(?!.*^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE|SSH SIGNATURE)-----).*",
    re.DOTALL | re.MULTILINE,
)
