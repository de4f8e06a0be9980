"""Two git processes, the second reading what the first writes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from gto_action.errors import UnreadableRepositoryError
from gto_action.git.repository import Repository


@contextmanager
def piped(
    repository: Repository,
    first: Sequence[str],
    second: Sequence[str],
    *,
    purpose: str,
    asked: bytes = b"",
) -> Iterator[IO[bytes]]:
    """Give what the second writes, once the first was given ``asked`` to read.

    When all was read and one of them failed, UnreadableRepositoryError is raised: git can't do what
    ``purpose`` says. Who stops early ends both.
    """
    with tempfile.TemporaryFile() as complaints:
        source = repository.git(*first, stderr=complaints)
        target = repository.git(*second, stdin=source.stdout, stderr=complaints)
        with source, target:
            assert source.stdin is not None
            assert source.stdout is not None
            assert target.stdout is not None
            source.stdout.close()
            with source.stdin, suppress(BrokenPipeError):
                source.stdin.write(asked)
            yield target.stdout
        if source.returncode or target.returncode:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()
            raise UnreadableRepositoryError(f"git can't {purpose}: {said}")
