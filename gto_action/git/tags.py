"""Read all tags of a repository: two git processes for any number of them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import IO

from gto_action.errors import UnreadableFileError, UnreadableRepositoryError
from gto_action.git.objects import ObjectReader
from gto_action.git.pipe import piped
from gto_action.git.runner import FSCK, GitRunner
from gto_action.git.signatures import read_headers, read_offset, read_person, read_signature
from gto_action.registry.events import Tag
from gto_action.registry.tag_names import tag_prefixes


def read_tags(
    repository: GitRunner, artifact: str | None = None, full_message_for: str = ""
) -> Iterator[Tag]:
    """Yield every tag, or those of one artifact, in the order of their names, annotated or not.

    The tag ``full_message_for`` has its message up to MAX_MESSAGE_SIZE, the others the beginning of
    theirs, because there may be a million.

    Nothing but the tags themselves is read, so the commits that they point to need not be there.
    One git process names them and git-cat-file, in a pipe with it, gives their objects: it is
    three times faster than to let git-for-each-ref format every field. Raises
    UnreadableRepositoryError.
    """
    names = _ALL if artifact is None else (*_SOME, *tag_patterns(artifact))
    objects = ("cat-file", "--buffer", _OBJECTS)
    try:
        with (
            ObjectReader(repository) as reader,
            piped(repository, names, objects, purpose="read the tags") as stream,
        ):
            yield from tags_in(stream, reader, full_message_for)
    except _LostObjectError as error:
        tags = ", ".join(_tags_at(repository, error.sha)) or "a tag"
        raise _unreadable(
            f"the object {error.sha} of {tags} is missing or broken; {FSCK}"
        ) from error


# git-show-ref(1) writes while it looks, git-for-each-ref(1) once it has seen all
_ALL = ("show-ref", "--tags")
_SOME = ("for-each-ref", "--format=%(objectname) %(refname)")
_OBJECTS = "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)"


def read_objects(
    repository: GitRunner, shas: Mapping[str, str], reader: ObjectReader
) -> Iterator[Tag]:
    """Yield tags that no ref names yet, given the SHAs of their objects by name.

    ``reader`` reads what a tag of a tag points to. Raises UnreadableRepositoryError.
    """
    lines = "".join(f"{sha} refs/tags/{name}\n" for name, sha in shas.items())
    output = repository.output("cat-file", "--buffer", _OBJECTS, stdin=lines.encode())
    for tag in tags_in(io.BytesIO(output), reader):
        yield tag._replace(message=_complete_message(repository, shas[tag.name], tag))


def _complete_message(repository: GitRunner, sha: str, tag: Tag) -> str:
    """Return the complete message of a tag, of which a long one was read in part."""
    if len(tag.message) < _BEGINNING // 4:
        return tag.message
    return message_of(repository.output("cat-file", "tag", sha))


def message_of(content: bytes) -> str:
    """Return the message of a tag, without its signature, given its object."""
    return _message(content.partition(b"\n\n")[2], MAX_MESSAGE_SIZE)


def message_as_read(message: str) -> str:
    """Return the message of a tag that is made with it, as it is read: decoded, and cut."""
    return _message(message.encode(errors="surrogateescape"), MAX_MESSAGE_SIZE)


def tag_patterns(artifact: str) -> Iterator[str]:
    """Return patterns for git-for-each-ref(1), in which a star matches all but a slash."""
    for prefix in tag_prefixes(artifact):
        yield f"refs/tags/{prefix}*"
        yield f"refs/tags/{prefix}*/**"


def tags_in(stream: IO[bytes], reader: ObjectReader, full_message_for: str = "") -> Iterator[Tag]:
    """Parse tags printed by git-cat-file(1): a line as in _OBJECTS, the object, a line feed.

    ``reader`` reads what a tag of a tag points to. A truncated object gives no tag, for
    git then says why. Raises UnreadableRepositoryError.
    """
    buffer, at = b"", 0
    while True:
        usual = _USUAL.match(buffer, at)
        if usual is not None:
            length, ref, target, who, seconds, zone = usual.groups()
            start = usual.end()
            stop = usual.end(2) + 1 + int(length)
            if start <= stop < len(buffer):
                author, email = read_person(who)
                time, offset = int(seconds), read_offset(zone)
                name = ref.decode("utf-8", "replace")
                limit = MAX_MESSAGE_SIZE if name == full_message_for else _BEGINNING
                message = _message(buffer[start:stop], limit)
                fields = (name, target.decode(), True, author, email, time, offset, message)
                yield tuple.__new__(Tag, (*fields, "commit"))
                at = stop + 1
                continue
        end = buffer.find(b"\n", at)
        if end >= 0:
            oid, kind, size, ref = _read_answer(buffer[at:end])
            start = end + 1
            stop = start + min(size, _MAX_READ)
        if end < 0 or (stop > len(buffer) and kind in _WITH_PEOPLE):
            chunk = stream.read(_CHUNK)
            if not chunk:
                return
            buffer, at = buffer[at:] + chunk, 0
            continue
        name = _text(ref)
        limit = MAX_MESSAGE_SIZE if name == full_message_for else _BEGINNING
        if kind == b"tag":
            yield _annotated(name, buffer[start:stop], reader, limit)
        elif kind == b"commit":
            yield _lightweight(name, oid, buffer[start:stop], limit)
        else:
            yield Tag(name, oid.decode(), annotated=False, target=kind.decode())
        at = start + size + 1
        if at > len(buffer):
            _skip(stream, at - len(buffer))
            buffer, at = b"", 0


MAX_MESSAGE_SIZE = 1 << 20
"""The maximum number of bytes that are read of a tag's message; the rest is ignored."""
_BEGINNING = 1 << 12
_MAX_READ = MAX_MESSAGE_SIZE + (1 << 16)  # a tag's headers are before it
_CHUNK = 1 << 18
_WITH_PEOPLE = frozenset({b"tag", b"commit"})


def _read_answer(line: bytes) -> tuple[bytes, bytes, int, bytes]:
    """Parse the line before an object: its SHA, its type, its size in bytes, the tag's name."""
    match = _ANSWER.fullmatch(line)
    if match is None:  # it is missing, or worse
        raise _LostObjectError(_text(line).partition(" ")[0])
    oid, kind, size, ref = match.groups()
    return oid, kind, int(size), ref


def _skip(stream: IO[bytes], size: int) -> None:
    """Skip content that no tag needs: a file, or the rest of a huge message."""
    while size > 0 and (chunk := stream.read(min(size, _CHUNK))):
        size -= len(chunk)


def _annotated(name: str, content: bytes, reader: ObjectReader, limit: int) -> Tag:
    match = _TAG.match(content)
    if match is None:
        raise _unreadable(f"the object of {name} is not a known tag; {FSCK}")
    target, kind, tagger = match.groups()
    if kind == b"tag":
        target, kind = _peel(target, reader)
    author = read_signature(tagger or b"")
    return Tag(
        name,
        target.decode(),
        author=author.name,
        author_email=author.email,
        time=author.time,
        offset=author.offset,
        message=_message(content[match.end() :], limit),
        target=kind.decode(),
    )


def _message(content: bytes, limit: int) -> str:
    text = content[:limit].decode("utf-8", "replace")
    if "-----BEGIN " in text:
        begins = [match.start() for match in _SIGNATURE.finditer(content)]
        if begins:
            text = _text(content[: min(begins[-1], limit)])
    return text.strip()


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _lightweight(name: str, oid: bytes, content: bytes, limit: int) -> Tag:
    """Return a lightweight tag; the author is the commit's, the time the committer's."""
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
        message=_text(message[:limit]).strip(),
    )


def _peel(oid: bytes, reader: ObjectReader) -> tuple[bytes, bytes]:
    """Peel a tag of a tag: return the SHA and the type of its target."""
    kind = b"tag"
    while kind == b"tag":
        try:
            match = _TAG.match(reader.read(oid.decode()) or b"")
        except UnreadableFileError:  # a tag of megabytes
            break
        if match is None:
            break
        oid, kind = match.group(1, 2)
    return oid, kind


class _LostObjectError(UnreadableRepositoryError):
    """The object that a tag's ref names is missing or broken."""

    def __init__(self, sha: str) -> None:
        super().__init__(f"git can't read the tags: the object {sha} is missing or broken; {FSCK}")
        self.sha = sha


def _tags_at(repository: GitRunner, sha: str) -> Iterator[str]:
    """Yield the names of the tags whose refs name an object, which need not be there."""
    form = "--format=%(objectname) %(refname:lstrip=2)"
    lines = repository.output("for-each-ref", form, "refs/tags").decode(errors="replace")
    for line in lines.splitlines():
        oid, _, name = line.partition(" ")
        if oid == sha:
            yield name


def _unreadable(reason: str) -> UnreadableRepositoryError:
    return UnreadableRepositoryError(f"git can't read the tags: {reason}")


_ANSWER = re.compile(rb"([0-9a-f]+) (tag|commit|tree|blob) ([0-9]{1,18}) refs/tags/(.*)")
# what git-tag(1) writes for a commit: nearly every tag, so it is read in one go
_USUAL = re.compile(
    rb"[0-9a-f]+ tag ([0-9]+) refs/tags/([^\n]*)\n"
    rb"object ([0-9a-f]+)\ntype commit\ntag [^\n]*\n"
    rb"tagger ([^\n>]*)> ([0-9]{1,18}) ([+-][0-9]+)\n\n"
)
_TAG = re.compile(
    rb"object ([0-9a-f]+)\ntype (commit|tree|blob|tag)\ntag [^\n]*\n"
    rb"(?:tagger ([^\n]*)\n)?(?:[^\n]+\n)*\n*"
)
# what git takes for the beginning of a signature, the last of them. Source: git-tag(1), gpg.format
_SIGNATURE = re.compile(
    rb"^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE|SSH SIGNATURE)-----", re.MULTILINE
)
