"""Where new tags go, and a local repository as such a place; remote_target.py has a remote."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from gto_action.errors import QueryError
from gto_action.git.new_tags import (
    NewTag,
    Signing,
    Tagger,
    create_refs,
    delete_refs,
    find_directory_conflict,
    list_refs,
    read_signing,
    read_tagger,
    store_tag,
)
from gto_action.git.runner import GitRunner
from gto_action.git.source import objects_of
from gto_action.registry.events import Tag
from gto_action.registry.plan import Plan
from gto_action.services.session import RegistrySession
from gto_action.util.interrupts import uninterrupted
from gto_action.util.text import truncate_inline

Approve = Callable[[Mapping[str, bytes]], None]
"""Approves new tags, given their objects by name, before they are anywhere. Raises PolicyError."""

Make = Callable[[Plan, Tagger, set[str], Approve], bool]
"""Makes the plan for tags of these names, if they are approved; returns whether no process changed
one of them first."""


@dataclass(frozen=True, slots=True)
class TagOptions:
    """How tags are made: signed on request, with ``key``; by ``identity`` if none is configured.

    ``key_format`` is the format of the key, as gpg.format names it, if that is not configured.
    ``identity`` is ``NAME <ADDRESS>``.
    """

    sign: bool = False
    key: str = ""
    identity: str = ""
    key_format: str = ""

    def read_signing(self, repository: GitRunner) -> Signing | None:
        """Return whether and how tags are signed. Raises InputError."""
        return read_signing(repository, self.key, sign=self.sign, key_format=self.key_format)


class Target(Protocol):
    """A repository that can be changed.

    ``notes`` are sentences about what a user may not expect, ``failure`` is the reason that the
    last change failed, and ``identical`` has the tags of that change that another process had just
    made alike. ``made`` states what was changed, once something was.
    """

    notes: list[str]
    failure: str
    made: str
    identical: set[str]

    def open(self) -> AbstractContextManager[tuple[RegistrySession, Make]]:
        """Open the registry as it is now, and give the function that changes it."""

    def configured(self, session: RegistrySession) -> RegistrySession:
        """Return the session whose .gto applies."""

    def find_commit(self, session: RegistrySession, ref: str) -> str:
        """Return the full SHA of a commit. Raises QueryError, FetchError."""

    def read_tagger(self, session: RegistrySession) -> Tagger:
        """Return the author of new tags, and the time. Raises InputError."""

    def signs(self, session: RegistrySession) -> bool:
        """Return whether new tags are signed. Raises InputError."""

    def compare(self, session: RegistrySession, artifacts: Collection[str]) -> None:
        """Note which local tags of some artifacts differ from those that count."""

    def check(self, session: RegistrySession, planned: Plan, *, dry_run: bool) -> None:
        """Raise QueryError if refs that are there do not allow the planned ones."""

    def check_names(self, planned: Plan) -> None:
        """Raise QueryError if a local tag has the name of one that is to be pushed."""

    def appeared(self, session: RegistrySession, known: Iterable[str]) -> list[Tag]:
        """Return the tags that are there now, if one is that is not ``known``; otherwise none."""


class LocalTarget:
    """A local repository: new tags stay there."""

    def __init__(self, session: RegistrySession, options: TagOptions) -> None:
        self.notes: list[str] = []
        self.failure = ""
        self.made = ""
        self.identical: set[str] = set()
        self._session = session
        self._options = options

    @contextmanager
    def open(self) -> Iterator[tuple[RegistrySession, Make]]:
        """Give the session, which reads the tags anew."""
        yield self._session, self._make

    def configured(self, session: RegistrySession) -> RegistrySession:
        """Return the session."""
        return session

    def find_commit(self, session: RegistrySession, ref: str) -> str:
        """Return the full SHA of a commit. Raises QueryError."""
        return session.find_commit(ref)

    def read_tagger(self, session: RegistrySession) -> Tagger:
        """Return the author of new tags, and the time. Raises InputError."""
        return read_tagger(session.source.repository, self._options.identity)

    def signs(self, session: RegistrySession) -> bool:
        """Return whether new tags are signed. Raises InputError."""
        return self._options.read_signing(session.source.repository) is not None

    def compare(self, session: RegistrySession, artifacts: Collection[str]) -> None:
        """Note nothing: the local tags count."""

    def check(self, session: RegistrySession, planned: Plan, *, dry_run: bool) -> None:  # noqa: ARG002 - a remote's
        """Raise QueryError if a tag and a directory of tags would have one name."""
        check_directories(session.source.repository, planned)

    def check_names(self, planned: Plan) -> None:
        """Check nothing: the names are planned from the local tags."""

    def appeared(self, session: RegistrySession, known: Iterable[str]) -> list[Tag]:
        """Return the tags that are here now, if one of them is not ``known``."""
        source = session.source
        return list(source.tags()) if source.tag_objects().keys() - set(known) else []

    def _make(self, planned: Plan, tagger: Tagger, known: set[str], approve: Approve) -> bool:
        source = self._session.source
        repository = source.repository
        signing = self._options.read_signing(repository)
        created = {
            tag.name: store_tag(repository, tagger, tag, signing) for tag in new_tags_of(planned)
        }
        approve(contents_of(repository, created))
        if source.tag_objects().keys() != known:  # a signature may wait for a person
            return False
        with uninterrupted():
            is_made = self._change_refs(created, planned.deleted)
            if is_made:
                names = truncate_inline(", ".join([*created, *planned.deleted]))
                self.made = f"the repository has the changes of {names}"
        return is_made

    def _change_refs(self, created: Mapping[str, str], deleted: Collection[str]) -> bool:
        repository = self._session.source.repository
        if created and not create_refs(repository, created):
            return False
        return not deleted or delete_refs(repository, objects_of(repository, deleted))


@contextmanager
def reporting_interruption(target: Target, report: Callable[[str], None]) -> Iterator[None]:
    """Report what was changed if the program is interrupted within the context."""
    try:
        yield
    except (SystemExit, KeyboardInterrupt):
        if target.made:
            report(f"interrupted: {target.made}")
        raise


def check_directories(repository: GitRunner, planned: Plan) -> None:
    """Raise QueryError if a tag and a directory of tags would have one name."""
    names = [tag.name for tag in planned.created]
    taken = find_directory_conflict(names, lambda patterns: list_refs(repository, patterns))
    if taken:
        raise QueryError(directory_conflict(*taken))


def directory_conflict(name: str, existing: str) -> str:
    """Return the sentence about a new tag, and one that forbids it."""
    return (
        f"tag '{existing}' exists, and Git allows no tag '{name}' beside it, because one name is a "
        "directory of the other: choose another name, or delete that tag"
    )


def contents_of(repository: GitRunner, shas: Mapping[str, str]) -> Mapping[str, bytes]:
    """Return the objects of tags by their names, given their SHAs; each is read when it is used."""
    return _Contents(repository, shas)


class _Contents(Mapping[str, bytes]):
    def __init__(self, repository: GitRunner, shas: Mapping[str, str]) -> None:
        self._repository = repository
        self._shas = shas

    def __getitem__(self, name: str) -> bytes:
        return self._repository.output("cat-file", "tag", self._shas[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._shas)

    def __len__(self) -> int:
        return len(self._shas)


def new_tags_of(planned: Plan) -> Iterator[NewTag]:
    """Yield the tags that a plan creates."""
    return (NewTag(tag.name, tag.commit, tag.message, tag.time) for tag in planned.created)
