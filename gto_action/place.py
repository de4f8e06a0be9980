"""A repository that a person asks about: its registry, its configuration, what its files annotate.

Each is read when it is first asked for.
"""

from __future__ import annotations

import gc
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import cached_property

from gto_action import config, discover
from gto_action.annotations import Finding, Warn
from gto_action.errors import UnreadableFileError
from gto_action.git.fetch import Waiter
from gto_action.git.files import LARGEST_FILE, too_large
from gto_action.git.history import ALL_TREES, branch_heads, find_commit, read_commits
from gto_action.git.source import Source, open_place
from gto_action.progress import shows_progress, watch
from gto_action.registry.events import read_events
from gto_action.registry.found import Found
from gto_action.registry.shortcut import is_artifact_name
from gto_action.registry.state import Registry, replay
from gto_action.report.listing import Enrichment, Enrichments
from gto_action.terminal import note, warn


@contextmanager
def open_repository(repo: str, artifact: str | None = None, warn: Warn = warn) -> Iterator[Place]:
    """Open a repository by its path or URL; its tags are those of one artifact, if one is named.

    ``warn`` is told what is wrong in its files. Raises NoRepositoryError, FetchError,
    UnreadableRepositoryError.
    """
    only = artifact if artifact and is_artifact_name(artifact) else None
    waiter = Waiter(note, watch if shows_progress() else None)
    with open_place(repo, os.environ, artifact=only, waiter=waiter) as source:
        yield Place(source, os.environ, warn)


class Scope(StrEnum):
    """How far to look for annotations, less far first."""

    TAGS = "tags"
    HEAD = "discover"
    BRANCHES = "all_branches"
    COMMITS = "all_commits"


class Place:
    """A repository, and ``warn`` for what is wrong in its files."""

    def __init__(self, source: Source, environment: Mapping[str, str], warn: Warn) -> None:
        self.source = source
        self._environment = environment
        self._warn = warn

    @cached_property
    def registry(self) -> Registry:
        """All artifacts that tags tell of. Raises FetchError, UnreadableRepositoryError."""
        return _collected_once(lambda: replay(read_events(self.source.tags())))

    @cached_property
    def head(self) -> str | None:
        """The commit that is checked out, or that a remote's HEAD names. Raises FetchError."""
        return find_commit(self.source, "HEAD")

    @cached_property
    def config(self) -> config.Config:
        """What .gto in the work tree (without one, at HEAD) and the environment say.

        Raises BadInputError.
        """
        try:
            return config.read_config(self._config_file(), self._environment)
        except UnreadableFileError as error:
            self._warn(Finding.of(error))
            return config.read_config(None, self._environment)

    def found(self, scope: Scope) -> list[Found]:
        """Find artifacts that files annotate, and the commits that do. Raises FetchError.

        With TAGS it is what gto finds: artifacts.yaml at HEAD. Otherwise an artifact is found at
        the commit that changed its annotation last, or with COMMITS at each that changed it.
        """
        match scope:
            case Scope.TAGS:
                return discover.at_head(self.source, self.head, self._warn)
            case Scope.HEAD:
                head = find_commit(self.source, "HEAD", ALL_TREES, history=True)
                return discover.last_changes(self.source, [head] if head else [], self._warn)
            case Scope.BRANCHES:
                heads = branch_heads(self.source)
                return discover.last_changes(self.source, heads, self._warn)
            case Scope.COMMITS:
                return discover.all_changes(self.source, branch_heads(self.source), self._warn)

    def enrichments(self, asked: Iterable[tuple[str, str]]) -> Enrichments:
        """Read commits, and what artifacts.yaml says there, by artifact's name and commit's SHA."""
        wanted = list(asked)
        commits = read_commits(self.source, [sha for _, sha in wanted])
        with self.source.objects() as objects:
            entries = {sha: discover.root_entries(objects, sha, self._warn) for sha in commits}
        return {
            (name, sha): Enrichment(commits[sha], _mapping(entries[sha], name))
            for name, sha in wanted
        }

    def _config_file(self) -> bytes | None:
        process = self.source.repository.git("rev-parse", "--show-toplevel")
        top = os.fsdecode(process.communicate()[0].rstrip(b"\n"))
        if top:
            return _read_within(top, config.FILE)
        if self.head is None:
            return None
        with self.source.objects() as objects:
            return objects.read(f"{self.head}:{config.FILE}")


def _collected_once(make: Callable[[], Registry]) -> Registry:
    """Make what is large and has no cycles, and spare Python to look for them in it."""
    gc.disable()
    try:
        return make()
    finally:
        gc.freeze()
        gc.enable()


def _mapping(entries: Mapping[str, object], name: str) -> Mapping[object, object] | None:
    if name not in entries:
        return None
    entry = entries[name]
    return entry if isinstance(entry, dict) else {}


def _read_within(folder: str, name: str) -> bytes | None:
    """Read a file of a work tree: whoever wrote the repository may have put anything there.

    Raises UnreadableFileError.
    """
    path = os.path.realpath(os.path.join(folder, name))
    if os.path.commonpath([path, os.path.realpath(folder)]) != os.path.realpath(folder):
        raise UnreadableFileError(name, "it is a link that leads out of the repository")
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableFileError(name, "it is no file")
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableFileError(name, str(error.strerror)) from error
    if len(content) > LARGEST_FILE:
        raise too_large(name)
    return content
