"""Bring the tags from the remote into a repository of our own.

The user's checkout is not touched: our repository borrows its objects and nothing else. Only the
tags are asked for (``--filter=object:type=tag``), each cut off from its history (``--depth=1``):
that spares the server the walk, and bounds what a server without filters sends. A file that the
checkout lacks is brought by git itself when it is read (a partial clone's lazy fetch).
docs/fetching.md tells how this was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from subprocess import Popen

from gto_action.errors import FetchError
from gto_action.git.checkout import Checkout
from gto_action.git.remote import Remote
from gto_action.git.repository import Repository, said, with_settings
from gto_action.registry.tagname import tag_prefixes


@dataclass(frozen=True, slots=True)
class Fetch:
    """A fetch under way."""

    repository: Repository
    remote: Remote
    process: Popen[bytes]

    def finish(self) -> None:
        """Wait for the tags. Raises FetchError."""
        complaint = said(self.process)
        # git fails so, without a reason, where no tag of the remote was asked for
        found_none = self.process.returncode == 1 and complaint in {"", "error:"}
        if self.process.returncode != 0 and not found_none:
            raise FetchError(f"could not bring the tags from {self.remote}: {complaint}")


def start_fetch(
    remote: Remote,
    folder: str,
    environment: Mapping[str, str],
    *,
    checkout: Checkout | None = None,
    artifact: str | None = None,
) -> Fetch:
    """Start to bring tags into a new repository in ``folder``, which is empty.

    All tags, or those of one ``artifact``. ``environment`` is git's. Raises FetchError.
    """
    repository = Repository(folder, _environment(remote, environment, checkout))
    creation = repository.git("init", "--quiet", "--bare", "--template=")
    _check(creation, "make a repository for the tags")
    prefixes = tag_prefixes(artifact) if artifact else ("",)
    refs = [f"+refs/tags/{prefix}*:refs/tags/{prefix}*" for prefix in prefixes]
    process = repository.git(*_FETCH, "--filter=object:type=tag", _REMOTE, *refs)
    return Fetch(repository, remote, process)


def bring_commit(repository: Repository, remote: Remote, tag: str) -> None:
    """Bring a tagged commit with all its files, from a server that gives no single file.

    Raises FetchError.
    """
    process = repository.git(*_FETCH, "--refetch", "--no-filter", _REMOTE, f"+refs/tags/{tag}")
    _check(process, f"bring the files at {tag} from {remote}")


_REMOTE = "source"
_FETCH = (
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--atomic",
    "--depth=1",
)


def _environment(
    remote: Remote, environment: Mapping[str, str], checkout: Checkout | None
) -> dict[str, str]:
    settings = [
        (f"remote.{_REMOTE}.url", remote.url),
        # the borrowed objects speak for themselves: git need not look at the checkout's refs
        ("core.alternateRefsCommand", "true"),
        *remote.settings,
    ]
    ours = {
        **with_settings(environment, settings),
        # one file for all refs, where git knows how (2.45): 10,000 files take ten times the time
        "GIT_DEFAULT_REF_FORMAT": "reftable",
    }
    if checkout:
        ours["GIT_DEFAULT_HASH"] = checkout.object_format
    return ours


def _check(process: Popen[bytes], purpose: str) -> None:
    complaint = said(process)
    if process.returncode != 0:
        raise FetchError(f"could not {purpose}: {complaint}")
