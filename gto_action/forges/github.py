"""GitHub's REST API, through PyGithub.

Sources: GitHub's documentation of the REST API: releases, deployments, deployment statuses, and
"Create a repository dispatch event".
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from gto_action.errors import ForgeError
from gto_action.forges.forge import Deployment, DeploymentState, Record, Release
from gto_action.forges.github_errors import Attempts, Task

if TYPE_CHECKING:
    from github import Github
    from github.Deployment import Deployment as GitHubDeployment
    from github.GitRelease import GitRelease
    from github.Repository import Repository

T = TypeVar("T")


class GitHub:
    """A repository of GitHub or of a GitHub Enterprise Server, as a token may change it.

    ``api_url`` is the URL of its REST API, ``server_url`` that of its pages, ``ca_file`` a
    certificate authority; ``log`` receives what is tried again.
    """

    def __init__(  # noqa: PLR0913 - all that a connection depends on
        self,
        api_url: str,
        repository: str,
        token: str,
        log: Callable[[str], None],
        *,
        server_url: str,
        ca_file: str = "",
    ) -> None:
        self._name = repository
        self._server_url = server_url.rstrip("/")
        self._attempts = Attempts(api_url, log)
        self._client = _connect(api_url, token, ca_file)

    def publish_release(self, release: Release) -> Record:
        """Create the release of a tag, or update the one that it has. Raises ForgeError."""

        def publish() -> GitRelease:
            found = self._release_of(release.tag)
            latest = "true" if release.is_latest else "false"
            if found is None:
                return self._repository.create_git_release(
                    release.tag,
                    release.title,
                    release.body,
                    prerelease=release.is_prerelease,
                    make_latest=latest,
                )
            return found.update_release(
                release.title,
                release.body,
                prerelease=release.is_prerelease,
                make_latest=latest,
            )

        task = Task(f"publish the release of {release.tag}", "contents")
        published = self._attempts.make(task, publish)
        return Record(str(published.id), published.html_url)

    def find_release(self, tag: str) -> Release | None:
        """Return the release of a tag, if it has one. Raises ForgeError."""
        task = Task(f"read the release of {tag}", "contents")
        found = self._attempts.make(task, lambda: self._release_of(tag))
        if found is None:
            return None
        return Release(tag, found.name or tag, found.body or "", found.prerelease)

    def changes(self, path: str, commit: str, since: str) -> Sequence[tuple[str, str]]:
        """Return the SHAs and subjects of commits that changed a path, the newest first.

        They lead to ``commit``, and come after the commit ``since``. Raises ForgeError.
        """

        def read() -> list[tuple[str, str]]:
            before = self._repository.get_commit(since).commit.committer.date
            found = self._repository.get_commits(sha=commit, path=path, since=before)
            return [
                (each.sha, each.commit.message.partition("\n")[0])
                for each in islice(found, MAX_CHANGES)
                if each.sha != since
            ]

        return self._attempts.make(Task(f"list the commits of {path}", "contents"), read)

    def deploy(self, deployment: Deployment) -> Record:
        """Create a deployment, or return the one of the tag there. Raises ForgeError."""

        def create() -> GitHubDeployment:
            found = self._deployments(deployment.task, deployment.environment, deployment.tag)
            return next(found, None) or self._repository.create_deployment(
                deployment.tag,
                task=deployment.task,
                auto_merge=False,
                required_contexts=[],  # this run is pending, and must not block it
                environment=deployment.environment,
                description=deployment.description,
            )

        task = Task(f"create the deployment of {deployment.tag}", "deployments")
        created = self._attempts.make(task, create)
        return Record(str(created.id), self._page(created))

    def report(self, identifier: str, state: DeploymentState, log_url: str) -> Record:
        """Set the state of a deployment; a success makes the others of its task inactive.

        Raises ForgeError.
        """

        def set_state() -> GitHubDeployment:
            deployment = self._repository.get_deployment(int(identifier))
            _set_state(deployment, state, log_url)
            if state is DeploymentState.SUCCESS:
                others = self._deployments(deployment.task, deployment.environment)
                for other in others:
                    if other.id != deployment.id:
                        _set_state(other, DeploymentState.INACTIVE, log_url)
            return deployment

        task = Task(f"report the state of deployment {identifier}", "deployments")
        reported = self._attempts.make(task, set_state)
        return Record(identifier, self._page(reported))

    def deactivate(self, task: str, environment: str, log_url: str) -> int:
        """Make the deployments of a task inactive; return how many were not. Raises ForgeError."""

        def deactivate() -> int:
            found = self._deployments(task, environment)
            return sum(_set_state(each, DeploymentState.INACTIVE, log_url) for each in found)

        what = Task(f"make the deployments to {environment} inactive", "deployments")
        return self._attempts.make(what, deactivate)

    def dispatch(self, repository: str, event: str, payload: Mapping[str, object]) -> None:
        """Send an event to a repository, once. Raises ForgeError."""

        def send() -> None:
            to = self._client.get_repo(repository)
            body = {"event_type": event, "client_payload": dict(payload)}
            to.requester.requestJsonAndCheck("POST", f"{to.url}/dispatches", input=body)

        task = Task(f"send an event to {repository}", "contents", is_repeatable=False)
        self._attempts.make(task, send)

    @property
    def _repository(self) -> Repository:
        return self._client.get_repo(self._name)

    def _release_of(self, tag: str) -> GitRelease | None:
        from github import UnknownObjectException  # noqa: PLC0415 - as in _connect

        try:
            return self._repository.get_release(tag)
        except UnknownObjectException:
            return None

    def _deployments(
        self, task: str, environment: str, tag: str = ""
    ) -> Iterator[GitHubDeployment]:
        """Return the newest deployments of a task, of a tag if one is named."""
        named: dict[str, Any] = {"ref": tag} if tag else {}
        found = self._repository.get_deployments(task=task, environment=environment, **named)
        return islice(found, MAX_DEPLOYMENTS)

    def _page(self, deployment: GitHubDeployment) -> str:
        """Return the page of a deployment's environment; the API names none."""
        environment = quote(deployment.environment, safe="")
        return f"{self._server_url}/{self._name}/deployments/{environment}"


MAX_CHANGES = 50
"""The most commits that a release lists."""
MAX_DEPLOYMENTS = 100
"""The most deployments of a task that are made inactive."""


def _set_state(deployment: GitHubDeployment, state: DeploymentState, log_url: str) -> bool:
    """Set the state of a deployment, unless it is the last one; return whether it was not.

    ``auto_inactive`` would make the deployments of all artifacts in the environment inactive.
    """
    last = next(iter(deployment.get_statuses()), None)
    if last is not None and last.state == state:
        return False
    deployment.create_status(str(state), target_url=log_url, auto_inactive=False)
    return True


def _connect(api_url: str, token: str, ca_file: str) -> Github:
    if not token:
        raise ForgeError("there is no token for GitHub's API: set the input token")
    # PyGithub imports PyNaCl to encrypt secrets, which no call here does
    try:
        import nacl.public  # type: ignore[import-not-found]  # noqa: F401, PLC0415 - few runs
    except ImportError:
        stub: Any = ModuleType("nacl")
        stub.encoding = stub.public = None
        sys.modules["nacl"] = stub
    from github import Auth, Github  # noqa: PLC0415 - as above

    return Github(
        auth=Auth.Token(token),
        base_url=api_url.rstrip("/"),
        timeout=TIMEOUT,
        verify=ca_file or True,
        lazy=True,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        user_agent="gto-action",
    )


TIMEOUT = 30
"""The time, in seconds, that an answer may take."""
