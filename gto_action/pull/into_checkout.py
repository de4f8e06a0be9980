"""What the step pulls: the artifact's file, put into the checkout."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gto_action.errors import PullError, UnreadableRepositoryError
from gto_action.git.source import Source
from gto_action.git.tree import Entry, read_tree
from gto_action.pull.bring import bring, find_holder, refuse_pointer
from gto_action.pull.place import files_below, inside, put, staging
from gto_action.pull.wish import Helpers, Wish


def pull_into_checkout(
    source: Source, wish: Wish, workspace: str, helpers: Helpers
) -> tuple[str, ...]:
    """Bring what is wished for to its path in a workspace, in place of what is there.

    What Git holds and the checkout has already is left as it is. Gives the paths of all files that
    are there now, from the workspace. Raises PullError, FetchError.
    """
    try:
        held = find_holder(source, wish)
        other = _not_checked_out(source, held.in_git, workspace)
        if held.in_git and not other:
            helpers.say(f"Git holds {held.path}, and the checkout has it")
        parts = [held.path]
        if held.project or other:
            with staging(inside(workspace, held.path)) as folder:
                brought = bring(held, other, helpers, folder)
                for path, place in brought.items():
                    put(place, inside(workspace, path), folder)
                if not held.in_git:
                    parts = list(brought)
        return tuple(
            os.path.relpath(file, workspace).replace(os.sep, "/")
            for part in parts
            for file in files_below(os.path.join(workspace, part))
        )
    except OSError as error:
        what = error.filename2 or error.filename or workspace
        raise PullError(
            f"could not write {wish.path} into the checkout: {what}: {error.strerror}"
        ) from error


def _not_checked_out(
    source: Source, entries: Mapping[str, Entry], workspace: str
) -> dict[str, Entry]:
    """Give those files of Git's that the work tree lacks, or has of another commit."""
    if not entries:
        return {}
    try:
        head = read_tree(source.checkout.repository, "HEAD") if source.checkout else {}
    except UnreadableRepositoryError:  # nothing is checked out yet
        head = {}
    other = {}
    for path, entry in entries.items():
        place = os.path.join(workspace, path)
        if head.get(path) != entry or not os.path.lexists(place):
            other[path] = entry
        else:
            refuse_pointer(place)
    return other
