"""A push as Git gives it to a hook, and what of it Git refuses after the hook has accepted it.

Without --atomic, which the client chooses, Git takes the rest of such a push. Then an event could
count for the judgement of another one, and not be there. Sources: git-receive-pack(1), githooks(5).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gto_action.errors import InputError
from gto_action.git.packed_refs import is_ref_name
from gto_action.git.runner import GitRunner, listed
from gto_action.registry.plan import MAX_PART
from gto_action.registry.tag_names import parse_tag_name
from gto_action.util.text import quote_inline


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A change of a ref: the SHAs before and after, each empty if there is none."""

    ref: str
    before: str
    after: str

    @property
    def tag(self) -> str:
        """The name of the registry tag that is changed; empty for any other ref."""
        name = self.ref.removeprefix("refs/tags/")
        return name if name != self.ref and parse_tag_name(name) else ""


def parse_updates(text: str) -> list[RefUpdate]:
    """Parse the lines that Git gives to a hook. Raises InputError. Source: githooks(5)."""
    updates = []
    for line in filter(None, text.split("\n")):
        match = re.fullmatch("([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (.+)", line)
        if match is None:
            raise InputError(
                f"{quote_inline(line)} is not a line that Git gives to pre-receive: OLD NEW REF"
            )
        before, after, ref = match.groups()
        updates.append(RefUpdate(ref, before.strip("0") and before, after.strip("0") and after))
    refs = [update.ref for update in updates]
    if len(set(refs)) < len(refs):  # git would take the first, and we the last
        twice = max(refs, key=refs.count)
        raise InputError(f"the push changes {quote_inline(twice)} twice: push it once")
    return updates


def refused_by_git(repository: GitRunner, updates: Sequence[RefUpdate]) -> Iterator[str]:
    """Yield what Git would refuse of a push, as sentences. Raises UnreadableRepositoryError."""
    refs = listed(repository, "for-each-ref", "--format=%(refname) %(objectname)", end="\n")
    there = dict(line.split(" ") for line in refs)
    hidden = _hidden(repository)
    names = {*there, *(update.ref for update in updates if update.after)}
    directories = {parent for name in names for parent in _parents(name)}
    for update in updates:
        reason = _refusal(update, there, hidden)
        if not reason and update.after and (update.ref in directories or _blocked(update, names)):
            reason = "one name would be a directory of the other; push them one after the other"
        if reason:
            yield f"Git would refuse {quote_inline(update.ref)} of this push: {reason}"
    if not _is_complete(repository, [update.after for update in updates if update.after]):
        yield "an object of this push is missing: push from a complete clone"


def checked_out_branches(repository: GitRunner) -> set[str]:
    """Return the refs that are checked out in a work tree, which Git may refuse to change.

    Source: git-config(1), receive.denyCurrentBranch.
    """
    output = repository.output("worktree", "list", "--porcelain").decode(errors="replace")
    return set(re.findall("^branch (.+)$", output, re.MULTILINE))


def _refusal(update: RefUpdate, there: Mapping[str, str], hidden: Sequence[str]) -> str:
    parts = update.ref.split("/")
    if parts[0] != "refs" or len(parts) < len(("refs", "tags", "NAME")):
        return "it is not below a directory of refs"
    if not is_ref_name(os.fsencode(update.ref)):
        return "it is not a name that Git allows"
    if max(len(os.fsencode(part)) for part in parts) > MAX_PART:
        return f"a part of its name is longer than {MAX_PART} bytes"
    if update.before != there.get(update.ref, ""):
        return "it was changed meanwhile; fetch it and push again"
    if _is_hidden(update.ref, hidden):
        return "the server hides it"
    return ""


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition("/")[0]:
        yield name


def _blocked(update: RefUpdate, names: set[str]) -> bool:
    return any(parent in names for parent in _parents(update.ref))


def _hidden(repository: GitRunner) -> list[str]:
    """Return the patterns of refs that Git hides from pushes, in their order."""
    listing = ("config", "-z", "--get-regexp", r"^(receive|transfer)\.hiderefs$")
    output = repository.output(*listing).decode(errors="replace")
    return [entry.partition("\n")[2] for entry in output.split("\0") if entry]


def _is_hidden(ref: str, patterns: Sequence[str]) -> bool:
    """Return whether the last pattern that is about a ref hides it. Source: git-config(1)."""
    for pattern in reversed(patterns):
        prefix = pattern.removeprefix("!").removeprefix("^").rstrip("/")
        if ref == prefix or ref.startswith(f"{prefix}/"):
            return not pattern.startswith("!")
    return False


def _is_complete(repository: GitRunner, shas: Sequence[str]) -> bool:
    """Return whether all objects that a push has are there, as Git checks for each ref."""
    process = repository.git("rev-list", "--objects", "--quiet", "--stdin", "--not", "--all")
    process.communicate("".join(f"{sha}\n" for sha in shas).encode())
    return process.returncode == 0
