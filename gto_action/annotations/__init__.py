"""What the repository's files say of an artifact, at one commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gto_action.errors import UnreadableFileError

ReadFile = Callable[[str], bytes | None]
"""Gives a file's content by its path from the repository's root; ``None`` if there is none."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a file says of an artifact; what it leaves out is empty.

    ``file`` is the file that says so. ``path`` is from the repository's root, or a URL; with
    ``virtual`` it is said not to be in the repository. ``meta`` is what YAML made of it: any value.
    """

    file: str
    path: str = ""
    type: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    meta: object = None
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, for the user: in a file, or anywhere else where ``file`` is empty.

    ``line`` counts from 1. What is ``minor`` changes no answer: it has no effect.
    """

    file: str
    line: int | None
    message: str
    minor: bool = False

    @classmethod
    def of(cls, error: UnreadableFileError) -> Finding:
        """Make a finding of what is wrong with a file that can't be used."""
        return cls(error.path, error.line, error.reason)

    def at(self, commit: str) -> Finding:
        """Say too at which commit, by its SHA, the file is so."""
        return replace(self, file=f"{commit[:7]}:{self.file}")

    def __str__(self) -> str:
        """Say where it is and what."""
        return f"{self.file}: {self.message}" if self.file else self.message


Warn = Callable[[Finding], None]
"""Is told what is wrong."""
