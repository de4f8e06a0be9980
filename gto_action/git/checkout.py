"""The user's checkout: its remotes, the credentials it kept, and its objects.

Nothing writes to it, and only the part of its configuration that a fetch needs is used: a program
that its configuration names (a hook, a monitor, an alias, a credential helper) is never run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from gto_action.errors import UnreadableRepositoryError
from gto_action.git.configuration import (
    LIST_CONFIGURATION,
    Configuration,
    parse_configuration,
)
from gto_action.git.runner import GitRunner, check_not_killed
from gto_action.util.environment import with_settings


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout, and what a fetch may borrow from it.

    ``remote_url`` is the URL that ``origin`` (or the only remote) fetches from, as configured:
    before ``url.<base>.insteadOf``.
    """

    repository: GitRunner
    objects: str
    object_format: str
    configuration: Configuration
    remote_url: str | None = field(repr=False)

    @property
    def without_fetching(self) -> GitRunner:
        """The repository, in which git fetches nothing that a partial clone lacks.

        So no program runs that the checkout's configuration names for a fetch.
        """
        environment = {**self.repository.environment, "GIT_ALLOW_PROTOCOL": "none"}
        return GitRunner(self.repository.directory, environment)


def read_checkout(
    directory: str, environment: Mapping[str, str], *, above: bool = False
) -> Checkout | None:
    """Read the checkout in ``directory``, or with ``above`` the one it is in; ``None`` if none.

    ``environment`` is git's. The directory itself may belong to another user, as it does in a
    container. Raises UnreadableRepositoryError if git cannot read the repository.
    """
    if not os.path.isdir(directory):
        return None
    directory = os.path.realpath(directory)
    if not above:
        environment = {
            **with_settings(environment, [("safe.directory", directory)]),
            "GIT_CEILING_DIRECTORIES": os.path.dirname(directory),
        }
    repository = GitRunner(directory, environment)
    listing = repository.git(*LIST_CONFIGURATION)
    rev_parse = repository.git("rev-parse", "--git-path", "objects", "--show-object-format")
    output, stderr = rev_parse.communicate()
    configuration = parse_configuration(listing.communicate()[0])
    check_not_killed(listing)
    if rev_parse.returncode != 0:
        if b"not a git repository" in stderr and not os.path.lexists(f"{directory}/.git"):
            return None
        code = rev_parse.returncode
        reason = " ".join(stderr.decode(errors="replace").split()) or f"it ended with {code}"
        raise UnreadableRepositoryError(f"git can't read the checkout in {directory}: {reason}")
    *objects, object_format, _ = output.decode(errors="surrogateescape").split("\n")
    return Checkout(
        repository=repository,
        objects=os.path.join(directory, "\n".join(objects)),
        object_format=object_format,
        configuration=configuration,
        remote_url=configuration.remote_url(directory),
    )
