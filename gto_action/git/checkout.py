"""What the user's checkout tells: where it came from, what it kept, which objects it has.

Nothing here writes to it, and of its configuration only what a fetch needs is handed on: a program
that its configuration names (a hook, a monitor, an alias, a credential helper) is never run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gto_action.errors import UnreadableRepositoryError
from gto_action.git.repository import Repository, Setting, with_settings


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout and what a fetch may borrow from it.

    ``remote_url`` is where ``origin`` (or the only remote) fetches from. ``settings`` are the
    variables of its own configuration that belong to the transport; ``kept_headers`` are the names
    of all variables, wherever they are set, that hold credentials for HTTP.
    """

    repository: Repository
    objects: str
    object_format: str
    remote_url: str | None
    settings: tuple[Setting, ...]
    kept_headers: tuple[str, ...]


def read_checkout(
    folder: str, environment: Mapping[str, str], *, above: bool = False
) -> Checkout | None:
    """Read the checkout in ``folder``, or the one that it is in with ``above``; ``None`` for none.

    ``environment`` is git's. The folder itself may belong to another user, as it does in a
    container. Raises UnreadableRepositoryError where there is a repository that git can't read.
    """
    if not os.path.isdir(folder):
        return None
    folder = os.path.realpath(folder)
    if not above:
        environment = {
            **with_settings(environment, [("safe.directory", folder)]),
            "GIT_CEILING_DIRECTORIES": os.path.dirname(folder),
        }
    repository = Repository(folder, environment)
    listing = repository.git("config", "--list", "--null", "--show-scope")
    place = repository.git("rev-parse", "--git-path", "objects", "--show-object-format")
    output, complaint = place.communicate()
    variables = list(_variables(listing.communicate()[0]))
    if place.returncode != 0:
        if b"not a git repository" in complaint and not os.path.lexists(f"{folder}/.git"):
            return None
        raise UnreadableRepositoryError(
            f"git can't read the checkout in {folder}: {complaint.decode(errors='replace').strip()}"
        )
    *objects, object_format, _ = output.decode(errors="surrogateescape").split("\n")
    return Checkout(
        repository=repository,
        objects=os.path.join(folder, "\n".join(objects)),
        object_format=object_format,
        remote_url=_remote_url([(key, value) for _, key, value in variables], folder),
        settings=tuple((key, value) for scope, key, value in variables if _borrowed(scope, key)),
        kept_headers=tuple(key for _, key, value in variables if _is_credential(key, value)),
    )


def _variables(listing: bytes) -> Iterable[tuple[str, str, str]]:
    """Give scope, key and value; a section's and a variable's name come in lower case."""
    items = listing.decode(errors="surrogateescape").split("\0")[:-1]
    for scope, item in zip(items[::2], items[1::2], strict=True):
        key, _, value = item.partition("\n")
        yield scope, key, value


def _remote_url(variables: list[Setting], folder: str) -> str | None:
    urls: dict[str, str] = {}
    for key, value in variables:
        if key.startswith("remote.") and key.endswith(".url"):
            urls.setdefault(key, value)
    url = next(iter(urls.values())) if len(urls) == 1 else urls.get("remote.origin.url")
    is_relative = url is not None and url.startswith(("./", "../"))
    return os.path.join(folder, url) if url and is_relative else url


def _borrowed(scope: str, key: str) -> bool:
    """Tell what is handed on; what stands outside the checkout is seen by every git process."""
    if scope not in {"local", "worktree"}:
        return False
    return key == "core.sshcommand" or _TRANSPORT.fullmatch(key) is not None


# not what would send credentials elsewhere, take a server's word for its name, or write a file
_TRANSPORT = re.compile(
    r"url\..*\.(?:push)?insteadof|http\.(?:.*\.)?(?:extraheader|proxy)", re.DOTALL
)


def _is_credential(key: str, value: str) -> bool:
    is_header = key.startswith("http.") and key.endswith("extraheader")
    return is_header and value.lower().startswith("authorization:")
