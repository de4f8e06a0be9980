"""Every error that a user can meet, each with its exit code.

A message says what is wrong, where, and what to do. The codes are part of the contract: README.md
lists them.
"""

from __future__ import annotations

from gto_action.util.text import truncate_inline


class GtoActionError(Exception):
    """What ends a run; ``str()`` of it is one message for the user, on one line."""

    exit_code = 70

    def __init__(self, message: str) -> None:
        """Make one line of the message, which may quote several lines of git's."""
        super().__init__(" ".join(message.split("\n")))


class InputError(GtoActionError):
    """An input, or a variable of the environment, has a value that means nothing."""

    exit_code = 2


class NoRepositoryError(GtoActionError):
    """There is neither a checkout nor a remote to read tags from."""

    exit_code = 3


class GitMissingError(GtoActionError):
    """There is no usable git program."""

    exit_code = 4


class FetchError(GtoActionError):
    """The remote did not give its tags, or a file at the tagged commit."""

    exit_code = 5


class TagNotFoundError(GtoActionError):
    """The tag to interpret does not exist."""

    exit_code = 6


class TagMovedError(GtoActionError):
    """The tag points to another commit than the one that triggered the run."""

    exit_code = 7


class OutputError(GtoActionError):
    """The outputs or the summary could not be written."""

    exit_code = 8


class UnreadableRepositoryError(GtoActionError):
    """Git could not read the repository: it is corrupt, or not one."""

    exit_code = 9


class TimeLimitError(GtoActionError):
    """The step took longer than it may."""

    exit_code = 10


class PullError(GtoActionError):
    """The artifact's file could not be brought; the event's outputs are told before."""

    exit_code = 11


class NotAllowedError(GtoActionError):
    """What the tag says is not allowed here, and the input ``strict`` makes it an error."""

    exit_code = 12

    def __init__(self, diagnostic: str) -> None:
        """Say what is not allowed, and why it is an error."""
        super().__init__(f"{diagnostic}; the input strict makes it an error")


class QueryError(GtoActionError):
    """What a person asks at a terminal has no answer; the step never meets it."""

    exit_code = 1


class UnreadableFileError(GtoActionError):
    """A file at the tagged commit can't be used; never ends a run, it becomes a warning."""

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        """Say which file, why, and at which line (counted from 1) where that is known."""
        self.reason = truncate_inline(reason)  # it quotes the file
        super().__init__(f"{path}: {self.reason}")
        self.path = path
        self.line = line
