"""Diagnostics: problems of tags, files and variables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gto_action.errors import UnreadableFileError


class Severity(StrEnum):
    """An error makes a result wrong or incomplete; a warning may be intended."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem: a ``message`` of one line, and its location.

    ``file`` is a path from the repository's root, empty if no file is concerned; ``line`` counts
    from 1. `gto-action doctor` adds the ``kind``, the ``subject`` (a tag, an artifact or a file)
    and the ``remedy``, which is what to do.
    """

    message: str
    file: str = ""
    line: int | None = None
    severity: Severity = Severity.ERROR
    kind: str = ""
    subject: str = ""
    remedy: str = ""

    @classmethod
    def of(cls, error: UnreadableFileError, severity: Severity = Severity.ERROR) -> Diagnostic:
        """Return the diagnostic of a file that cannot be used."""
        return cls(error.reason, error.path, error.line, severity)

    def at(self, commit: str) -> Diagnostic:
        """Return the same about the file as a commit, given by its SHA, has it."""
        return replace(self, file=f"{commit[:7]}:{self.file}")

    @property
    def located(self) -> str:
        """The message after its file and line, if there are any."""
        line = f", line {self.line}" if self.line else ""
        return f"{self.file}{line}: {self.message}" if self.file else self.message

    def __str__(self) -> str:
        """Return the file, if there is one, and the message."""
        return f"{self.file}: {self.message}" if self.file else self.message
