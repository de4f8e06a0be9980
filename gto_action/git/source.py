"""Where a run reads from: tags brought from a remote, or the checkout as it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from gto_action.errors import FetchError, NoRepositoryError
from gto_action.git.checkout import Checkout, read_checkout
from gto_action.git.fetch import Fetch, bring_commit, start_fetch
from gto_action.git.files import ObjectReader
from gto_action.git.remote import choose_remote
from gto_action.git.repository import Repository, base_environment
from gto_action.git.tags import read_tags
from gto_action.registry.events import Tag


@dataclass(frozen=True, slots=True)
class Source:
    """Tags, and the files at their commits. Without a ``fetch`` all is read from the checkout."""

    repository: Repository
    checkout: Checkout | None
    fetch: Fetch | None

    def __str__(self) -> str:
        """Name the place where the tags are."""
        return str(self.fetch.remote) if self.fetch else f"the checkout in {self.repository.folder}"

    def tags(self) -> Iterator[Tag]:
        """Give all tags, once they are here. Raises FetchError, UnreadableRepositoryError."""
        if self.fetch:
            self.fetch.finish()
        return read_tags(self.repository)

    @contextmanager
    def files(self, tag: Tag) -> Iterator[Callable[[str], bytes | None]]:
        """Give a function that reads a file at a tag's commit: path to content, or ``None``.

        The function raises UnreadableFileError for a file that is too large, FetchError.
        """
        borrowed = self.checkout.objects if self.checkout and self.fetch else None
        with ObjectReader(self.repository, borrowed) as objects:

            def read(path: str) -> bytes | None:
                name = f"{tag.commit}:{path}"
                try:
                    return objects.read(name)
                except FetchError:
                    if not self.fetch:
                        raise
                    # a server that gives no single file gives the commit with all of them
                    bring_commit(self.repository, self.fetch.remote, tag.name)
                    return objects.read(name)

            yield read


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
) -> Iterator[Source]:
    """Open the checkout in a folder or, with ``fetch``, start to bring tags from its remote.

    Only those of ``artifact``, if one is named. ``server_url``, ``repository`` and ``token`` are
    what the run knows of the remote where the checkout doesn't. Raises NoRepositoryError,
    FetchError, UnreadableRepositoryError.
    """
    for_git = base_environment(environment)
    checkout = read_checkout(folder, for_git)
    if not fetch:
        if checkout is None:
            raise NoRepositoryError(
                f"there is no checkout in {folder} to read tags from: "
                "check the repository out first, or leave fetch on"
            )
        yield Source(checkout.repository, checkout, None)
        return
    remote = choose_remote(checkout, server_url=server_url, repository=repository, token=token)
    with _temporary_folder() as own:
        started = start_fetch(remote, own, for_git, checkout=checkout, artifact=artifact)
        try:
            yield Source(started.repository, checkout, started)
        finally:
            started.process.kill()
            started.process.communicate()


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="gto-action-")
    except OSError as error:
        raise FetchError(
            f"could not make a temporary folder for the tags: {error.strerror}; "
            "set TMPDIR to a folder that can be written"
        ) from error
