"""Where a run reads from: tags brought from a remote, or the checkout as it is."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from gto_action.errors import FetchError, NoRepositoryError, UnreadableRepositoryError
from gto_action.git.checkout import Checkout, read_checkout
from gto_action.git.fetch import Fetch, Waiter, start_fetch
from gto_action.git.files import ObjectReader, borrowing
from gto_action.git.remote import Remote, choose_remote
from gto_action.git.repository import Repository, base_environment, without_userinfo
from gto_action.git.tags import read_tags
from gto_action.registry.events import Tag


@dataclass(frozen=True, slots=True)
class Source:
    """Tags, and the files at their commits. Without a ``fetch`` all is read from the checkout.

    The tags are those of one ``artifact``, if one is named.
    """

    repository: Repository
    checkout: Checkout | None
    fetch: Fetch | None
    artifact: str | None

    def __str__(self) -> str:
        """Name the place where the tags are."""
        return str(self.fetch.remote) if self.fetch else f"the checkout in {self.repository.folder}"

    def tags(self, whole: str = "") -> Iterator[Tag]:
        """Give all tags, once they are here; of the one named ``whole`` all of its message.

        Raises FetchError, UnreadableRepositoryError.
        """
        if self.fetch:
            self.fetch.finish()
        return read_tags(self.repository, self.artifact, whole)

    @contextmanager
    def files(self, commit: str, ref: str) -> Iterator[Callable[[str], bytes | None]]:
        """Give a function that reads a file at a commit: path to content, or ``None``.

        ``ref`` is what the remote knows the commit by. The function raises UnreadableFileError for
        a file that is too large, FetchError.
        """
        with self.objects() as objects:

            def read(path: str) -> bytes | None:
                name = f"{commit}:{path}"
                try:
                    return objects.read(name)
                except FetchError as error:
                    if not self.fetch:
                        raise UnreadableRepositoryError(str(error)) from error
                    # a server that gives no single file gives the commit with all of them
                    self.fetch.bring_commit(ref)
                    return objects.read(name)

            yield read

    def objects(self) -> ObjectReader:
        """Give a reader of all objects that are here or can be brought."""
        return ObjectReader(self.all_objects())

    def all_objects(self) -> Repository:
        """Give a repository that has all objects that are here, or can bring them."""
        if self.checkout and self.fetch:
            return borrowing(self.repository, self.checkout.objects)
        return self.repository

    def bring(self, refspecs: Iterable[str], what: str, *, history: bool = False) -> None:
        """Bring more than tags: ``what`` is a filter of git's, as ``tree:1``. Raises FetchError.

        ``history`` brings the commits before those as well. What is read in place has all it has.
        """
        if self.fetch:
            self.fetch.bring(refspecs, what, history=history)


@contextmanager
def open_source(  # noqa: PLR0913 - what a run knows of where it is
    folder: str,
    environment: Mapping[str, str],
    *,
    fetch: bool,
    artifact: str | None,
    server_url: str,
    repository: str,
    token: str,
    waiter: Waiter,
) -> Iterator[Source]:
    """Open the checkout in a folder or, with ``fetch``, start to bring tags from its remote.

    Only those of ``artifact``, if one is named. ``server_url``, ``repository`` and ``token`` are
    what the run knows of the remote where the checkout doesn't; ``waiter`` waits for the fetch.
    Raises NoRepositoryError, FetchError, UnreadableRepositoryError.
    """
    for_git = base_environment(environment)
    checkout = read_checkout(folder, for_git)
    if not fetch:
        if checkout is None:
            raise NoRepositoryError(
                f"there is no checkout in {folder} to read tags from: "
                "check the repository out first, or leave fetch on"
            )
        # nothing is brought, so no program that the checkout's configuration names for it runs
        alone = {**checkout.repository.environment, "GIT_ALLOW_PROTOCOL": "none"}
        here = Repository(checkout.repository.folder, alone)
        yield Source(here, checkout, None, artifact)
        return
    remote = choose_remote(checkout, server_url=server_url, repository=repository, token=token)
    with _fetched(remote, for_git, waiter=waiter, checkout=checkout, artifact=artifact) as source:
        yield source


@contextmanager
def open_place(
    place: str,
    environment: Mapping[str, str],
    *,
    waiter: Waiter,
    artifact: str | None = None,
) -> Iterator[Source]:
    """Open what a person names: the repository that a path is in, or a URL's tags.

    The tags are those of ``artifact``, if one is named; ``waiter`` waits for a fetch. Raises
    NoRepositoryError, FetchError, UnreadableRepositoryError.
    """
    for_git = base_environment(environment)
    if os.path.exists(place):
        checkout = read_checkout(place, for_git, above=True)
        if checkout is None:
            raise NoRepositoryError(f"there is no Git repository in {place}: name one with --repo")
        yield Source(checkout.repository, checkout, None, artifact)
    elif is_url(place):
        remote = Remote(place)
        with _fetched(remote, for_git, waiter=waiter, artifact=artifact) as source:
            yield source
    else:
        shown = without_userinfo(place)
        raise NoRepositoryError(f"there is no folder {shown}: name one, or a URL, with --repo")


@contextmanager
def _fetched(
    remote: Remote,
    for_git: Mapping[str, str],
    *,
    waiter: Waiter,
    checkout: Checkout | None = None,
    artifact: str | None = None,
) -> Iterator[Source]:
    with _temporary_folder() as own:
        started = start_fetch(
            remote, own, for_git, waiter=waiter, checkout=checkout, artifact=artifact
        )
        try:
            yield Source(started.repository, checkout, started, artifact)
        finally:
            started.stop()


def is_url(place: str) -> bool:
    """Tell whether what a person names is a URL, if it is no path."""
    return _URL.match(place) is not None


# a URL, or what ssh takes for one: a host, a colon and a path. Source: git-clone(1)
_URL = re.compile("[a-zA-Z][a-zA-Z0-9+.-]*://|[^-/:][^/:]*:")


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="gto-action-")
    except OSError as error:
        raise FetchError(
            f"could not make a temporary folder for the tags: {error.strerror}; "
            "set TMPDIR to a folder that can be written"
        ) from error
