"""Push tags to a remote, and delete tags there: in one transaction, all or none."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from gto_action.errors import PushError
from gto_action.git.checkout import Checkout
from gto_action.git.fetch import Fetch
from gto_action.git.fetch_failures import is_transient
from gto_action.git.push_refusals import advise
from gto_action.git.runner import GitRunner, printable_url, read_stderr, without_userinfo
from gto_action.git.source import missing_objects
from gto_action.util.environment import with_settings

ShowProgress = Callable[[str, int, int], None]
"""Shows how far a push is: what it does, how much is done, and of how much."""


class Outcome(Enum):
    """How a push ended that the remote did not refuse."""

    DONE = "the remote has all the tags"
    LOST = "another process changed one of the tags first"
    UNKNOWN = "a transient error: the remote may have the tags"


@dataclass(frozen=True, slots=True)
class TagChange:
    """A change of a remote's tag, by the SHAs of tag objects; ``""`` is none.

    ``before`` is the object that the remote has now, ``after`` the one that it is to have, which
    points to ``commit``.
    """

    name: str
    before: str = ""
    after: str = ""
    commit: str = ""

    @property
    def ref(self) -> str:
        """The tag's ref."""
        return f"refs/tags/{self.name}"

    @property
    def refspec(self) -> str:
        """The refspec that makes the change."""
        return f"{self.ref if self.after else ''}:{self.ref}"

    @property
    def lease(self) -> str:
        """What the remote has to have; nothing after the colon is that it has no such tag."""
        return f"{self.ref}:{self.before}"


class Outbox:
    """A repository of our own that new tags are pushed from.

    It borrows the objects of the one that a remote's tags were fetched into, and is not a partial
    clone, in which git would fetch what is missing: so of the history and of the files nothing is
    transferred. docs/fetching.md explains how this was chosen.
    """

    def __init__(self, fetch: Fetch, local: Checkout | None = None) -> None:
        """Make it beside the repository that a remote's tags were fetched into.

        What only a ``local`` repository has is pushed with the tags. Raises PushError.
        """
        self.failure = ""
        """The errors of the last push, if it failed."""
        self.identical: set[str] = set()
        """The tags that another process had pushed before, object for object."""
        self._unknown: Sequence[TagChange] = ()
        self._fetched = fetch.repository.directory
        self._directory = os.path.join(
            os.path.dirname(self._fetched), f"outbox-{os.urandom(4).hex()}"
        )
        self.repository = GitRunner(
            os.path.dirname(self._fetched),
            {
                **with_settings(fetch.repository.environment, _SETTINGS),
                "GIT_DIR": self._directory,
            },
        )
        self._trace = os.path.join(self._directory, "curl-trace")
        self._remote = fetch.remote_name
        remote = fetch.remote
        self._shown = printable_url(remote.push_url) if remote.push_url else str(remote)
        stderr = read_stderr(self.repository.git("init", "--quiet", "--bare", "--template="))
        if stderr:
            raise PushError(f"could not make a repository for the new tags: {stderr}")
        info = os.path.join(self._directory, "objects", "info")
        os.makedirs(info, exist_ok=True)
        objects = [f"{self._fetched}/objects", *([local.objects] if local else [])]
        with open(os.path.join(info, "alternates"), "wb") as alternates:
            alternates.writelines(os.fsencode(f"{directory}\n") for directory in objects)
        self._shallow_files = [os.path.join(self._fetched, "shallow")]
        if local:
            file = local.repository.output("rev-parse", "--git-path", "shallow").rstrip(b"\n")
            self._shallow_files.append(os.path.join(local.repository.directory, os.fsdecode(file)))

    def lacking(self, commits: Iterable[str]) -> list[str]:
        """Return those of some commits that were not fetched."""
        return missing_objects(self.repository, commits)

    def push(
        self, changes: Sequence[TagChange], *, atomic: bool, show: ShowProgress | None = None
    ) -> Outcome:
        """Push changes; the objects of new tags are in the repository.

        Raises PushError if the remote refuses them, NoAtomicError if it has no transactions.
        """
        self._store_shallow()
        new = (f"update {change.ref} {change.after}\n" for change in changes if change.after)
        process = self.repository.git("update-ref", "--stdin")
        reason = process.communicate("".join(new).encode())[1].decode(errors="replace").strip()
        if process.returncode != 0:
            raise PushError(f"git can't store the new tags: {reason}")
        refusals, stderr = self._git_push(changes, show, atomic=atomic)
        if "does not support --atomic" in stderr:
            raise NoAtomicError
        same = {change.name for change in changes if refusals.get(change.ref) == _SAME}
        created = {change.name for change in changes if refusals.get(change.ref) == ""}
        if created and len(same) + len(created) == len(changes):
            self.identical = same
            return Outcome.DONE
        # the push before may have succeeded, and only its answer was lost
        is_repeated = self._unknown == changes or self._was_resent()
        if is_repeated and self._is_done(changes):
            return Outcome.DONE
        reasons = " ".join(filter(None, [*dict.fromkeys(refusals.values()), stderr]))
        self.failure = f"could not push the tags to {self._shown}: {reasons}"
        if any(_LOST.search(refusal) for refusal in refusals.values()):
            return Outcome.LOST
        if not any(refusals.values()) and is_transient(stderr):
            self._unknown = changes
            return Outcome.UNKNOWN
        raise PushError(f"{self.failure}{advise(reasons)}")

    def _traced(self, changes: Sequence[TagChange]) -> dict[str, str]:
        """Return the variables of a push: curl's trace, without contents and credentials.

        Only what has new objects is negotiated.
        """
        negotiates = str(any(change.after for change in changes)).lower()
        variables = with_settings(self.repository.environment, [("push.negotiate", negotiates)])
        return {
            **variables,
            "GIT_TRACE_CURL": self._trace,
            "GIT_TRACE_REDACT": "1",
            "GIT_TRACE_CURL_NO_DATA": "1",
        }

    def _was_resent(self) -> bool:
        """Return whether curl sent a request again, because the connection was closed before.

        Then the refusal may be that of the second request, of which the first did succeed.
        """
        with suppress(OSError), open(self._trace, encoding="utf-8", errors="replace") as trace:
            return "retrying a fresh connect" in trace.read()
        return False

    def _is_done(self, changes: Sequence[TagChange]) -> bool:
        """Return whether the remote has what changes were to make."""
        refs = [change.ref for change in changes]
        output = self.repository.output("ls-remote", "--quiet", self._remote, *refs).decode()
        now = {ref: sha for sha, _, ref in (line.partition("\t") for line in output.splitlines())}
        return all(now.get(change.ref, "") == change.after for change in changes)

    def _store_shallow(self) -> None:
        """Store which of the borrowed commits have no parents here. Source: gitformat-shallow."""
        commits: set[bytes] = set()
        for file in self._shallow_files:
            with suppress(FileNotFoundError), open(file, "rb") as lines:
                commits.update(lines)
        with open(os.path.join(self._directory, "shallow"), "wb") as shallow:
            shallow.writelines(sorted(commits))

    def _git_push(
        self, changes: Sequence[TagChange], show: ShowProgress | None, *, atomic: bool
    ) -> tuple[Mapping[str, str], str]:
        """Run git-push(1); return the refusal of each ref, empty if there is none, and the errors.

        Without its result a ref is not among them.
        """
        # it takes 0.15 s to import, and is needed only now
        try:
            from git import GitCommandError, PushInfo, Remote, Repo  # noqa: PLC0415 - as above
        except ImportError as error:  # GIT_PYTHON_GIT_EXECUTABLE names no git
            reason = str(error).strip().partition("\n")[0]
            raise PushError(f"GitPython can't be used to push: {reason}") from error

        from gto_action.git.push_progress import PushProgress  # noqa: PLC0415 - as above

        progress = PushProgress(show)
        pushed: Iterable[PushInfo] = ()
        with Repo(self._directory) as repo, suppress(GitCommandError):
            repo.git.update_environment(**self._traced(changes))
            pushed = Remote(repo, self._remote).push(
                [change.refspec for change in changes],
                progress=progress,
                allow_unsafe_protocols=True,  # which ones are safe is for git's configuration
                atomic=atomic,
                force_with_lease=[change.lease for change in changes],
            )
        refused = PushInfo.REJECTED | PushInfo.REMOTE_REJECTED | PushInfo.REMOTE_FAILURE
        refusals = {
            info.remote_ref_string: (
                info.summary.strip() if info.flags & (refused | PushInfo.UP_TO_DATE) else ""
            )
            for info in pushed
        }
        return refusals, without_userinfo(" ".join(progress.errors))


class NoAtomicError(Exception):
    """The remote accepts no more than one tag in a transaction."""


_SAME = "[up to date]"
_LOST = re.compile(
    r"\[up to date\]|stale info|atomic transaction failed|failed to update ref|already exists"
    "|cannot lock ref|failed to lock|incorrect old value|remote ref updated since|fetch first"
)
_SETTINGS = (
    ("push.followTags", "false"),
    ("push.gpgSign", "false"),
    ("push.recurseSubmodules", "no"),
)
