"""What a benchmark is requested to do."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Requested:
    """A run: a ``smoke`` run is of small sizes, and keeps nothing.

    ``own`` is a directory of the run, ``kept`` the one of generated registries, ``page`` the file
    to write.
    """

    smoke: bool
    own: Path
    kept: Path
    page: Path


@contextmanager
def requested(program: str) -> Iterator[Requested]:
    """Parse the arguments, and make the directories."""
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--smoke", action="store_true", help="small sizes, nothing is kept")
    parser.add_argument("--directory", type=Path, help="where generated registries are kept")
    parser.add_argument("--page", type=Path, help="the page to write")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gto-bench-") as directory:
        own = Path(directory)
        kept = own if given.smoke else given.directory.resolve()
        kept.mkdir(parents=True, exist_ok=True)
        yield Requested(given.smoke, own, kept, own / "page.md" if given.smoke else given.page)
