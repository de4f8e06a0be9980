"""Refs as git lists them, and as a repository stores them in one file.

git-fetch(1) writes a file for each ref, which takes ten times as long as the transfer of the tags.
So git only lists them, and they are stored as git-clone(1) and git-pack-refs(1) store them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping


def parse_listing(listing: bytes) -> dict[bytes, bytes]:
    """Parse the tags that `git ls-remote` or `git fetch --porcelain` lists: SHAs by their refs.

    Other lines are ignored, and so are refs that no repository may have: a server can list any.
    """
    return {name: sha for sha, name in _LISTED.findall(listing) if is_ref_name(name)}


def is_ref_name(name: bytes) -> bool:
    """Return whether Git allows the full name of a ref. Source: git-check-ref-format(1)."""
    return not _NO_REF.search(name)


def write_packed_refs(directory: str, refs: Mapping[bytes, bytes]) -> None:
    """Write the refs of a repository that has none. Source: git-pack-refs(1).

    Raises OSError.
    """
    with open(os.path.join(directory, "packed-refs"), "wb") as file:
        file.write(b"# pack-refs with: sorted \n")
        file.writelines(b"%b %b\n" % (refs[name], name) for name in sorted(refs))


# the SHA and the ref after a tab; or, of a new ref, a star, a SHA of zeros, the SHA and the ref
_LISTED = re.compile(rb"^(?:\* 0+ )?([0-9a-f]{40,64})[ \t](refs/tags/[^\n]+)$", re.MULTILINE)
# what git-check-ref-format(1) refuses
_NO_REF = re.compile(rb"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|/$|\.$|\.lock(?:/|$)")
