"""Bring the tags from the remote into a repository of our own.

The user's checkout is not touched: our repository borrows its objects and nothing else. Only the
tags are asked for (``--filter=object:type=tag``), each cut off from its history (``--depth=1``):
that spares the server the walk, and bounds what a server without filters sends. A file that the
checkout lacks is brought by git itself when it is read (a partial clone's lazy fetch).
docs/fetching.md tells how this was chosen.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import Popen

from gto_action.errors import FetchError
from gto_action.git.checkout import Checkout
from gto_action.git.remote import Remote
from gto_action.git.repository import Repository, said, with_settings, without_userinfo
from gto_action.registry.tagname import tag_prefixes

Watch = Callable[[Popen[bytes]], str]
"""Waits for a fetch, may show how far it is, and gives what it complains of."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """Who waits for a fetch: is told in one line of what is tried again, and may watch it."""

    say: Callable[[str], None]
    watch: Watch | None = None


PAUSES = (1.0, 2.0, 4.0)
"""Seconds to wait before each further try of a fetch that failed in a way that may pass."""


class Fetch:
    """A fetch of tags under way, and what more can be brought after it.

    What fails in a way that may pass is tried again after each of PAUSES.
    """

    def __init__(
        self,
        repository: Repository,
        remote: Remote,
        tags: Iterable[str],
        waiter: Waiter,
    ) -> None:
        """Start to bring the tags of some refspecs into a repository."""
        self.repository = repository
        self.remote = remote
        self._waiter = waiter
        self._tags = (_SHALLOW, "--filter=object:type=tag", _REMOTE, *tags)
        self._process = self._start(self._tags)
        self._has_tags = False

    def finish(self) -> None:
        """Wait for the tags; once they are here, do nothing. Raises FetchError."""
        if not self._has_tags:
            self._wait("bring the tags", self._tags)
            self._has_tags = True

    def bring(self, refspecs: Iterable[str], what: str, *, history: bool = False) -> None:
        """Bring commits, and of their files what a filter of git's leaves. Raises FetchError.

        ``history`` brings the commits before those too. Source: git-rev-list(1), --filter.
        """
        self.finish()  # git fetches once at a time into one repository
        options = (_DEEP if history else _SHALLOW, f"--filter={what}", "--stdin", _REMOTE)
        asked = "".join(f"{one}\n" for one in refspecs).encode(errors="surrogateescape")
        self._bring("bring commits", options, asked)

    def bring_commit(self, ref: str) -> None:
        """Bring a ref's commit with all its files, from a server that gives no single file.

        Raises FetchError.
        """
        options = (_SHALLOW, "--refetch", "--no-filter", _REMOTE, f"+{ref}")
        self._bring(f"bring the files at {ref}", options)

    def stop(self) -> None:
        """End what is under way."""
        self._process.kill()
        with self._process:
            pass

    def _bring(self, purpose: str, arguments: Sequence[str], asked: bytes = b"") -> None:
        self._process = self._start(arguments)
        self._wait(purpose, arguments, asked)

    def _start(self, arguments: Sequence[str]) -> Popen[bytes]:
        progress = "--progress" if self._waiter.watch else "--quiet"
        return self.repository.git(*_FETCH, progress, *arguments)

    def _wait(self, purpose: str, arguments: Sequence[str], asked: bytes = b"") -> None:
        """Wait for the process, which reads ``asked``; try again what may pass."""
        for pause in (*PAUSES, None):
            complaint = self._finished(asked)
            if complaint is None:
                return
            failure = f"could not {purpose} from {self.remote}: {complaint}{_advice(complaint)}"
            if pause is None or not may_pass(complaint.replace(str(self.remote), "")):
                raise FetchError(failure)
            self._waiter.say(f"{failure}; trying again in {pause:g} s")
            time.sleep(pause)
            self._process = self._start(arguments)

    def _finished(self, asked: bytes) -> str | None:
        """Give what a failed process complains of, without credentials; ``None`` if it did not."""
        process = self._process
        assert process.stdin is not None
        with process.stdin, suppress(BrokenPipeError):
            process.stdin.write(asked)
        complaint = without_userinfo((self._waiter.watch or _end_of_complaints)(process))
        with process:  # its pipes are closed, now that it has ended
            pass
        if process.returncode == 0:
            return None
        # git fails so, without a reason, where the remote has nothing of what was asked for
        if process.returncode == 1 and complaint in {"", "error:"}:
            return None if self._remote_has_none() else "it ended early, without a reason"
        return complaint

    def _remote_has_none(self) -> bool:
        """Tell whether the remote has no tag of those that were asked for."""
        patterns = [one.removeprefix("+").partition(":")[0] for one in self._tags[3:]]
        listing = self.repository.git("ls-remote", "--quiet", _REMOTE, *patterns)
        listed, _ = listing.communicate()
        return listing.returncode == 0 and not listed


def start_fetch(  # noqa: PLR0913 - what a fetch is told
    remote: Remote,
    folder: str,
    environment: Mapping[str, str],
    *,
    waiter: Waiter,
    checkout: Checkout | None = None,
    artifact: str | None = None,
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
    return Fetch(repository, remote, refs, waiter)


def may_pass(complaint: str) -> bool:
    """Tell whether what git complains of may be over at the next try.

    A network's or a server's trouble may; a refusal (of credentials, of a certificate, of a
    repository that is not there) may not. The texts are git's, curl's and OpenSSH's.
    """
    return bool(_TROUBLE.search(complaint)) and not _REFUSAL.search(complaint)


def _advice(complaint: str) -> str:
    if not _REDIRECT.search(complaint):
        return ""
    return "; the server sends elsewhere, and credentials do not follow: name the new URL"


_REDIRECT = re.compile("returned error: 30[1278]")
_TROUBLE = re.compile(
    r"could ?n[o']t resolve|temporary failure in name|look ?up .*: |failed to connect"
    r"|unable to connect|couldn't connect|connection (?:was )?(?:refused|reset|closed|timed out)"
    r"|timed? ?out|operation too slow|no route to host|network is unreachable|empty reply"
    r"|hung up|early eof|unexpected disconnect|rpc failed|transfer closed|recv failure|send failure"
    r"|ssl_error|ssl connect error|(?:gnutls|tls|ssl).*(?:recv|read|terminated|unexpected eof)"
    r"|could not read from remote repository|expected (?:flush|response end|'packfile')|ended early"
    r"|temporarily unavailable|try again"
    r"|index-pack|pack has |bad line length|unexpected flush|http/2 stream|broken pipe"
    r"|returned error: (?:408|429|5[0-9]{2})|internal server error",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"authentication failed|could not read (?:username|password)|permission denied"
    r"|host key verification|certificate|not found|does not appear to be a git"
    r"|returned error: (?:40[0-7]|41)|access denied|no space left|not supported"
    r"|transport '.*' not allowed",
    re.IGNORECASE,
)
_LONGEST_COMPLAINT = 4096


def _end_of_complaints(process: Popen[bytes]) -> str:
    """Wait for a process; give the end of what it complains of, for a server may send no end."""
    assert process.stderr is not None
    end = b""
    while chunk := process.stderr.read(_LONGEST_COMPLAINT):
        end = (end + chunk)[-_LONGEST_COMPLAINT:]
    process.wait()
    return end.decode(errors="replace").strip()


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
        ("core.hooksPath", os.devnull),
        # a URL that is a command, or a descriptor of ours
        *((f"protocol.{one}.allow", "never") for one in ("ext", "fd")),
        *remote.settings,
    ]
    ours = {
        # what sends less than a byte a second for a minute has stalled. Source: git(1)
        "GIT_HTTP_LOW_SPEED_LIMIT": "1",
        "GIT_HTTP_LOW_SPEED_TIME": "60",
        **with_settings(environment, settings),
        # one file for all refs, where git knows how (2.45): 10,000 files take ten times the time
        "GIT_DEFAULT_REF_FORMAT": "reftable",
    }
    if checkout:
        ours["GIT_DEFAULT_HASH"] = checkout.object_format
    return ours
