"""Read objects: one git process for any number of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from subprocess import Popen
from types import TracebackType
from typing import IO, Self

from gto_action.errors import FetchError, UnreadableFileError
from gto_action.git.runner import FSCK, GitRunner, without_userinfo
from gto_action.git.version import USAGE_ERROR, check_version
from gto_action.util.process import end_program

MAX_FILE_SIZE = 10 * 1024 * 1024
"""The largest file that is read, in bytes: no file of annotations is near it."""


def too_large(path: str) -> UnreadableFileError:
    """Return the error of a file that is larger than MAX_FILE_SIZE."""
    return UnreadableFileError(path, f"it is larger than {MAX_FILE_SIZE // 1024**2} MiB")


class ObjectReader:
    """Reads objects from a repository.

    One that is not in it is fetched from the remote that the repository was fetched from. If it
    can't be fetched by itself, ``recover`` is called once, to fetch it together with others.
    """

    def __init__(self, repository: GitRunner, recover: Callable[[], None] | None = None) -> None:
        self._repository = repository
        self._recover = recover
        self._process: Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._asked = ""

    def prepare(self, name: str) -> None:
        """Let git look for an object, and fetch it, before ``read`` asks for it."""
        with suppress(BrokenPipeError):  # which ``read`` reports
            self._send(f"info {name}")
            self._asked = f"info {name}"

    def stop(self) -> None:
        """End what is in progress."""
        if self._process is not None:
            end_program(self._process)
            self._end()

    def read(self, name: str) -> bytes | None:
        """Return an object's content by its name (``SHA``, ``SHA:path``); ``None`` if missing.

        A directory counts as missing. A symbolic link is followed as long as it stays in the tree.
        Raises UnreadableFileError if it is too large, FetchError if it should exist and cannot be
        read or fetched.
        """
        if "\n" in name:
            return None
        try:
            return self._read(name)
        except FetchError:
            if self._recover is None:
                raise
            recover, self._recover = self._recover, None
            recover()
            return self._read(name)

    def read_only_file(self, name: str) -> bytes | None:
        """Return the content of ``COMMIT:PATH`` as ``read`` does; ``None`` if nothing is there.

        Raises UnreadableFileError for anything but a file: a directory, a submodule, a link that
        leads to none; FetchError.
        """
        content = self.read(name)
        if content is None and "\n" not in name and self._find_entry(name):
            path = name.partition(":")[2]
            raise UnreadableFileError(path, "it is not a file, or a link that leads to none")
        return content

    def _read(self, name: str) -> bytes | None:
        header = self._ask(f"info {name}").split()
        if header[0] in _LINKS_TO_NOTHING:
            self._take(int(header[1]))
            path = name.partition(":")[2]
            raise UnreadableFileError(path, "it is a link that leads to no file of the repository")
        if header[-1] == b"missing":
            self._check_absent(name)
            return None
        if header[1] == b"tree":
            return None
        if int(header[2]) > MAX_FILE_SIZE:
            raise too_large(name.partition(":")[2])
        return self._take(int(self._ask(f"contents {name}").split()[2]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            if error is not None:  # it may wait for a server that does not answer
                end_program(self._process)
            self._end()

    def _check_absent(self, name: str) -> None:
        """Make sure that no tree has a file: git also reports a lost object as missing.

        Raises FetchError.
        """
        entry = self._find_entry(name) if ":" in name else None
        if entry and entry[0] != _SUBMODULE:
            raise FetchError(
                f"could not read {name}: its object {entry[1]} is missing or broken: {FSCK}"
            )

    def _find_entry(self, name: str) -> tuple[bytes, str] | None:
        """Return the mode and the object of what a tree has at ``COMMIT:PATH``, if anything."""
        commit, _, path = name.partition(":")
        mode, tree = _DIRECTORY, f"{commit}^{{tree}}"
        for part in path.encode(errors="surrogateescape").split(b"/"):
            entries = self._entries(tree) if mode == _DIRECTORY else {}
            if part not in entries:
                return None
            mode, tree = entries[part]
        return mode, tree

    def _entries(self, tree: str) -> dict[bytes, tuple[bytes, str]]:
        """Read a directory: modes and SHAs by name. Source: gitformat-pack(5), git-ls-tree(1)."""
        header = self._ask(f"info {tree}").split()
        if header[-1] == b"missing":
            raise FetchError(
                f"could not read the directory {tree}: it is missing or broken: {FSCK}"
            )
        content = self._take(int(self._ask(f"contents {tree}").split()[2]))
        digits = len(header[0]) // 2
        entries: dict[bytes, tuple[bytes, str]] = {}
        at = 0
        while at < len(content):
            end = content.index(b"\0", at)
            mode, _, name = content[at:end].partition(b" ")
            at = end + 1 + digits
            entries[name] = mode, content[end + 1 : at].hex()
        return entries

    def _take(self, size: int) -> bytes:
        """Read what follows a reply: some bytes and a line feed."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.read(size + 1)[:size]

    def _end(self) -> str:
        """Wait for git to end; return its standard error."""
        assert self._process is not None
        assert self._stderr is not None
        with self._stderr as stderr:
            # it ends once its standard input does, or has ended without reading it
            with suppress(BrokenPipeError), self._process:
                pass
            stderr.seek(0)
            message = stderr.read(_LONGEST)
        code = self._process.returncode
        self._process = None
        if code == USAGE_ERROR:
            check_version(self._repository)
        return message.decode(errors="replace").strip() or "git was killed"

    def _ask(self, question: str) -> bytes:
        try:
            assert self._asked in {"", question}, "what was prepared is read first"
            if question != self._asked:
                self._send(question)
            self._asked = ""
            assert self._process is not None
            assert self._process.stdout is not None
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if not answer:
            stderr = without_userinfo(self._end())
            raise FetchError(f"could not read {question.partition(' ')[2]}: {stderr}")
        return answer

    def _send(self, question: str) -> None:
        if self._process is None:
            self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in _end
            self._process = self._repository.git(
                *("cat-file", "--batch-command", "--follow-symlinks"), stderr=self._stderr
            )
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n".encode(errors="surrogateescape"))
        self._process.stdin.flush()


_LONGEST = 4096
# modes of entries of a tree, as its object has them
_DIRECTORY, _SUBMODULE = b"40000", b"160000"
# what git answers for a link that leads to no file of the tree; see git-cat-file(1)
_LINKS_TO_NOTHING = frozenset({b"dangling", b"loop", b"symlink", b"notdir"})


def borrowing(repository: GitRunner, objects: str) -> GitRunner:
    """Return a repository that also sees the objects in another repository's directory."""
    alternates = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(objects)}
    return GitRunner(repository.directory, {**repository.environment, **alternates})


def _quoted(path: str) -> str:
    """Return a path quoted for a list that is separated by colons. Source: git(1)."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if escaped != path or ":" in path else path
