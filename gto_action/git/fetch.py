"""Fetch the tags from the remote into a repository of our own.

The user's checkout is not touched: our repository borrows its objects and nothing else. Only the
tags are requested (``--filter=object:type=tag``), each cut off from its history (``--depth=1``):
that spares the server the walk, and bounds what a server without filters sends. Git lists the refs
and does not write them, because it would write a file for each.

A file that the checkout lacks is fetched by git itself when it is read (a partial clone's lazy
fetch). A server that refuses single objects is asked for the refs again, without a filter.
docs/fetching.md explains how this was chosen.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from subprocess import Popen

from gto_action.errors import FetchError
from gto_action.git.checkout import Checkout
from gto_action.git.fetch_failures import (
    advice_for,
    is_about_object_format,
    is_refused_object,
    is_transient,
    is_unadvertised_object,
)
from gto_action.git.fetch_repository import REMOTE, make_fetch_repository
from gto_action.git.packed_refs import parse_listing, write_packed_refs
from gto_action.git.ref_fetch import RefFetch
from gto_action.git.remote import Remote
from gto_action.git.runner import GitRunner, read_stderr, without_userinfo
from gto_action.git.version import USAGE_ERROR, check_version
from gto_action.registry.tag_names import tag_prefixes
from gto_action.util.process import end_program

Watch = Callable[[Popen[bytes]], str]
"""Waits for a fetch, may show its progress, and returns what it wrote to standard error."""


@dataclass(frozen=True, slots=True)
class FetchObserver:
    """Receives the progress of a fetch: a line for each new attempt, and perhaps a progress bar.

    After a transient error the fetch is repeated after each of ``pauses``, in seconds.
    """

    log: Callable[[str], None]
    watch: Watch | None = None
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0)


class Fetch:
    """A fetch of tags in progress, and what else can be fetched after it.

    After a transient error it is repeated after each of the observer's pauses. If the remote cannot
    be read and has a fallback, that is used instead, from then on.
    """

    def __init__(
        self,
        remote: Remote,
        make_repository: Callable[[Remote, str, str], GitRunner],
        object_format: str,
        tags: Iterable[str],
        observer: FetchObserver,
    ) -> None:
        """Start to fetch tags by their refspecs.

        ``make_repository`` makes one for a remote and an object format, by a name if it is not that
        of the tags. Raises FetchError.
        """
        self.remote = remote
        self.repository = make_repository(remote, object_format, "")
        self._make_repository = make_repository
        self._object_format = object_format
        self._observer = observer
        self._tags = tuple(tags)
        self._commits: dict[str, bool] = {}
        self._way = _Way.DRY_RUN
        self._listing = os.path.join(self.repository.directory, "listing")
        self._process = self._start_tags()
        self._has_tags = False
        self._failure: FetchError | None = None
        self.beside: RefFetch | None = None

    @property
    def remote_name(self) -> str:
        """The name of the remote in the configuration of the repository."""
        return REMOTE

    def list_tags(self) -> set[str]:
        """Return the names of the tags that the remote has now. Raises FetchError."""
        return self._list([refspec.removeprefix("+").partition(":")[0] for refspec in self._tags])

    def list_refs(self, names: Sequence[str]) -> set[str]:
        """Return the tags of given names that the remote has, and those below them.

        Raises FetchError.
        """
        return self._list([f"refs/tags/{name}{end}" for name in names for end in ("", "/*")])

    def _list(self, patterns: Sequence[str]) -> set[str]:
        listing = self.repository.git(*_LIST, REMOTE, *patterns)
        output, stderr = listing.communicate()
        if listing.returncode != 0:
            reason = without_userinfo(stderr.decode(errors="replace").strip())
            raise FetchError(f"could not list the tags of {self.remote}: {reason}")
        refs = parse_listing(output)
        return {ref.decode(errors="replace").removeprefix("refs/tags/") for ref in refs}

    def finish(self) -> None:
        """Wait for the tags, if they are not here yet. Raises FetchError, whenever it is called."""
        if self._failure:
            raise self._failure
        while not self._has_tags:
            try:
                once = self.remote.fallback is not None and self.remote.is_ssh
                self._wait(_PURPOSE, self._start_tags, once=once)
                self._store_tags()
                self._has_tags = True
            except FetchError as error:
                self._choose_other_way(error)
                self.repository = self._make_repository(self.remote, self._object_format, "")
                self._process = self._start_tags()

    def fetch_commits(self, refspecs: Iterable[str], what: str, *, history: bool = False) -> None:
        """Fetch commits, with the files that a filter of git's leaves. Raises FetchError.

        ``history`` fetches their ancestors too. If the server refuses single commits, all tagged
        ones are fetched. Source: git-rev-list(1), --filter.
        """
        self.finish()  # git fetches once at a time into one repository
        requested = list(refspecs)
        if (
            history
            and all("*" in refspec for refspec in requested)
            and self._remote_has_none(requested)
        ):
            return  # git would wait for the server for ever
        self._commits.update((refspec, history) for refspec in requested if ":" in refspec)
        try:
            options = (*self._depth(history=history), f"--filter={what}", "--stdin", REMOTE)
            self._fetch_objects("fetch commits", options, requested)
        except FetchError as error:
            if not is_refused_object(str(error)):
                raise
            self.fetch_unfiltered()

    def fetch_bare_commits(self, shas: Sequence[str]) -> None:
        """Fetch commits by their SHAs, without history and files. Raises FetchError.

        From a server that refuses single commits, the branches that end there are fetched, or else
        the commits of all branches; then the server may lack the commits without an error.
        """
        options = (_SHALLOW, "--filter=tree:0", "--stdin", REMOTE)
        try:
            self._fetch_objects("fetch the commits", options, shas)
        except FetchError as error:
            if not is_unadvertised_object(str(error)):
                raise
            tips = self._tips()
            if set(shas) <= tips.keys():
                self._fetch("fetch the commits", options, [tips[sha] for sha in shas])
            elif tips:
                everything = (*self._depth(history=True), *options[1:])
                self._fetch("fetch the commits", everything, ["+refs/heads/*:refs/heads/*"])

    def has_ref(self, ref: str) -> bool:
        """Return whether the remote has a ref of exactly this name. Raises FetchError."""
        return ref in self._list_refs()

    def is_empty(self) -> bool:
        """Return whether the remote has no ref at all. Raises FetchError."""
        return not self._list_refs()

    def branch_head(self, ref: str) -> str:
        """Return the SHA of a branch's commit at the remote now; empty if there is no branch."""
        return self._list_refs("--heads").get(ref, "")

    def _tips(self) -> dict[str, str]:
        """Return the branches of the remote, one for each of the SHAs of their commits."""
        return {sha: ref for ref, sha in self._list_refs("--heads").items()}

    def _list_refs(self, *options: str) -> dict[str, str]:
        """Return the SHAs of the refs of the remote that `git ls-remote` lists with some options.

        Raises FetchError.
        """
        listing = self.repository.git("ls-remote", "--quiet", *options, REMOTE)
        output, stderr = listing.communicate()
        if listing.returncode != 0:
            reason = without_userinfo(" ".join(stderr.decode(errors="replace").split()))
            raise FetchError(f"could not list the refs of {self.remote}: {reason}")
        lines = (line.split("\t") for line in output.decode(errors="replace").splitlines())
        return {ref: sha for sha, ref in lines}

    def fetch_all_files(self, name: str) -> None:
        """Fetch a commit with all its files, by a ref or its SHA. Raises FetchError.

        From a server that refuses single commits, the branch that ends there is fetched.
        """
        options = (_SHALLOW, *_UNFILTERED, REMOTE)
        purpose = f"fetch the files at {name}"
        try:
            self._fetch(purpose, (*options, f"+{name}"))
        except FetchError as error:
            branch = self._tips().get(name) if is_unadvertised_object(str(error)) else None
            if branch is None:
                raise
            self._fetch(purpose, (*options, f"+{branch}"))

    def fetch_unfiltered(self) -> None:
        """Fetch the commits fetched so far, and all tagged ones, with all their files.

        A server that refuses single objects needs that. Raises FetchError.
        """
        for history in (False, True):
            missing = [commit for commit, deep in self._commits.items() if deep is history]
            missing += () if history else self._tags
            # for what the remote does not have git would wait for ever
            if missing and not self._remote_has_none(missing):
                options = (*self._depth(history=history), *_UNFILTERED, "--stdin", REMOTE)
                self._fetch("fetch all files", options, missing)

    def start_ref(self, ref: str) -> RefFetch:
        """Start to fetch a ref's commit beside the tags, or return what was started for it."""
        if self.beside is None or self.beside.ref != ref:
            if self.beside:
                self.beside.stop()
            name = f"ref-{os.urandom(4).hex()}"
            repository = self._make_repository(self.remote, self._object_format, name)
            words = (*_FETCH, "--quiet", _SHALLOW, _ROOT_ONLY, REMOTE)
            self.beside = RefFetch(repository, words, ref)
        return self.beside

    def fetch_heads(self, is_wanted: Callable[[str], bool]) -> tuple[GitRunner, list[str]]:
        """Fetch branches by their names, with all commits and no file; return their SHAs.

        They are in a repository of their own, which is returned too: commits without their files
        would confuse a push. Raises FetchError.
        """
        heads = {
            ref: sha
            for ref, sha in self._list_refs("--heads").items()
            if is_wanted(ref.removeprefix("refs/heads/"))
        }
        repository = self._make_repository(self.remote, self._object_format, "heads")
        if not heads:
            return repository, []
        words = (*_FETCH, "--quiet", "--filter=tree:0", "--stdin", REMOTE)
        stdin = "".join(f"+{ref}:{ref}\n" for ref in heads).encode()
        for pause in (*self._observer.pauses, None):
            process = repository.git(*words)
            stderr = read_stderr(process, stdin)
            if process.returncode == 0:
                return repository, list(heads.values())
            failure = f"could not fetch the branches from {self.remote}: {' '.join(stderr.split())}"
            if pause is None or not is_transient(stderr):
                break
            self._observer.log(f"{failure}; trying again in {pause:g} s")
            time.sleep(pause)
        raise FetchError(failure)

    def stop(self) -> None:
        """End what is in progress."""
        if self.beside:
            self.beside.stop()
        end_program(self._process)
        with self._process:
            pass

    def _choose_other_way(self, error: FetchError) -> None:
        """Choose what git can do, the remote's object format, or its fallback. Raises ``error``."""
        if self._way is _Way.DRY_RUN and self._process.returncode == USAGE_ERROR:
            self._way = _Way.LIST if self._tags == _ALL_TAGS else _Way.REFS
        elif self._way is _Way.LIST and is_refused_object(str(error)):
            self._way = _Way.REFS  # a tag was deleted since they were listed
        elif self._object_format == _SHA1 and is_about_object_format(str(error)):
            self._object_format = _SHA256
        elif self.remote.fallback and (self.remote.is_ssh or not is_transient(str(error))):
            self._observer.log(f"{error}; trying {self.remote.fallback} with the token")
            self.remote = self.remote.fallback
        else:
            self._failure = error
            raise error

    def _depth(self, *, history: bool) -> tuple[str, ...]:
        """Return the options that cut off the history, or that fetch all of it.

        A server leaves out what a shallow commit of ours has, though a filter left it out as well:
        for the whole history nothing here is shallow, and nothing is negotiated.
        """
        if not history:
            return (_SHALLOW,)
        with suppress(FileNotFoundError):
            os.remove(os.path.join(self.repository.directory, "shallow"))
        return ("--refetch",)

    def _start_tags(self) -> Popen[bytes]:
        """Start to fetch the tags, or to list them if that comes first."""
        if self._way is _Way.REFS:
            return self._start((*_TAGS_ONLY, REMOTE, *self._tags))
        progress = "--progress" if self._observer.watch else "--no-progress"
        commands = {
            _Way.DRY_RUN: (*_FETCH, progress, *_DRY_RUN, *_TAGS_ONLY, REMOTE, *self._tags),
            _Way.LIST: (*_LIST, REMOTE),
        }
        try:
            with open(self._listing, "wb") as listing:
                return self.repository.git(*commands[self._way], stdout=listing)
        except OSError as error:
            raise _unwritable(error) from error

    def _store_tags(self) -> None:
        """Store the tags that were listed; fetch them first, if git only listed them."""
        if self._way is _Way.REFS:
            return
        try:
            with open(self._listing, "rb") as listing:
                refs = parse_listing(listing.read())
            if self._object_format == _SHA1 and any(
                len(sha) > _SHA1_LENGTH for sha in refs.values()
            ):
                raise FetchError(f"{self.remote} has another object format")
            if self._way is _Way.LIST:
                shas = [sha.decode() for sha in dict.fromkeys(refs.values())]
                for first in range(0, len(shas), _AT_ONCE):
                    options = (*_TAGS_ONLY, "--stdin", REMOTE)
                    self._fetch(_PURPOSE, options, shas[first : first + _AT_ONCE])
            write_packed_refs(self.repository.directory, refs)
        except OSError as error:
            raise _unwritable(error) from error

    def _fetch_objects(
        self, purpose: str, arguments: Sequence[str], refspecs: Sequence[str] = ()
    ) -> None:
        """Fetch; for SHA-256 too, of which nothing was known if there are no tags."""
        is_sha1 = self._object_format == _SHA1
        if is_sha1 and any(map(_SHA256_NAME.search, refspecs)) and self._is_remote_sha256():
            self._use_sha256()
        try:
            self._fetch(purpose, arguments, refspecs)
        except FetchError as error:
            if self._object_format != _SHA1 or not is_about_object_format(str(error)):
                raise
            self._use_sha256()
            self._fetch(purpose, arguments, refspecs)

    def _is_remote_sha256(self) -> bool:
        """Return whether the remote names its commits by SHA-256, as far as its HEAD shows."""
        listing = self.repository.git("ls-remote", "--quiet", REMOTE, "HEAD")
        return len(listing.communicate()[0].partition(b"\t")[0]) > _SHA1_LENGTH

    def _use_sha256(self) -> None:
        """Fetch the tags again, into a repository of the remote's object format."""
        self._object_format = _SHA256
        self.repository = self._make_repository(self.remote, self._object_format, "")
        self._has_tags = False
        self._process = self._start_tags()
        self.finish()

    def _fetch(self, purpose: str, arguments: Sequence[str], refspecs: Iterable[str] = ()) -> None:
        stdin = "".join(f"{refspec}\n" for refspec in refspecs).encode(errors="surrogateescape")
        self._process = self._start(arguments)
        self._wait(purpose, lambda: self._start(arguments), stdin)

    def _start(self, arguments: Sequence[str]) -> Popen[bytes]:
        progress = "--progress" if self._observer.watch else "--quiet"
        return self.repository.git(*_FETCH, progress, *arguments)

    def _wait(
        self,
        purpose: str,
        start: Callable[[], Popen[bytes]],
        stdin: bytes = b"",
        *,
        once: bool = False,
    ) -> None:
        """Wait for the process, which reads ``stdin``; start it again after a transient error.

        It is tried ``once`` if there is something else to try.
        """
        for pause in (*(() if once else self._observer.pauses), None):
            stderr = self._finished(stdin)
            if stderr is None:
                return
            advice = advice_for(stderr, self.remote.unused_authority)
            failure = f"could not {purpose} from {self.remote}: {stderr}{advice}"
            if pause is None or not is_transient(stderr.replace(str(self.remote), "")):
                raise FetchError(failure)
            self._observer.log(f"{failure}; trying again in {pause:g} s")
            time.sleep(pause)
            self._process = start()

    def _finished(self, stdin: bytes) -> str | None:
        """Return the standard error of a failed process, without credentials; or ``None``."""
        process = self._process
        assert process.stdin is not None
        with process.stdin, suppress(BrokenPipeError):
            process.stdin.write(stdin)
        stderr = without_userinfo((self._observer.watch or _end_of_stderr)(process))
        stderr = stderr.replace(_NO_FILTER, "").strip()
        with process:  # its pipes are closed, now that it has ended
            pass
        if process.returncode == 0:
            return None
        if process.returncode == USAGE_ERROR:
            check_version(self.repository)
        # git fails without a reason if the remote has nothing of what was requested
        if process.returncode == 1 and stderr in {"", "error:"}:
            return None if self._remote_has_none(self._tags) else "it ended early, without a reason"
        return " ".join(stderr.split()) or f"it ended with {process.returncode}"

    def _remote_has_none(self, refspecs: Iterable[str]) -> bool:
        """Return whether the remote has none of the requested refs."""
        patterns = [refspec.removeprefix("+").partition(":")[0] for refspec in refspecs]
        listing = self.repository.git("ls-remote", "--quiet", REMOTE, *patterns)
        listed, _ = listing.communicate()
        return listing.returncode == 0 and not listed


class _Way(Enum):
    """How the tags are fetched: the best way first."""

    DRY_RUN = "git transfers the tags and lists their refs, from Git 2.41 on"
    LIST = "git lists the refs, and then fetches the tags by their SHAs"
    REFS = "git fetches the tags, and writes a file for each ref"


def start_fetch(  # noqa: PLR0913 - all that a fetch depends on
    remote: Remote,
    parent: str,
    environment: Mapping[str, str],
    *,
    observer: FetchObserver,
    checkout: Checkout | None = None,
    artifact: str | None = None,
    beside: str = "",
) -> Fetch:
    """Start to fetch tags into a new repository below ``parent``, an empty directory.

    All tags, or those of one ``artifact``; and the commit of the ref ``beside`` them, if one is
    named. ``environment`` is git's. Raises FetchError.
    """

    def make_repository(remote: Remote, object_format: str, name: str) -> GitRunner:
        directory = os.path.join(parent, name or object_format)
        return make_fetch_repository(remote, directory, environment, object_format)

    prefixes = tag_prefixes(artifact) if artifact else ()
    refs = [f"+refs/tags/{prefix}*:refs/tags/{prefix}*" for prefix in prefixes] or _ALL_TAGS
    object_format = checkout.object_format if checkout else _SHA1
    started = Fetch(remote, make_repository, object_format, refs, observer)
    if beside:
        started.start_ref(beside)
    return started


def _unwritable(error: OSError) -> FetchError:
    return FetchError(f"could not store the tags: {error.strerror}; set TMPDIR to another disk")


_NO_FILTER = "warning: filtering not recognized by server, ignoring"
_SHA1, _SHA256 = "sha1", "sha256"
_SHA1_LENGTH = 40
_SHA256_NAME = re.compile(r"^\+?[0-9a-f]{64}(?![0-9a-f])")
_MAX_MESSAGE = 4096


def _end_of_stderr(process: Popen[bytes]) -> str:
    """Wait for a process; return the end of its standard error, which may have no end."""
    assert process.stderr is not None
    end = b""
    while chunk := process.stderr.read(_MAX_MESSAGE):
        end = (end + chunk)[-_MAX_MESSAGE:]
    process.wait()
    return end.decode(errors="replace").strip()


_FETCH = (
    "fetch",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--atomic",
)
_SHALLOW = "--depth=1"
_TAGS_ONLY = (_SHALLOW, "--filter=object:type=tag")
_ROOT_ONLY = "--filter=tree:1"
_DRY_RUN = ("--dry-run", "--porcelain")
_LIST = ("ls-remote", "--quiet", "--refs", "--tags")
_ALL_TAGS = ("+refs/tags/*:refs/tags/*",)
_PURPOSE = "fetch the tags"
# the time that git needs before it connects grows with the square of their number
_AT_ONCE = 20_000
_UNFILTERED = ("--refetch", "--no-filter")
