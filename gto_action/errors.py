"""Every error that a user can meet, each with its exit code.

A message states what is wrong, where, and what to do. The codes are part of the contract:
docs/exit-codes.md lists them.
"""

from __future__ import annotations

from gto_action.util.text import truncate_inline


class GtoActionError(Exception):
    """An error that ends a run; ``str()`` of it is a message for the user on one line."""

    exit_code = 70
    exit_code_at_terminal = 1
    """The exit code of a command that does not perform the step: that of gto."""

    def __init__(self, message: str) -> None:
        """Join the lines of the message, which may quote git."""
        super().__init__(" ".join(message.split("\n")))


class InputError(GtoActionError):
    """An input, or a variable of the environment, has an invalid value."""

    exit_code = 2


class NoRepositoryError(GtoActionError):
    """There is neither a checkout nor a remote to read tags from."""

    exit_code = 3


class GitMissingError(GtoActionError):
    """There is no usable git program."""

    exit_code = 4


class FetchError(GtoActionError):
    """The tags, or a file at the tagged commit, could not be fetched from the remote."""

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
    """Git could not read the repository: it is corrupt, or not a repository."""

    exit_code = 9


class TimeLimitError(GtoActionError):
    """The step took longer than it may."""

    exit_code = 10


class PullError(GtoActionError):
    """The artifact's file could not be pulled; the event's outputs were set before."""

    exit_code = 11


class NotAllowedError(GtoActionError):
    """The tag's name, stage or type is not allowed, and the input ``strict`` makes it an error."""

    exit_code = 12

    def __init__(self, diagnostic: str) -> None:
        """Add to what is not allowed why it is an error."""
        super().__init__(f"{diagnostic}; the input strict makes it an error")


class PolicyError(GtoActionError):
    """The policy refuses an event; the step has set its outputs, a command has created nothing."""

    exit_code = 12
    exit_code_at_terminal = 12


class ForgeError(GtoActionError):
    """The host's API refused or failed; the event's outputs were set before."""

    exit_code = 14


class QueryError(GtoActionError):
    """A command has no result; the step never raises it."""

    exit_code = 1


class RefusedError(QueryError):
    """A change of the registry is refused: its state does not allow it; nothing was created."""


class ConflictError(GtoActionError):
    """Someone else changed the registry at the same time, and both changes are there."""

    exit_code = 13
    exit_code_at_terminal = 13


class PushError(QueryError):
    """The remote did not accept the tags; none of them is there unless the message says so."""


class UnreadableFileError(GtoActionError):
    """A file at the tagged commit cannot be used; it becomes a warning and never ends a run."""

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        """Keep the file, the reason, and the line (counted from 1) if it is known."""
        self.reason = truncate_inline(reason)  # it quotes the file
        super().__init__(f"{path}{f', line {line}' if line else ''}: {self.reason}")
        self.path = path
        self.line = line
