"""A session with a repository: its registry, its configuration, what its files annotate.

Each is read when it is first used. A session belongs to the thread that opened it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from gto_action.annotations import Warn
from gto_action.diagnostics import Diagnostic
from gto_action.errors import QueryError
from gto_action.git.checkout import Checkout
from gto_action.git.commits import ALL_TREES, branch_heads, find_commit, read_commits
from gto_action.git.fetch import FetchObserver
from gto_action.git.source import Source, open_location, open_remote
from gto_action.git.worktree import read_within, work_tree
from gto_action.policy import gto_file
from gto_action.policy.overrides import Overrides
from gto_action.registry.annotated_commits import AnnotatedCommit
from gto_action.registry.events import read_events
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.queries import (
    Enrichment,
    Enrichments,
    ListOptions,
    VersionEntry,
    list_versions,
    select,
    version_of,
)
from gto_action.registry.references import taggable
from gto_action.registry.replay import Registry, ReplayedEvent, replay
from gto_action.registry.selectors import (
    Selector,
    parse_selector,
    tag_named,
)
from gto_action.services import discovery, missing_tags


@dataclass(frozen=True, slots=True)
class Warnings:
    """The functions that receive the diagnostics of ``files``, and those of ``tags``."""

    files: Warn
    tags: Warn


@contextmanager
def open_session(  # noqa: PLR0913 - what a session is opened with
    repo: str,
    environment: Mapping[str, str],
    overrides: Overrides,
    *,
    observer: FetchObserver,
    warnings: Warnings,
    artifact: str | None = None,
) -> Iterator[RegistrySession]:
    """Open a repository by its path or URL; its tags are those of one artifact, if one is named.

    ``environment`` is for git and DVC, ``overrides`` are those of the variables GTO_…, and
    ``observer`` waits for a fetch. Raises NoRepositoryError, FetchError, UnreadableRepositoryError.
    """
    with open_location(repo, environment, artifact=taggable(artifact), observer=observer) as source:
        yield RegistrySession(source, environment, overrides, warnings)


@contextmanager
def open_remote_session(
    local: RegistrySession, name: str, *, observer: FetchObserver, artifact: str | None = None
) -> Iterator[RegistrySession]:
    """Open the registry of a remote of a local repository, by the remote's name.

    Raises NoRepositoryError, FetchError.
    """
    checkout = local.source.checkout
    assert checkout
    with open_remote(
        checkout, name, local.environment, observer=observer, artifact=taggable(artifact)
    ) as source:
        yield RegistrySession(source, local.environment, local.overrides, local.warnings)


class Scope(StrEnum):
    """Where to look for annotations, the narrowest first."""

    TAGS = "tags"
    HEAD = "discover"
    BRANCHES = "all_branches"
    COMMITS = "all_commits"


class RegistrySession:
    """An open repository, and what has been read of it so far."""

    def __init__(
        self,
        source: Source,
        environment: Mapping[str, str],
        overrides: Overrides,
        warnings: Warnings,
    ) -> None:
        self.source = source
        self.environment = environment
        self.overrides = overrides
        self.warnings = warnings
        self._warned: set[Diagnostic] = set()
        self._warn_of_files = warnings.files
        self._warn_of_tags = warnings.tags
        self._has_warned = False

    @cached_property
    def registry(self) -> Registry:
        """All artifacts that have tags. Raises FetchError, UnreadableRepositoryError."""
        self.warn_if_incomplete()
        return replay(read_events(self.source.tags()))

    def warn_if_incomplete(self) -> None:
        """Warn, once, if the checkout that is read may lack tags."""
        if self._reads_in_place():
            self._warn_of_missing_tags(missing_tags.incomplete_checkout)

    def warn_if_unregistered(self, artifact: str, version: str | None, commit: str) -> None:
        """Warn if a version is a commit because its tag may be missing here."""
        if version == commit and self._reads_in_place():
            self._warn_of_missing_tags(
                lambda checkout: missing_tags.unregistered_commit(checkout, artifact, commit)
            )

    def warn(self, diagnostic: Diagnostic) -> None:
        """Report what is wrong in a file, once."""
        if diagnostic not in self._warned:
            self._warned.add(diagnostic)
            self._warn_of_files(diagnostic)

    def _reads_in_place(self) -> bool:
        return self.source.fetch is None and self.source.checkout is not None

    def _warn_of_missing_tags(self, find: Callable[[Checkout], str]) -> None:
        assert self.source.checkout is not None
        message = "" if self._has_warned else find(self.source.checkout)
        if message:
            self._has_warned = True
            self._warn_of_tags(Diagnostic(message))

    @cached_property
    def head(self) -> str | None:
        """The commit that is checked out, or that a remote's HEAD names. Raises FetchError."""
        return find_commit(self.source, "HEAD")

    def find_commit(self, rev: str) -> str:
        """Return the full SHA of a commit by a name that Git knows.

        Of a URL that is a ref or a full SHA. Raises QueryError if there is none, FetchError.
        """
        commit = find_commit(self.source, rev)
        if commit is None:
            hint = "; of a URL, name a ref or a full SHA" if self.source.fetch else ""
            raise QueryError(f"there is no commit '{rev}' in {self.source}{hint}")
        return commit

    @cached_property
    def config(self) -> gto_file.RegistryConfig:
        """The configuration: .gto in the work tree (without one, at HEAD), and the variables.

        Raises InputError.
        """
        config = gto_file.read_config_by(self._config_file, self.overrides)
        for diagnostic in config.diagnostics:
            self.warn(diagnostic)
        return config

    def found(self, scope: Scope) -> list[AnnotatedCommit]:
        """Find artifacts that files annotate, and the commits of these files. Raises FetchError.

        With TAGS it is what gto finds: artifacts.yaml at HEAD. Otherwise an artifact is found at
        the commit that changed its annotation last, or with COMMITS at each that changed it.
        """
        match scope:
            case Scope.TAGS:
                return discovery.at_head(self.source, self.head, self.warn)
            case Scope.HEAD:
                head = find_commit(self.source, "HEAD", ALL_TREES, history=True)
                return discovery.last_changes(self.source, [head] if head else [], self.warn)
            case Scope.BRANCHES:
                heads = branch_heads(self.source)
                return discovery.last_changes(self.source, heads, self.warn)
            case Scope.COMMITS:
                return discovery.all_changes(self.source, branch_heads(self.source), self.warn)

    def find_event(self, tag: str, artifact: str) -> ReplayedEvent:
        """Return the event that a registry tag of an artifact is.

        Raises TagNotFoundError; QueryError if the tag is not an event, because it is lightweight
        or does not point to a commit.
        """
        with suppress(KeyError):
            return self.registry.artifacts[artifact].find_event(tag)
        # only an error needs these
        from gto_action.registry.references import read_ref  # noqa: PLC0415
        from gto_action.services.interpret import find_event  # noqa: PLC0415

        reference = read_ref(tag)
        raise QueryError(reference.reason or find_event(reference, self.source).reason)

    def check_tag(self, selector: Selector) -> None:
        """Raise QueryError if a selector is the name of a tag that is there and is not an event."""
        tag = tag_named(selector)
        if tag and self.source.object_of(tag):
            self.find_event(tag, selector.name)

    def find_version(self, selector: Selector, text: str) -> VersionEntry:
        """Return the version that ``text``, parsed as ``selector``, names.

        A registry tag names the version of its event, even if that is no longer active; any other
        selector names an active version. Raises QueryError, TagNotFoundError.
        """
        name = selector.name
        versions = list_versions(self.registry, name)
        if selector.tag:
            version = self._version_of(self.find_event(selector.tag, name), versions)
            self.warn_if_unregistered(name, version.name, version.commit)
            return version
        self.check_tag(selector)
        if name not in self.registry.artifacts:
            raise QueryError(f"there is no artifact '{name}' in {self.source}{did_you_mean(text)}")
        options = ListOptions(registered_only=selector.latest)
        selected = select(self.registry, versions, options, selector)
        if selected:
            version = selected[0][0]
            self.warn_if_unregistered(name, version.name, version.commit)
            return version
        raise QueryError(f"{self._why_none(selector, text, versions)} in {self.source}")

    def find_described(self, name: str, rev: str = "") -> tuple[str, str]:
        """Return the commit whose files describe an artifact, and a ref that leads to it.

        That is ``rev``, by default HEAD, or the version that ``name`` names. Raises QueryError.
        """
        selector = parse_selector(name)
        if selector.is_artifact:
            return self.find_commit(rev or "HEAD"), rev or "HEAD"
        if rev:
            raise QueryError(f"{name} and --rev {rev} name a commit each: choose one")
        version = self.find_version(selector, name)
        return version.commit, version.ref

    def _why_none(self, selector: Selector, text: str, versions: Sequence[VersionEntry]) -> str:
        """Return why an artifact has no active version that a selector names."""
        if not self.registry.artifacts[selector.name].active:
            return f"artifact '{selector.name}' is deprecated"
        if any(version.name == selector.version for version in versions):
            return f"version {selector.version} of {selector.name} is deregistered"
        if selector.latest:
            return f"artifact '{selector.name}' has no registered version"
        return f"there is no {text}"

    def _version_of(self, replayed: ReplayedEvent, versions: list[VersionEntry]) -> VersionEntry:
        version = version_of(replayed, versions)
        if version:
            return version
        event = replayed.event
        if replayed.version is None:
            raise QueryError(
                f"tag '{event.tag.name}' deprecates {event.name} and is not about a version: "
                "name a version"
            )
        raise QueryError(
            f"tag '{event.tag.name}' is about version {replayed.version} of {event.name}, which "
            f"was never registered in {self.source}"
        )

    def enrichments(self, versions: Iterable[tuple[str, str]]) -> Enrichments:
        """Read commits and their artifacts.yaml, by the artifact's name and the commit's SHA."""
        keys = list(versions)
        commits = read_commits(self.source, [sha for _, sha in keys])
        with self.source.objects() as objects:
            entries = {sha: discovery.root_entries(objects, sha, self.warn) for sha in commits}
        return {
            (name, sha): Enrichment(commits[sha], _mapping(entries[sha], name))
            for name, sha in keys
        }

    def _config_file(self) -> bytes | None:
        root = work_tree(self.source.repository)
        if root:
            return read_within(root, gto_file.FILE)
        if self.head is None:
            return None
        with self.source.objects() as objects:
            return objects.read_only_file(f"{self.head}:{gto_file.FILE}")


def _mapping(entries: Mapping[str, object], name: str) -> Mapping[object, object] | None:
    if name not in entries:
        return None
    entry = entries[name]
    return entry if isinstance(entry, dict) else {}
