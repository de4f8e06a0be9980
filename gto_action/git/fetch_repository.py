"""A repository of our own into which is fetched, whatever the machine and the user configured."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gto_action.errors import FetchError
from gto_action.git.remote import Remote
from gto_action.git.runner import GitRunner, read_stderr
from gto_action.git.version import USAGE_ERROR, check_version
from gto_action.util.environment import with_settings

REMOTE = f"gto-action-{os.urandom(8).hex()}"
"""The name of the remote in the repository's configuration: one that no other configuration has."""


def make_fetch_repository(
    remote: Remote, directory: str, environment: Mapping[str, str], object_format: str
) -> GitRunner:
    """Make a bare repository with a remote, if it is not there yet; return git in it.

    ``environment`` is git's, to which the repository's is added. Raises FetchError.
    """
    repository = GitRunner(directory, _environment(remote, directory, environment, object_format))
    if not os.path.isdir(directory):
        os.mkdir(directory)
        creation = repository.git(*_INIT)
        stderr = read_stderr(creation)
        if creation.returncode == USAGE_ERROR:
            check_version(repository)
        if creation.returncode != 0:
            raise FetchError(
                "could not create a repository for the tags: "
                f"{stderr or f'git init ended with {creation.returncode}'}"
            )
    return repository


_INIT = ("init", "--quiet", "--bare", "--template=", "--initial-branch=main")


def _environment(
    remote: Remote,
    directory: str,
    environment: Mapping[str, str],
    object_format: str,
) -> dict[str, str]:
    """Return git's environment in our repository, whatever the machine and the user configured.

    The repository is named: ``safe.bareRepository`` may forbid that git finds it. So is the remote,
    by a name that no configuration has. Source: git-config(1).
    """
    settings = [
        (f"remote.{REMOTE}.url", remote.url),
        *([(f"remote.{REMOTE}.pushurl", remote.push_url)] if remote.push_url else []),
        *_FIXED_SETTINGS,
        *remote.settings,
    ]
    return {
        # what sends less than a byte a second for a minute has stalled. Source: git(1)
        "GIT_HTTP_LOW_SPEED_LIMIT": "1",
        "GIT_HTTP_LOW_SPEED_TIME": "60",
        **with_settings(environment, settings, below=remote.borrowed),
        "GIT_DIR": directory,
        "GIT_DEFAULT_REF_FORMAT": "files",  # as write_packed_refs writes them
        "GIT_DEFAULT_HASH": object_format,
    }


_FIXED_SETTINGS = (
    # the borrowed objects speak for themselves: git need not look at the checkout's refs
    ("core.alternateRefsCommand", "true"),
    ("core.hooksPath", os.devnull),
    ("core.logAllRefUpdates", "false"),
    ("core.fsmonitor", "false"),
    # a URL that is a command, or a descriptor of ours
    *((f"protocol.{protocol}.allow", "never") for protocol in ("ext", "fd")),
    # a fetch for a person's own work may check, prune, prefetch and index; this one need not
    ("fetch.fsckObjects", "false"),
    ("fetch.prune", "false"),
    ("fetch.pruneTags", "false"),
    ("fetch.bundleURI", ""),
    ("fetch.writeCommitGraph", "false"),
    ("fetch.negotiationAlgorithm", "consecutive"),
    ("fetch.recurseSubmodules", "false"),
    ("transfer.credentialsInUrl", "allow"),
)
