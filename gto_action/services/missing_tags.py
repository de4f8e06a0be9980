"""Detect checkouts that may lack tags of their remote, which makes results wrong."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from shlex import quote

from gto_action.git.checkout import Checkout
from gto_action.git.runner import printable_url


def incomplete_checkout(checkout: Checkout, advice: str = "") -> str:
    """Return a warning if the checkout is shallow or was cloned without tags, otherwise ``""``.

    ``advice`` is what to do, by default to name the remote.
    """
    if _is_shallow(checkout):
        what = "is shallow"
    elif _has_no_tags_option(checkout):
        what = "fetches no tags (tagOpt is --no-tags)"
    else:
        return ""
    return f"{_name(checkout)} {what}, so registry tags may be missing{advice or _advice(checkout)}"


def unregistered_commit(checkout: Checkout, artifact: str, commit: str, advice: str = "") -> str:
    """Return a warning that a commit has no registered version of an artifact.

    It is ``""`` for a repository without a remote; ``advice`` as for ``incomplete_checkout``.
    """
    if not checkout.remote_url:
        return ""
    return (
        f"commit {commit[:7]} has no registered version of {artifact} in {_name(checkout)}, where "
        f"registry tags may be missing{advice or _advice(checkout)}"
    )


def _name(checkout: Checkout) -> str:
    return f"the checkout in {checkout.repository.directory}"


def _advice(checkout: Checkout) -> str:
    if not checkout.remote_url:
        return ": fetch the tags of the repository it comes from"
    return f": to read all tags, use -r {quote(_without_credentials(checkout.remote_url))}"


def _without_credentials(url: str) -> str:
    """Return a URL without credentials; the user of an SSH URL without a password stays."""
    return url if _SSH.fullmatch(url) else printable_url(url)


def _is_shallow(checkout: Checkout) -> bool:
    return os.path.exists(os.path.join(os.path.dirname(checkout.objects), "shallow"))


def _has_no_tags_option(checkout: Checkout) -> bool:
    with suppress(OSError):
        path = os.path.join(os.path.dirname(checkout.objects), "config")
        with open(path, "rb") as file:
            # git is only started if the file can have the option: a process takes milliseconds
            if b"tagopt" not in file.read().lower():
                return False
    options = checkout.repository.output("config", "--get-regexp", r"^remote\..*\.tagopt$")
    return b" --no-tags\n" in options


_SSH = re.compile(r"ssh://[^\s/@:]+@[^\s@?]*")
