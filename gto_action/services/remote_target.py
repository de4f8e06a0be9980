"""A remote as the place of new tags: its tags are authoritative, and a push is the transaction."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from gto_action.errors import (
    FetchError,
    PushError,
    QueryError,
    TimeLimitError,
    UnreadableRepositoryError,
)
from gto_action.git.commits import NO_TREE, find_commit
from gto_action.git.fetch import Fetch, FetchObserver
from gto_action.git.new_tags import (
    Tagger,
    create_refs,
    delete_refs,
    find_directory_conflict,
    read_tagger,
    store_content,
    store_tag,
)
from gto_action.git.push import NoAtomicError, Outbox, Outcome, ShowProgress, TagChange
from gto_action.git.runner import GitRunner
from gto_action.git.source import missing_objects, objects_of
from gto_action.registry.events import Tag
from gto_action.registry.plan import Plan
from gto_action.registry.tag_names import parse_tag_name
from gto_action.services.session import RegistrySession
from gto_action.services.targets import (
    Approve,
    Make,
    TagOptions,
    check_directories,
    contents_of,
    directory_conflict,
    new_tags_of,
)
from gto_action.util.interrupts import uninterrupted
from gto_action.util.text import truncate_inline


class RemoteTarget:
    """A remote, and the local repository that pushes to it, if there is one.

    ``connect`` reads the remote anew. ``each`` pushes one tag after the other, if the remote has no
    transactions; ``commits`` pushes the tagged commits too. ``remote`` is its name, ``show`` shows
    the progress of a push, and ``observer`` receives what is tried again.
    """

    def __init__(  # noqa: PLR0913 - all that a push depends on
        self,
        connect: Callable[[], AbstractContextManager[RegistrySession]],
        local: RegistrySession | None,
        options: TagOptions,
        *,
        observer: FetchObserver,
        each: bool = False,
        commits: bool = False,
        remote: str = "",
        show: ShowProgress | None = None,
    ) -> None:
        self.notes: list[str] = []
        self.failure = ""
        self.made = ""
        self.identical: set[str] = set()
        self._connect = connect
        self._local = local
        self._options = options
        self._observer = observer
        self._each = each
        self._commits = commits
        self._remote = remote or "origin"
        self._clashes: frozenset[str] = frozenset()
        self._show = show

    @contextmanager
    def open(self) -> Iterator[tuple[RegistrySession, Make]]:
        """Read the remote anew."""
        with self._connect() as session:
            yield (
                session,
                lambda planned, tagger, _, approve: self._make(session, planned, tagger, approve),
            )

    def configured(self, session: RegistrySession) -> RegistrySession:
        """Return the session of the local repository, if there is one."""
        return self._local or session

    def find_commit(self, session: RegistrySession, ref: str) -> str:
        """Return the full SHA of a commit that is named here, or else at the remote.

        Raises QueryError, FetchError.
        """
        commit = find_commit(self._local.source, ref) if self._local else None
        commit = commit or find_commit(session.source, ref, NO_TREE)
        if commit is None:
            hint = "" if _SHA.fullmatch(ref) else "; of a remote, name a ref or a full SHA"
            raise QueryError(f"there is no commit '{ref}' in {session.source}{hint}")
        return commit

    def read_tagger(self, session: RegistrySession) -> Tagger:
        """Return the author of new tags, and the time. Raises InputError."""
        return read_tagger(self._configured_git(session), self._options.identity)

    def signs(self, session: RegistrySession) -> bool:
        """Return whether new tags are signed. Raises InputError."""
        return self._options.read_signing(self._configured_git(session)) is not None

    def check(self, session: RegistrySession, planned: Plan, *, dry_run: bool) -> None:
        """Raise QueryError if the tags of the local repository do not allow the planned ones.

        Those of the remote are checked for a dry run: a push shows it anyway.
        """
        fetch = session.source.fetch
        assert fetch
        if dry_run and planned.created:
            taken = find_directory_conflict([tag.name for tag in planned.created], fetch.list_refs)
            if taken:
                raise QueryError(directory_conflict(*taken))
            self._fetch_commits(fetch, self._outbox(fetch), planned)
        if self._local:
            check_directories(self._local.source.repository, planned)

    def check_names(self, planned: Plan) -> None:
        """Raise QueryError if a local tag has the name of a planned one: a push shows it anyway."""
        if self._local:
            names = [tag.name for tag in planned.created]
            for name in objects_of(self._local.source.repository, names):
                raise QueryError(self._clash(name))

    def compare(self, session: RegistrySession, artifacts: Collection[str]) -> None:
        """Note the tags of artifacts that the local repository alone has, or has as others."""
        if not self._local:
            return
        there = session.source.tag_objects()
        for name, sha in self._local.source.tag_objects().items():
            parts = parse_tag_name(name)
            if sha == there.get(name) or not parts or parts.name not in artifacts:
                continue
            note = f"tag '{name}' is only in the local repository, so it did not count"
            if name in there:
                note = (
                    f"tag '{name}' of the local repository is not that of the remote, which "
                    f"counts: git fetch {self._remote} '+refs/tags/{name}:refs/tags/{name}' "
                    "replaces it"
                )
            if note not in self.notes:
                self.notes.append(note)

    def appeared(self, session: RegistrySession, known: Iterable[str]) -> list[Tag]:
        """Return the tags that the remote has now, if one of them is not ``known``."""
        fetch = session.source.fetch
        assert fetch
        if fetch.list_tags() <= set(known):
            return []
        with self._connect() as again:
            return list(again.source.tags())

    def _make(
        self, session: RegistrySession, planned: Plan, tagger: Tagger, approve: Approve
    ) -> bool:
        """Push what was planned, and change the local repository likewise."""
        fetch = session.source.fetch
        assert fetch
        outbox = self._outbox(fetch)
        self._fetch_commits(fetch, outbox, planned)
        git = self._configured_git(session)
        signing = self._options.read_signing(git)
        changes = [
            TagChange(
                tag.name,
                after=store_tag(outbox.repository, tagger, tag, signing),
                commit=tag.commit,
            )
            for tag in new_tags_of(planned)
        ]
        approve(contents_of(outbox.repository, {change.name: change.after for change in changes}))
        before = objects_of(session.source.repository, planned.deleted)
        changes += [TagChange(name, before=before.get(name, "")) for name in planned.deleted]
        local = self._local.source.repository if self._local else None
        if (local and not self._is_free(local, changes)) or not self._push(outbox, changes):
            return False
        self.identical = outbox.identical
        self.made = f"the remote has the changes of {truncate_inline(_names(changes))}"
        if local:
            with uninterrupted():
                self._change_local(local, outbox, changes)
        return True

    def _change_local(self, local: GitRunner, outbox: Outbox, changes: Sequence[TagChange]) -> None:
        """Create and delete in the local repository what the remote has now."""
        try:
            self._mirror(local, outbox, changes)
        except (UnreadableRepositoryError, OSError) as error:
            self.notes.append(
                f"the remote has the changes of {_names(changes)}, and the local repository does "
                f"not: {error}; fetch the tags"
            )

    def _configured_git(self, session: RegistrySession) -> GitRunner:
        """Return the repository whose configuration applies: a checkout, if there is one."""
        source = (self._local or session).source
        return source.checkout.repository if source.checkout else source.repository

    def _outbox(self, fetch: Fetch) -> Outbox:
        local_commits = self._local.source.checkout if self._local and self._commits else None
        return Outbox(fetch, local_commits)

    def _fetch_commits(self, fetch: Fetch, outbox: Outbox, planned: Plan) -> None:
        """Fetch commits that are to be tagged. Raises QueryError if the remote lacks one."""
        lacking = outbox.lacking({tag.commit for tag in planned.created})
        if not lacking:
            return
        try:
            fetch.fetch_bare_commits(lacking)
        except FetchError as error:
            if "not our ref" not in str(error):
                raise
        lacking = outbox.lacking(lacking)
        if lacking:
            raise QueryError(
                f"{fetch.remote} does not have the commit {', '.join(lacking)}: push it first, or "
                "with the tag by --push-commits"
            )

    def _push(self, outbox: Outbox, changes: Sequence[TagChange]) -> bool:
        """Push changes; return whether no other process changed one of the tags first."""
        try:
            return self._push_patiently(outbox, changes)
        except (SystemExit, KeyboardInterrupt, TimeLimitError):
            self._observer.log(
                f"interrupted: whether the remote has {_names(changes)} is not known"
            )
            raise

    def _push_patiently(
        self, outbox: Outbox, changes: Sequence[TagChange], *, atomic: bool = True
    ) -> bool:
        for pause in (*self._observer.pauses, None):
            try:
                outcome = outbox.push(changes, atomic=atomic, show=self._show)
            except NoAtomicError:
                return self._push_each(outbox, changes)
            if outcome is not Outcome.UNKNOWN:
                self.failure = outbox.failure
                return outcome is Outcome.DONE
            if pause is None:
                break
            self._observer.log(f"{outbox.failure}; trying again in {pause:g} s")
            time.sleep(pause)
        raise PushError(
            f"{outbox.failure}; whether it has {_names(changes)} is not known: try again"
        )

    def _push_each(self, outbox: Outbox, changes: Sequence[TagChange]) -> bool:
        """Push changes to a remote that accepts one at a time."""
        if len(changes) > 1 and not self._each:
            raise PushError(
                "the server accepts no atomic push, so it can't be all of the tags or none: "
                "request one at a time, or at a terminal use --push-each"
            )
        for number, change in enumerate(changes):
            done = changes[:number]
            try:
                is_pushed = self._push_patiently(outbox, [change], atomic=False)
            except PushError as error:
                raise self._partial_failure(outbox, done, str(error)) from error
            if not is_pushed and done:
                reason = f"another process changed {change.name} first"
                raise self._partial_failure(outbox, done, reason)
            if not is_pushed:
                return False
        return True

    def _partial_failure(self, outbox: Outbox, done: Sequence[TagChange], reason: str) -> PushError:
        """Change the local repository by what was pushed; return an error that names it."""
        if not done:
            return PushError(reason)
        if self._local:
            self._change_local(self._local.source.repository, outbox, done)
        return PushError(f"{reason}; pushed before: {_names(done)}")

    def _is_free(self, local: GitRunner, changes: Sequence[TagChange]) -> bool:
        """Return whether no local tag has a name that is to be created.

        If one has, another process may have pushed it since the remote was read. Raises QueryError
        if the remote still lacks it when it is read again.
        """
        here = objects_of(local, [change.name for change in changes])
        clashes = [
            change.name
            for change in changes
            if change.after and here.get(change.name, change.after) != change.after
        ]
        for name in clashes:
            if name in self._clashes:
                raise QueryError(self._clash(name))
        self._clashes = frozenset(clashes)
        return not clashes

    def _clash(self, name: str) -> str:
        return (
            f"tag '{name}' is in the local repository, and not in the remote: delete it "
            f"(git tag -d '{name}') or push it (git push {self._remote} 'refs/tags/{name}')"
        )

    def _mirror(self, local: GitRunner, outbox: Outbox, changes: Sequence[TagChange]) -> None:
        """Create and delete in a local repository what was pushed."""
        here = objects_of(local, [change.name for change in changes])
        missing = missing_objects(local, {change.commit for change in changes if change.after})
        created = {}
        for change in changes:
            if change.after and change.commit in missing:
                self.notes.append(
                    f"tag '{change.name}' is not in the local repository, which lacks its commit"
                )
            elif change.after and change.name not in here:
                content = outbox.repository.output("cat-file", "tag", change.after)
                created[change.name] = store_content(local, change.name, content)
        deleted = {
            change.name: change.before
            for change in changes
            if change.before and here.get(change.name) == change.before
        }
        if created and not create_refs(local, created):
            self.notes.append("a tag that was pushed appeared in the local repository meanwhile")
        if deleted:
            delete_refs(local, deleted)


def _names(changes: Sequence[TagChange]) -> str:
    return ", ".join(change.name for change in changes)


_SHA = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
