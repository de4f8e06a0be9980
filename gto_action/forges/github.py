"""GitHub's REST API, through PyGithub.

Sources: GitHub's documentation of the REST API: releases, deployments, deployment statuses, and
"Create a repository dispatch event".
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from gto_action.errors import ForgeError, InputError
from gto_action.forges.forge import Deployment, DeploymentState, Record, Release
from gto_action.forges.github_errors import Attempts, NoGitHubError, Task
from gto_action.git.runner import without_userinfo
from gto_action.util.text import quote_inline

if TYPE_CHECKING:
    from github import Github
    from github.Deployment import Deployment as GitHubDeployment
    from github.GitRelease import GitRelease
    from github.Repository import Repository


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

        def publish() -> Record:
            found = self._release_of(release.tag)
            latest = "true" if release.is_latest else "false"
            if found is None:
                published = self._repository.create_git_release(
                    release.tag,
                    release.title,
                    release.body,
                    prerelease=release.is_prerelease,
                    make_latest=latest,
                    target_commitish=release.commit,
                )
            else:
                published = found.update_release(
                    release.title,
                    release.body,
                    prerelease=release.is_prerelease,
                    make_latest=latest,
                )
            _check(published.tag_name == release.tag)
            return _record(published.id, published.html_url)

        return self._attempts.make(
            Task(f"publish the release of {release.tag}", _permission("contents")), publish
        )

    def find_release(self, tag: str, commit: str) -> Release | None:
        """Return the release of a tag that points to a commit, if any. Raises ForgeError."""
        task = Task(f"read the release of {tag}", _permission("contents"))
        found = self._attempts.make(task, lambda: self._release_of(tag))
        if found is None:
            return None
        return Release(tag, commit, found.name or tag, found.body or "", found.prerelease)

    def changes(self, paths: Sequence[str], commit: str, since: str) -> Sequence[tuple[str, str]]:
        """Return the SHAs and subjects of commits that changed one of some paths.

        They are those that ``commit`` has and ``since`` has not. Raises ForgeError.
        """

        def read() -> list[tuple[str, str]]:
            repository = self._repository
            # without a page, as PyGithub would name one, the newest commits are in the answer
            url = f"{repository.url}/compare/{since}...{commit}"
            _, compared = repository.requester.requestJsonAndCheck("GET", url)
            new = {each["sha"] for each in compared["commits"]}
            changed = {
                each.sha: each.commit.message.partition("\n")[0]
                for path in paths
                for each in islice(repository.get_commits(sha=commit, path=path), len(new))
                if each.sha in new
            }
            return list(changed.items())[:MAX_CHANGES]

        task = Task(f"list the commits of {paths[0]}", _permission("contents"))
        return self._attempts.make(task, read)

    def deploy(self, deployment: Deployment) -> Record:
        """Create a deployment, or return the one of the tag there. Raises ForgeError."""

        def create() -> Record:
            task, environment = deployment.task, deployment.environment
            # one of another commit is of an earlier tag of this name
            of_commit = [
                each
                for each in self._deployments(task, environment, deployment.tag)
                if each.sha == deployment.commit
            ]
            found = next(iter(of_commit), None)
            if found is None:
                found = self._repository.create_deployment(
                    deployment.tag,
                    task=task,
                    auto_merge=False,
                    required_contexts=[],  # this run is pending, and must not block it
                    environment=environment,
                    description=deployment.description,
                )
                # another run may have created one at the same time: the first one counts
                *_, first = [
                    found,
                    *(
                        each
                        for each in self._deployments(task, environment, deployment.tag)
                        if each.sha == found.sha
                    ),
                ]
                if first.id < found.id:
                    _set_state(found, DeploymentState.INACTIVE, "")
                    found = first
            return _record(found.id, self._page(found))

        return self._attempts.make(
            Task(f"create the deployment of {deployment.tag}", _permission("deployments")), create
        )

    def report(self, identifier: str, state: DeploymentState, log_url: str) -> Record:
        """Set the state of a deployment; a success makes the earlier ones of its task inactive.

        Raises ForgeError.
        """

        def set_state() -> Record:
            deployment = self._repository.get_deployment(int(identifier))
            _set_state(deployment, state, log_url)
            if state is DeploymentState.SUCCESS:
                for other in self._deployments(deployment.task, deployment.environment):
                    last = _state(other) if other.id < deployment.id else ""
                    if last == DeploymentState.SUCCESS:
                        _set_state(other, DeploymentState.INACTIVE, log_url)
                    elif last == DeploymentState.INACTIVE:
                        break  # those before it were made inactive with it
            return _record(int(identifier), self._page(deployment))

        task = Task(f"report the state of deployment {identifier}", _permission("deployments"))
        return self._attempts.make(task, set_state)

    def deactivate(self, task: str, environment: str, tags: Collection[str], log_url: str) -> None:
        """Make the deployments of tags inactive. Raises ForgeError."""

        def deactivate() -> None:
            for deployment in self._deployments(task, environment):
                if deployment.ref in tags:
                    _set_state(deployment, DeploymentState.INACTIVE, log_url)

        what = f"make the deployments to {environment} inactive"
        self._attempts.make(Task(what, _permission("deployments")), deactivate)

    def dispatch(self, repository: str, event: str, payload: Mapping[str, object]) -> None:
        """Send an event to a repository, once. Raises ForgeError."""

        def send() -> None:
            from github import GithubException  # noqa: PLC0415 - as in _connect

            to = self._client.get_repo(repository)
            body = {"event_type": event, "client_payload": dict(payload)}
            status, headers, answer = to.requester.requestJson(
                "POST", f"{to.url}/dispatches", input=body
            )
            if status >= _BAD_REQUEST:
                raise GithubException(status, _json(answer), headers)
            _check(status == _NO_CONTENT)

        advice = (
            "dispatch-token needs `contents: write` in that repository, which the token of an app "
            "or a fine-grained one can have"
        )
        task = Task(f"send an event to {repository}", advice, is_repeatable=False)
        self._attempts.make(task, send)

    @property
    def _repository(self) -> Repository:
        return self._client.get_repo(self._name)

    def _release_of(self, tag: str) -> GitRelease | None:
        from github import UnknownObjectException  # noqa: PLC0415 - as in _connect

        try:
            found = self._repository.get_release(tag)
            _check(isinstance(found.id, int))  # the name of the tag may be that of the URL
        except UnknownObjectException:
            return None
        return found

    def _deployments(
        self, task: str, environment: str, tag: str = ""
    ) -> Iterator[GitHubDeployment]:
        """Return the newest deployments of a task, of a tag if one is named."""
        named: dict[str, Any] = {"ref": tag} if tag else {}
        found = self._repository.get_deployments(task=task, environment=environment, **named)
        for each in islice(found, MAX_DEPLOYMENTS):
            # a redirection to a renamed repository loses what was requested
            _check((each.task, each.environment) == (task, environment) and tag in {"", each.ref})
            yield each

    def _page(self, deployment: GitHubDeployment) -> str:
        """Return the page of a deployment's environment; the API names none."""
        environment = quote(deployment.environment, safe="")
        return f"{self._server_url}/{self._name}/deployments/{environment}"


MAX_CHANGES = 50
"""The most commits that a release lists."""
MAX_DEPLOYMENTS = 100
"""The most deployments of a task that are looked at."""


def _set_state(deployment: GitHubDeployment, state: DeploymentState, log_url: str) -> None:
    """Set the state of a deployment, unless it is the last one.

    ``auto_inactive`` would make the deployments of all artifacts in the environment inactive.
    """
    if _state(deployment) == state:
        return
    status = deployment.create_status(str(state), target_url=log_url, auto_inactive=False)
    _check(status.state == state)


def _state(deployment: GitHubDeployment) -> str:
    last = next(iter(deployment.get_statuses()), None)
    return last.state if last else ""


def _record(identifier: object, url: object) -> Record:
    _check(isinstance(identifier, int) and isinstance(url, str))
    return Record(str(identifier), str(url))


def _check(is_expected: bool) -> None:  # noqa: FBT001 - as assert
    """Raise NoGitHubError for an answer that is a success and lacks what GitHub's has."""
    if not is_expected:
        raise NoGitHubError


def _json(answer: str) -> object:
    try:
        return json.loads(answer)
    except ValueError:
        return answer


def _permission(name: str) -> str:
    return (
        f"the token needs `{name}: write`: in a workflow add it under permissions:, and check that "
        "the token is for this repository"
    )


def _connect(api_url: str, token: str, ca_file: str) -> Github:
    if not token:
        raise ForgeError("there is no token for GitHub's API: set the input token")
    try:
        parts = urlsplit(api_url)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        shown = quote_inline(without_userinfo(api_url))
        raise InputError(f"GITHUB_API_URL is {shown}, which is not a URL of HTTP")
    # PyGithub imports PyNaCl to encrypt secrets, which no call here does
    try:
        import nacl.public  # type: ignore[import-not-found]  # noqa: F401, PLC0415 - few runs
    except ImportError:
        stub: Any = ModuleType("nacl")
        stub.encoding = stub.public = None
        sys.modules["nacl"] = stub
    from github import Auth, Github  # noqa: PLC0415 - as above

    # it reports redirections, which Python would print
    logging.getLogger("github").addHandler(logging.NullHandler())

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


_BAD_REQUEST = 400
_NO_CONTENT = 204
TIMEOUT = 30
"""The time, in seconds, that an answer may take."""
