"""Run git in a directory, with an environment."""

from __future__ import annotations

import errno
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from gto_action.errors import GitMissingError, UnreadableRepositoryError
from gto_action.util.process import start_program
from gto_action.util.text import escape_control_characters

FSCK = "run git fsck, and delete or fetch again what is broken"
"""What to do if Git can't read its own files."""


@dataclass(frozen=True, slots=True)
class GitRunner:
    """Runs git in a directory, with an environment."""

    directory: str
    environment: Mapping[str, str] = field(repr=False)  # a token may be in it

    def git(
        self,
        *arguments: str,
        stdin: int | IO[bytes] | None = subprocess.PIPE,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
        is_apart: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start git, with pipes for all streams by default; ``is_apart`` from Ctrl-C.

        Raises GitMissingError if there is no git program; UnreadableRepositoryError if it can't be
        started in the directory, or with these arguments.
        """
        try:
            return start_program(
                ("git", *arguments),
                directory=self.directory,
                environment=self.environment,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                is_apart=is_apart,
            )
        except OSError as error:
            if error.filename == self.directory:
                message = f"the directory {self.directory} can't be entered: {error.strerror}"
                raise UnreadableRepositoryError(message) from error
            if isinstance(error, FileNotFoundError):
                message = "there is no git program on the PATH: install git 2.36 or later"
                raise GitMissingError(message) from error
            if error.errno == errno.E2BIG:
                message = "git can't be started: an argument or a variable for it is too long"
                raise UnreadableRepositoryError(message) from error
            message = f"the git program can't be started: {error.strerror}"
            raise GitMissingError(message) from error

    def output(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git to its end; return its standard output, whatever its exit code.

        Raises GitMissingError; UnreadableRepositoryError if a signal ended git.
        """
        process = self.git(*arguments)
        output = process.communicate(stdin)[0]
        check_not_killed(process)
        return output


def check_not_killed(process: subprocess.Popen[bytes]) -> None:
    """Raise UnreadableRepositoryError if a signal ended a git process: its result is unknown."""
    if process.returncode < 0:
        raise UnreadableRepositoryError(
            f"git was ended by the signal {-process.returncode} while it read the repository"
        )


def read_stderr(process: subprocess.Popen[bytes], stdin: bytes = b"") -> str:
    """Wait for a git process; return what it wrote to standard error, without credentials.

    ``stdin`` is what it reads from its standard input.
    """
    return without_userinfo(process.communicate(stdin)[1].decode(errors="replace").strip())


def listed(repository: GitRunner, *arguments: str, end: str) -> list[str]:
    """Return what git lists, item by item; each ends with ``end``, and none is empty.

    Raises UnreadableRepositoryError.
    """
    process = repository.git(*arguments)
    output, stderr_bytes = process.communicate()
    if process.returncode != 0:
        stderr = without_userinfo(stderr_bytes.decode(errors="replace").strip())
        raise UnreadableRepositoryError(f"git can't read the repository: {stderr}; {FSCK}")
    return [item for item in output.decode(errors="surrogateescape").split(end) if item]


def without_userinfo(text: str) -> str:
    """Remove from every URL in a string what may be a password.

    These are the user information, even with characters that a URL may not have, and the query.
    """
    return _QUERY.sub("?…", _USERINFO.sub(r"\1", _PASSWORD.sub(r"\1", text)))


def printable_url(url: str) -> str:
    """Return a URL on one line and without what may be a password, even one with a line feed."""
    return without_userinfo(escape_control_characters(url))


# NAME:PASSWORD@HOST, a URL whose scheme was forgotten, which git takes for a path of ssh
_PASSWORD = re.compile(r"(^|[\s'\"])[^\s/@:'\"]+:[^\s/@]+@(?=[\w.-]+[:/])")
# NAME:PASSWORD@ or NAME@ after the slashes of a URL; a port and a slash are no password
_USERINFO = re.compile(r"(:/+)(?:[^\s/@]*:(?![0-9]*(?:/|\s|$))[^\n@]*@|[^\s/@]*@)+")
_QUERY = re.compile(r"(?<=\w)\?[^\s'\"=]*=[^\s'\"]*")
