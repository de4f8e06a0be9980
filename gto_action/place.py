"""A repository that a person asks about: its registry, its configuration, what its files annotate.

Each is read when it is first asked for.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import cached_property

from gto_action import config, discover
from gto_action.annotations import Finding, Warn
from gto_action.errors import QuestionError, UnreadableFileError
from gto_action.git.fetch import Waiter
from gto_action.git.history import ALL_TREES, branch_heads, find_commit, read_commits
from gto_action.git.source import Source, open_place
from gto_action.git.worktree import read_within, work_tree
from gto_action.progress import shows_progress, watch
from gto_action.registry.events import Event, read_events
from gto_action.registry.found import Found
from gto_action.registry.shortcut import Shortcut, is_artifact_name
from gto_action.registry.state import Registry, replay
from gto_action.report.listing import Choice, Enrichment, Enrichments, list_versions, select
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

    def find_version(self, shortcut: Shortcut, asked: str) -> tuple[str, str]:
        """Give the commit of a version, and a ref that leads to it. Raises QuestionError.

        ``asked`` is what a person wrote for it.
        """
        versions = list_versions(self.registry, shortcut.name)
        selected = select(
            self.registry, versions, Choice(registered_only=shortcut.latest), shortcut
        )
        if not selected:
            raise QuestionError(f"there is no {asked} in {self.source}")
        version = selected[0][0]
        origin = version.origin()
        return version.commit, f"refs/tags/{origin.tag.name}" if isinstance(
            origin, Event
        ) else asked

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
        top = work_tree(self.source.repository)
        if top:
            return read_within(top, config.FILE)
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
