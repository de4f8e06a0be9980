"""Repositories of any content, made with real git."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

START = 1_767_225_600
"""When the first commit was made: 2026-01-01, in seconds since 1970."""
HOUR = 3600


@dataclass
class Builder:
    """Writes commits and tags into a new repository, one `git fast-import` for all.

    The clock starts at START and goes on by an hour with each commit and tag, unless told.
    """

    path: Path
    bare: bool = True
    clock: int = START
    commits: int = 0
    stream: list[bytes] = field(default_factory=list)

    def commit(
        self,
        files: Mapping[str, str | None] | None = None,
        branch: str = "main",
        after: int | None = None,
    ) -> int:
        """Add a commit to a branch: files by path (``None`` deletes). Gives its mark.

        ``after`` is the mark of the commit before the first one of a branch.
        """
        self.commits += 1
        self._line(f"commit refs/heads/{branch}\nmark :{self.commits}")
        self._line(f"committer Ann Lee <ann@example.org> {self._now()} +0100")
        self._data(f"Commit {self.commits}")
        if after:
            self._line(f"from :{after}")
        for path, content in (files or {}).items():
            if content is None:
                self._line(f"D {path}")
            else:
                self._line(f"M 100644 inline {path}")
                self._data(content)
        return self.commits

    def tag(self, name: str, mark: int, message: str = "", time: int | None = None) -> None:
        """Add an annotated tag."""
        self._line(f"tag {name}\nfrom :{mark}")
        self._line(f"tagger Ben Ode <ben@example.org> {time or self._now()} +0100")
        self._data(message or f"Tag {name}")

    def lightweight(self, name: str, mark: int) -> None:
        """Add a lightweight tag."""
        self._line(f"reset refs/tags/{name}\nfrom :{mark}\n")

    def build(self) -> Path:
        """Make the repository."""
        if (self.path / ("HEAD" if self.bare else ".git")).exists():  # as a test has made it
            git("-C", str(self.path), "config", "uploadpack.allowFilter", "true")
        else:
            shutil.copytree(_initialized(bare=self.bare), self.path, dirs_exist_ok=True)
        command = ["git", "-C", str(self.path), *_FAST_IMPORT]
        subprocess.run(command, input=b"".join(self.stream), check=True)
        return self.path

    def _now(self) -> int:
        self.clock += HOUR
        return self.clock

    def _line(self, text: str) -> None:
        self.stream.append(text.encode() + b"\n")

    def _data(self, text: str) -> None:
        content = text.encode()
        self.stream.append(b"data %d\n%b\n" % (len(content), content))


@cache
def _initialized(*, bare: bool) -> Path:
    """Return an empty repository to copy, which takes a tenth of the time of two git processes."""
    path = Path(mkdtemp(prefix="gto-testkit-")) / "repository"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    git("init", "--quiet", "--initial-branch=main", *(("--bare",) if bare else ()), str(path))
    git("-C", str(path), "config", "uploadpack.allowFilter", "true")
    return path


def git(*arguments: str) -> str:
    """Run git; return what it prints, stripped."""
    return subprocess.run(
        ("git", *arguments), check=True, stdout=subprocess.PIPE, text=True, env=git_environment()
    ).stdout.strip()


def git_environment(names: Iterable[str] = ("PATH", "HOME", "TMPDIR")) -> dict[str, str]:
    """Return an environment in which git never prompts and reads no personal configuration."""
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


_FAST_IMPORT = ("-c", "core.compression=0", "fast-import", "--quiet", "--force", "--depth=0")
