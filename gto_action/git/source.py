"""Where tags and files are read: fetched from a remote, or in the checkout as it is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gto_action.errors import FetchError, NoRepositoryError, UnreadableRepositoryError
from gto_action.git.checkout import Checkout, read_checkout
from gto_action.git.configuration import rewritten_url
from gto_action.git.fetch import Fetch, FetchObserver, start_fetch
from gto_action.git.fetch_failures import is_refused_object
from gto_action.git.objects import ObjectReader, borrowing
from gto_action.git.remote import Remote, RunRepository, choose_remote, own_remote
from gto_action.git.runner import GitRunner, printable_url
from gto_action.git.tags import read_tags, tag_patterns
from gto_action.git.urls import is_same_repository, parse_repository_url, public_url
from gto_action.registry.events import Tag
from gto_action.util.scratch import ScratchError, scratch_directory


@dataclass(frozen=True, slots=True)
class Source:
    """Tags, and the files at their commits. Without a ``fetch`` they are read from the checkout.

    The tags are those of one ``artifact``, if one is named. ``is_of_run`` is false for another
    repository than the one that the run is for; ``passed_over`` is the URL of such a repository in
    the workspace, which is not read.
    """

    checkout: Checkout | None
    fetch: Fetch | None
    artifact: str | None
    in_place: GitRunner | None = None
    is_of_run: bool = True
    passed_over: str = ""

    @property
    def repository(self) -> GitRunner:
        """The repository that has the tags."""
        repository = self.fetch.repository if self.fetch else self.in_place
        assert repository
        return repository

    def __str__(self) -> str:
        """Return where the tags are, for messages."""
        return (
            str(self.fetch.remote) if self.fetch else f"the checkout in {self.repository.directory}"
        )

    @property
    def public_url(self) -> str:
        """The URL of the repository without user, password and query; empty for a path."""
        remote = self.fetch.remote.url if self.fetch else self.checkout and self.checkout.remote_url
        return public_url(remote or "")

    def tags(self, full_message_for: str = "") -> Iterator[Tag]:
        """Yield all tags, once they are fetched; ``full_message_for`` has its whole message.

        Raises FetchError, UnreadableRepositoryError.
        """
        if self.fetch:
            self.fetch.finish()
        return read_tags(self.repository, self.artifact, full_message_for)

    def object_of(self, tag: str) -> str:
        """Return the full SHA of the object that a tag's ref names; empty if there is no such tag.

        That is the tag object of an annotated tag, and the commit of a lightweight one.
        """
        ref = f"refs/tags/{tag}"
        options = ("--verify", "--quiet", "--end-of-options")
        return self.repository.output("rev-parse", *options, ref).decode(errors="replace").strip()

    def tag_objects(self) -> dict[str, str]:
        """Return the SHAs of the objects that the tags of the repository name now, by tag."""
        patterns = tag_patterns(self.artifact) if self.artifact else ("refs/tags",)
        return _objects_at(self.repository, patterns)

    @contextmanager
    def files(self, commit: str, ref: str) -> Iterator[CommitFiles]:
        """Yield the files at a commit; ``ref`` is what the remote knows the commit by."""
        fetch = self.fetch
        recover = (lambda: fetch.fetch_all_files(ref)) if fetch else None
        with ObjectReader(self.all_objects(), recover) as objects:
            yield CommitFiles(commit, objects, None if fetch else self._explained)

    @contextmanager
    def files_beside(self, ref: str) -> Iterator[CommitFiles | None]:
        """Yield the files of a ref that is fetched beside the tags; ``None`` if that fails.

        Raises FetchError for a file that the server gives only with all others.
        """
        if self.fetch:
            self.fetch.finish()  # its remote, and the object format, are known then
        beside = self.fetch.start_ref(ref) if self.fetch else None
        commit = beside.finish() if beside else ""
        if not (beside and commit):
            yield None
            return
        yield CommitFiles(commit, beside.reader(self._alternates), None)

    def prepare_beside(self, path: str) -> None:
        """Let git fetch a file of the ref beside the tags while something else is done."""
        if self.fetch and self.fetch.beside:
            self.fetch.beside.prepare(path, self._alternates)

    @property
    def _alternates(self) -> str:
        return self.checkout.objects if self.checkout else ""

    def objects(self) -> ObjectReader:
        """Return a reader of all objects that are here or can be fetched."""
        recover = self.fetch.fetch_unfiltered if self.fetch else None
        return ObjectReader(self.all_objects(), recover)

    def all_objects(self) -> GitRunner:
        """Return a repository that has all objects that are here, or can fetch them."""
        if self.checkout and self.fetch:
            return borrowing(self.repository, self.checkout.objects)
        return self.repository

    def fetch_commits(self, refspecs: Iterable[str], what: str, *, history: bool = False) -> None:
        """Fetch more than tags: ``what`` is a filter of git's, as ``tree:1``. Raises FetchError.

        ``history`` fetches the ancestors as well. A checkout that is read in place stays as it is.
        Commits that the remote lacks are read in the checkout, if it has them.
        """
        if not self.fetch:
            return
        requested = list(refspecs)
        try:
            self.fetch.fetch_commits(requested, what, history=history)
        except FetchError as error:
            if not (self.checkout and is_refused_object(str(error))):
                raise
            if missing_objects(self.checkout.without_fetching, requested):
                raise

    def _explained(self, reason: str) -> str:
        """Explain why an object of a partial clone is not there."""
        if not _NOT_FETCHED.search(reason):
            return reason
        return (
            f"{self} is a partial clone that lacks an object, and fetch is false: leave fetch on, "
            "or check out without a filter"
        )


def objects_of(repository: GitRunner, tags: Iterable[str]) -> dict[str, str]:
    """Return the SHAs of the objects that the refs of some tags name, of those that are there."""
    names = frozenset(tags)
    if not names:
        return {}
    there = _objects_at(repository, (f"refs/tags/{name}" for name in names))
    return {name: there[name] for name in there if name in names}  # a pattern also matches NAME/…


def _objects_at(repository: GitRunner, patterns: Iterable[str]) -> dict[str, str]:
    form = "--format=%(objectname) %(refname:lstrip=2)"
    output = repository.output("for-each-ref", form, *patterns)
    pairs = (line.split(" ", 1) for line in output.decode(errors="replace").splitlines())
    return {name: sha for sha, name in pairs}


def missing_objects(repository: GitRunner, shas: Iterable[str]) -> list[str]:
    """Return those of some objects that a repository lacks, or has broken; none is fetched."""
    environment = {**repository.environment, "GIT_ALLOW_PROTOCOL": "none"}
    stdin = "".join(f"{sha}\n" for sha in shas).encode()
    git = GitRunner(repository.directory, environment)
    output = git.output("cat-file", "--batch-check=%(objectname)", stdin=stdin)
    return [line.split()[0] for line in output.decode().splitlines() if " " in line]


@dataclass(frozen=True, slots=True)
class CommitFiles:
    """The files at a commit, called with a path: the content, or ``None`` without such a file.

    ``explain`` explains why an object cannot be read if nothing is fetched. Raises
    UnreadableFileError for a file that is too large; FetchError, or if nothing is fetched
    UnreadableRepositoryError.
    """

    commit: str
    objects: ObjectReader
    explain: Callable[[str], str] | None

    def __call__(self, path: str) -> bytes | None:
        """Return a file's content; a directory or a link that leads to no file is ``None``."""
        return self._read(self.objects.read, path)

    def read_only_file(self, path: str) -> bytes | None:
        """Return a file's content; raise UnreadableFileError if what is there is not a file."""
        return self._read(self.objects.read_only_file, path)

    def _read(self, read: Callable[[str], bytes | None], path: str) -> bytes | None:
        try:
            return read(f"{self.commit}:{path}")
        except FetchError as error:
            if self.explain is None:
                raise
            raise UnreadableRepositoryError(self.explain(str(error))) from error


# with GIT_ALLOW_PROTOCOL=none git refuses to fetch what a partial clone lacks
_NOT_FETCHED = re.compile("transport '[^']*' not allowed")


@contextmanager
def open_source(  # noqa: PLR0913 - what a run knows of where it is
    directory: str,
    environment: Mapping[str, str],
    *,
    fetch: bool,
    artifact: str | None,
    run: RunRepository,
    is_chosen: bool,
    observer: FetchObserver,
    notice: Callable[[str], None],
    beside: str = "",
) -> Iterator[Source]:
    """Open the checkout in a directory or, with ``fetch``, start to fetch tags from its remote.

    Only those of ``artifact``, if one is named. ``run`` is the repository that the run is for: if
    the directory holds another one and the user has not chosen it, the run's is read, and
    ``notice`` is called with the reason. ``observer`` waits for the fetch. The commit of the ref
    ``beside`` is fetched at the same time. Raises NoRepositoryError, FetchError,
    UnreadableRepositoryError.
    """
    checkout = read_checkout(directory, environment)
    passed_over = ""
    of_run = checkout and as_checkout_of(run, checkout)
    is_of_run = checkout is None or of_run is not None
    if checkout is None and (is_chosen or not fetch):
        advice = "" if is_chosen else ", or leave fetch on"
        where = f" in {directory}" if directory else ""
        raise NoRepositoryError(
            f"there is no checkout{where} to read tags from: check the repository out first{advice}"
        )
    if checkout and not fetch:
        if not is_of_run and not is_chosen:
            notice(
                f"{directory} holds a checkout of {_shown(checkout)}, not of "
                f"{printable_url(run.url)}: it is read"
            )
        yield Source(checkout, None, artifact, checkout.without_fetching, is_of_run)
        return
    if checkout and not is_of_run and not is_chosen:
        notice(
            f"{directory} holds a checkout of {_shown(checkout)}: the tags are read from "
            f"{printable_url(run.url)}, which this run is for; the input path chooses a checkout"
        )
        passed_over = _shown(checkout)
        checkout, is_of_run = None, True
    elif not is_chosen:
        checkout = of_run
    remote = choose_remote(checkout, run, environment)
    with _fetched(
        remote,
        environment,
        observer=observer,
        checkout=checkout,
        artifact=artifact,
        beside=beside,
    ) as started:
        yield Source(checkout, started, artifact, is_of_run=is_of_run, passed_over=passed_over)


def as_checkout_of(run: RunRepository, checkout: Checkout) -> Checkout | None:
    """Return a checkout with the remote that is the run's repository; ``None`` if there is none.

    URLs are compared before and after ``insteadOf``. A checkout without remotes stays as it is.
    """
    urls = checkout.configuration.remote_urls
    if not (urls and run.url):
        return checkout
    rewrites = checkout.configuration.rewrites_urls
    run_url = rewritten_url(checkout.repository, run.url) if rewrites else run.url
    for url in dict.fromkeys((checkout.remote_url or urls[0], *urls)):
        rewritten = rewritten_url(checkout.repository, url) if rewrites else url
        parts = parse_repository_url(rewritten), parse_repository_url(run_url)
        if run.is_at(url) or run.is_at(rewritten) or is_same_repository(*parts):
            return replace(checkout, remote_url=url)
    return None


def _shown(checkout: Checkout) -> str:
    urls = checkout.configuration.remote_urls
    return printable_url(checkout.remote_url or next(iter(urls), ""))


@contextmanager
def open_location(
    location: str,
    environment: Mapping[str, str],
    *,
    observer: FetchObserver,
    artifact: str | None = None,
) -> Iterator[Source]:
    """Open a location: the repository that a path is in, or the tags at a URL.

    The tags are those of ``artifact``, if one is named; ``observer`` waits for a fetch. Raises
    NoRepositoryError, FetchError, UnreadableRepositoryError.
    """
    if os.path.exists(location):
        checkout = read_checkout(location, environment, above=True)
        if checkout is None:
            raise NoRepositoryError(
                f"there is no Git repository in {location}: name one with --repo"
            )
        yield Source(checkout, None, artifact, checkout.repository)
    elif is_url(location):
        check_complete(location)
        remote = Remote(location)
        with _fetched(remote, environment, observer=observer, artifact=artifact) as started:
            yield Source(None, started, artifact)
    else:
        shown = printable_url(location)
        raise NoRepositoryError(f"there is no directory {shown}: name one, or a URL, with --repo")


@contextmanager
def open_remote(
    checkout: Checkout,
    name: str,
    environment: Mapping[str, str],
    *,
    observer: FetchObserver,
    artifact: str | None = None,
) -> Iterator[Source]:
    """Open a remote of a person's own checkout, by its name.

    The tags are those of ``artifact``, if one is named; ``observer`` waits for a fetch. Raises
    NoRepositoryError, FetchError.
    """
    remote = own_remote(checkout, name)
    with _fetched(
        remote, environment, observer=observer, checkout=checkout, artifact=artifact
    ) as started:
        yield Source(checkout, started, artifact)


@contextmanager
def _fetched(  # noqa: PLR0913 - as open_source
    remote: Remote,
    environment: Mapping[str, str],
    *,
    observer: FetchObserver,
    checkout: Checkout | None = None,
    artifact: str | None = None,
    beside: str = "",
) -> Iterator[Fetch]:
    try:
        with scratch_directory("gto-action-") as directory:
            started = start_fetch(
                remote,
                directory,
                environment,
                observer=observer,
                checkout=checkout,
                artifact=artifact,
                beside=beside,
            )
            try:
                yield started
            finally:
                started.stop()
    except ScratchError as error:
        raise FetchError(
            f"could not make a temporary directory for the tags: {error.strerror}; "
            "set TMPDIR to a directory that can be written"
        ) from error


def is_remote(location: str) -> bool:
    """Return whether a location is a URL, and not a path that looks like one."""
    return is_url(location) and not os.path.exists(location)


def is_url(location: str) -> bool:
    """Return whether a location is a URL, provided that it is not a path."""
    return _URL.match(location) is not None


def check_complete(url: str) -> None:
    """Raise NoRepositoryError for a URL without a host, or without all that follows it."""
    if _INCOMPLETE.fullmatch(url):
        raise NoRepositoryError(
            f"'{printable_url(url)}' is not a complete URL: write https://HOST/PATH, or what git "
            "clone takes"
        )


_INCOMPLETE = re.compile("[^/:]*:/*|(?!file:)[^/:]+:///.*", re.IGNORECASE)
# a URL, or what ssh takes for one: a host, a colon and a path. Source: git-clone(1)
_URL = re.compile("[a-zA-Z][a-zA-Z0-9+.-]*://|[^-/:][^/:]*:")
