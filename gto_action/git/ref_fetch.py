"""Fetch one ref's commit, with the names of the files at its root, beside the fetch of the tags."""

from __future__ import annotations

from gto_action.git.runner import GitRunner, read_stderr
from gto_action.util.process import end_program

_FETCHED = "refs/gto-action/ref"


class RefFetch:
    """A fetch in progress, into a repository of its own: two fetches into one would wait."""

    def __init__(self, repository: GitRunner, words: tuple[str, ...], ref: str) -> None:
        """Start it; ``words`` are git's up to the refspec."""
        self.repository = repository
        self.ref = ref
        self._process = repository.git(*words, f"+{ref}:{_FETCHED}")

    def finish(self) -> str:
        """Wait; return the commit's full SHA, empty if it could not be fetched in this way."""
        read_stderr(self._process)
        if self._process.returncode != 0:
            return ""
        options = ("--verify", "--quiet", f"{_FETCHED}^{{commit}}")
        return self.repository.output("rev-parse", *options).decode().strip()

    def stop(self) -> None:
        """End it, if it goes on."""
        end_program(self._process)
        with self._process:
            pass
