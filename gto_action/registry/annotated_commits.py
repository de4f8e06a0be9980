"""Commits, and the artifacts that their files annotate."""

from __future__ import annotations

from dataclasses import dataclass

from gto_action.registry.events import iso8601


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as Git stores it; ``time`` and ``offset`` are the committer's, as those of a Tag.

    ``message`` is as it was written, with its line feed at the end.
    """

    sha: str
    author: str
    author_email: str
    committer: str
    committer_email: str
    time: int
    offset: int
    message: str

    @property
    def created_at(self) -> str:
        """The committer's time in ISO 8601, with its offset."""
        return iso8601(self.time, self.offset)


@dataclass(frozen=True, slots=True)
class AnnotatedCommit:
    """A commit whose files annotate an artifact."""

    name: str
    commit: Commit
