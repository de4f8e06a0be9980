"""Bring the tags from the remote into a repository of our own.

The user's checkout is not touched: our repository borrows its objects and nothing else. Only the
tags are asked for (``--filter=object:type=tag``), each cut off from its history (``--depth=1``):
that spares the server the walk, and bounds what a server without filters sends. A file that the
checkout lacks is brought by git itself when it is read (a partial clone's lazy fetch).
docs/fetching.md tells how this was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from subprocess import Popen

from gto_action.errors import FetchError
from gto_action.git.checkout import Checkout
from gto_action.git.remote import Remote
from gto_action.git.repository import Repository, said, with_settings, without_userinfo
from gto_action.registry.tagname import tag_prefixes

Watch = Callable[[Popen[bytes]], str]
"""Waits for a fetch, shows how far it is, and gives what it complains of."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A fetch of tags under way, and what more can be brought after it."""

    repository: Repository
    remote: Remote
    watch: Watch | None
    process: Popen[bytes]

    def finish(self) -> None:
        """Wait for the tags; once they are here, do nothing. Raises FetchError."""
        finished = self.process.returncode is not None
        if finished:
            return
        self._check(self.process, "bring the tags")

    def bring(self, refspecs: Iterable[str], what: str, *, history: bool = False) -> None:
        """Bring commits, and of their files what a filter of git's leaves. Raises FetchError.

        ``history`` brings the commits before those too. Source: git-rev-list(1), --filter.
        """
        self.finish()  # git fetches once at a time into one repository
        options = (_DEEP if history else _SHALLOW, f"--filter={what}", "--stdin")
        process = _start(self.repository, self.watch, *options, _REMOTE)
        asked = "".join(f"{one}\n" for one in refspecs).encode(errors="surrogateescape")
        self._check(process, "bring commits", asked)

    def bring_commit(self, ref: str) -> None:
        """Bring a ref's commit with all its files, from a server that gives no single file.

        Raises FetchError.
        """
        options = (_SHALLOW, "--refetch", "--no-filter")
        process = _start(self.repository, self.watch, *options, _REMOTE, f"+{ref}")
        self._check(process, f"bring the files at {ref}")

    def _check(self, process: Popen[bytes], purpose: str, asked: bytes = b"") -> None:
        complaint = _wait(process, self.watch, asked)
        # git fails so, without a reason, where the remote has nothing of what was asked for
        found_none = process.returncode == 1 and complaint in {"", "error:"}
        if process.returncode != 0 and not found_none:
            raise FetchError(f"could not {purpose} from {self.remote}: {complaint}")


def start_fetch(  # noqa: PLR0913 - what a fetch is told
    remote: Remote,
    folder: str,
    environment: Mapping[str, str],
    *,
    checkout: Checkout | None = None,
    artifact: str | None = None,
    watch: Watch | None = None,
) -> Fetch:
    """Start to bring tags into a new repository in ``folder``, which is empty.

    All tags, or those of one ``artifact``. ``environment`` is git's. Raises FetchError.
    """
    repository = Repository(folder, _environment(remote, environment, checkout))
    creation = repository.git("init", "--quiet", "--bare", "--template=")
    complaint = said(creation)
    if creation.returncode != 0:
        raise FetchError(f"could not make a repository for the tags: {complaint}")
    prefixes = tag_prefixes(artifact) if artifact else ("",)
    refs = [f"+refs/tags/{prefix}*:refs/tags/{prefix}*" for prefix in prefixes]
    options = (_SHALLOW, "--filter=object:type=tag")
    return Fetch(repository, remote, watch, _start(repository, watch, *options, _REMOTE, *refs))


def _start(repository: Repository, watch: Watch | None, *arguments: str) -> Popen[bytes]:
    return repository.git(*_FETCH, "--progress" if watch else "--quiet", *arguments)


def _wait(process: Popen[bytes], watch: Watch | None, asked: bytes = b"") -> str:
    """Wait for a fetch that reads ``asked``; give what it complains of, without credentials."""
    if watch is None:
        return said(process, asked)
    assert process.stdin is not None
    with process:
        with process.stdin, suppress(BrokenPipeError):
            process.stdin.write(asked)
        return without_userinfo(watch(process))


_REMOTE = "source"
_FETCH = (
    "fetch",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--atomic",
)
_SHALLOW = "--depth=1"
_DEEP = f"--depth={0x7FFFFFFF}"  # git-fetch(1) takes it for an infinite one


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
