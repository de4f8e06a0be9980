"""Fetch one ref's commit, with the names of the files at its root, beside the fetch of the tags."""

from __future__ import annotations

import os

from gto_action.git.objects import ObjectReader, borrowing
from gto_action.git.runner import GitRunner, read_stderr
from gto_action.util.process import end_program

_FETCHED = "refs/gto-action/ref"
_SIMILAR = "refs/gto-action/similar"


class RefFetch:
    """A fetch in progress, into a repository of its own: two fetches into one would wait."""

    def __init__(self, repository: GitRunner, words: tuple[str, ...], ref: str) -> None:
        """Start it; ``words`` are git's up to the refspec."""
        self.ref = ref
        self._repository = repository
        # git takes a tag or a branch called HEAD if the remote has no HEAD
        others = (f"+refs/{kind}/HEAD*:{_SIMILAR}/{kind}/HEAD*" for kind in ("tags", "heads"))
        refspecs = [f"+{ref}:{_FETCHED}", *(others if ref == "HEAD" else ())]
        self._process = repository.git(*words, *refspecs)
        self._reader: ObjectReader | None = None

    def finish(self) -> str:
        """Wait; return a name of the commit here, empty if it could not be fetched in this way."""
        if self._process.returncode is None:
            read_stderr(self._process)
        similar = os.path.exists(os.path.join(self._repository.directory, _SIMILAR))
        return "" if self._process.returncode or similar else f"{_FETCHED}^{{commit}}"

    def prepare(self, path: str, alternates: str) -> None:
        """Let git look for a file, and fetch it, while something else is done; if it can by now."""
        if self._reader is None and self._process.poll() == 0 and self.finish():
            self.reader(alternates).prepare(f"{self.finish()}:{path}")

    def reader(self, alternates: str) -> ObjectReader:
        """Return what reads the objects, also those in another directory of objects."""
        if self._reader is None:
            repository = self._repository
            self._reader = ObjectReader(
                borrowing(repository, alternates) if alternates else repository
            )
        return self._reader

    def stop(self) -> None:
        """End it, if it goes on."""
        if self._reader:
            self._reader.stop()
        end_program(self._process)
        with self._process:
            pass
