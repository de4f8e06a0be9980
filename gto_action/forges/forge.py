"""What a host must offer, as values and a protocol: one module for each host implements it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a tag, which points to ``commit``; ``body`` is Markdown.

    ``is_latest`` is whether the host shows it as the repository's latest one.
    """

    tag: str
    commit: str
    title: str
    body: str
    is_prerelease: bool = False
    is_latest: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment of a tag, which points to ``commit``, to an environment.

    ``task`` distinguishes the artifacts in it.
    """

    tag: str
    commit: str
    environment: str
    task: str
    description: str = ""


class DeploymentState(StrEnum):
    """How a deployment ended, or how far it is."""

    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Record:
    """What a host has recorded: its identifier, and the URL of its page."""

    identifier: str
    url: str


class Forge(Protocol):
    """A host of repositories. Every method raises ForgeError, and can be called again."""

    def publish_release(self, release: Release) -> Record:
        """Create the release of a tag, or update the one that it has."""

    def find_release(self, tag: str, commit: str) -> Release | None:
        """Return the release of a tag that points to a commit, if it has one."""

    def changes(self, paths: Sequence[str], commit: str, since: str) -> Sequence[tuple[str, str]]:
        """Return the SHAs and subjects of commits that changed one of some paths.

        They are those that ``commit`` has and ``since`` has not, both given by their SHAs.
        """

    def deploy(self, deployment: Deployment) -> Record:
        """Create a deployment, or return the one of the tag and the commit in that environment."""

    def report(self, identifier: str, state: DeploymentState, log_url: str) -> Record:
        """Set the state of a deployment; a success makes the earlier ones of its task inactive."""

    def deactivate(self, task: str, environment: str, tags: Collection[str], log_url: str) -> None:
        """Make the deployments of tags in an environment inactive."""

    def dispatch(self, repository: str, event: str, payload: Mapping[str, object]) -> None:
        """Send an event to a repository, once."""
