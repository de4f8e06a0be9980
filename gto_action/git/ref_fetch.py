"""Fetch one ref's commit, with the names of the files at its root, beside the fetch of the tags."""

from __future__ import annotations

import os

from gto_action.git.runner import GitRunner, read_stderr
from gto_action.util.process import end_program

_FETCHED = "refs/gto-action/ref"
_SIMILAR = "refs/gto-action/similar"


class RefFetch:
    """A fetch in progress, into a repository of its own: two fetches into one would wait."""

    def __init__(self, repository: GitRunner, words: tuple[str, ...], ref: str) -> None:
        """Start it; ``words`` are git's up to the refspec."""
        self.repository = repository
        self.ref = ref
        # git takes a tag or a branch called HEAD if the remote has no HEAD
        others = (f"+refs/{kind}/HEAD*:{_SIMILAR}/{kind}/HEAD*" for kind in ("tags", "heads"))
        refspecs = [f"+{ref}:{_FETCHED}", *(others if ref == "HEAD" else ())]
        self._process = repository.git(*words, *refspecs)

    def finish(self) -> str:
        """Wait; return a name of the commit here, empty if it could not be fetched in this way."""
        if self._process.returncode is None:
            read_stderr(self._process)
        similar = os.path.exists(os.path.join(self.repository.directory, _SIMILAR))
        return "" if self._process.returncode or similar else f"{_FETCHED}^{{commit}}"

    def stop(self) -> None:
        """End it, if it goes on."""
        end_program(self._process)
        with self._process:
            pass
