"""A pipe between two git processes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from gto_action.errors import UnreadableRepositoryError
from gto_action.git.runner import FSCK, GitRunner
from gto_action.util.process import end_program

if sys.platform == "linux":
    import fcntl


@contextmanager
def piped(
    repository: GitRunner,
    first: Sequence[str],
    second: Sequence[str],
    *,
    purpose: str,
    stdin: bytes = b"",
) -> Iterator[IO[bytes]]:
    """Yield what the second program writes, after the first has read ``stdin``.

    When all was read and one of them failed, UnreadableRepositoryError is raised: git can't do what
    ``purpose`` says. One that ends with 1 and prints nothing has found nothing. A caller that stops
    early ends both.
    """
    with tempfile.TemporaryFile() as stderr:
        source = repository.git(*first, stderr=stderr)
        target = repository.git(*second, stdin=source.stdout, stderr=stderr)
        with source, target:
            assert source.stdin is not None
            assert source.stdout is not None
            assert target.stdout is not None
            source.stdout.close()
            _widen(target.stdout)
            with source.stdin, suppress(BrokenPipeError):
                source.stdin.write(stdin)
            try:
                yield target.stdout
            except BaseException:  # who no longer reads can't wait for them to end by themselves
                end_program(source)
                end_program(target)
                raise
        stderr.seek(0)
        message = stderr.read().decode(errors="replace").strip()
        fine = {0} if message else {0, 1}
        failed = not fine.issuperset((source.returncode, target.returncode))
        if failed or "ignoring broken ref" in message:  # git goes on without it, and we can't
            raise UnreadableRepositoryError(
                f"git can't {purpose}: {message or 'it was killed'}; {FSCK}"
            )


def _widen(pipe: IO[bytes]) -> None:
    """Let git write a megabyte ahead: with Linux's 64 kB both sides wait for each other."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
