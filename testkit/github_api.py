"""A fake of GitHub's REST API that is no kinder than GitHub.

Every request and every answer is validated against GitHub's own OpenAPI description, and the
answers are the description's examples, with the values of the request. Names in paths have to be
URL-encoded, and the token has to be the one that the server was started with.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from testkit.servers import answering

DESCRIPTIONS = Path(__file__).parent.parent / ".venv" / "openapi"
"""GitHub's descriptions, which `make test` downloads where there is npm."""
REPOSITORY = "org/models"


@dataclass(frozen=True)
class Failure:
    """An answer in place of the right one, to the first request that it matches.

    With ``is_late`` the request was fulfilled before; a ``status`` of 0 closes the connection.
    A ``body`` is sent as it is, although GitHub would not.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "no"
    is_late: bool = False
    body: bytes | None = None


@dataclass(frozen=True)
class Request:
    """A request: its method, its path below the API's URL with everything decoded, its body."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


class GitHubApi(ThreadingHTTPServer):
    """What the API knows: releases by their tags, deployments, commits, events."""

    def __init__(self, token: str, prefix: str, description: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = token
        self.prefix = prefix
        self.requests: list[Request] = []
        self.failures: list[Failure] = []
        self.problems: list[str] = []
        self.releases: list[dict[str, Any]] = []
        self.deployments: list[dict[str, Any]] = []
        self.statuses: dict[int, list[dict[str, Any]]] = {}
        self.dispatched: list[dict[str, Any]] = []
        self.commits: list[tuple[str, str, str]] = []
        self.commit_of: Callable[[str], str] = lambda _: "0" * 40
        self._description = description
        content = copy.copy(_description(description))
        content["servers"] = [{"url": self.url}]
        self._examples = content["components"]["examples"]
        self._openapi = OpenAPI.from_dict(content, config=Config(spec_validator_cls=None))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.prefix}"

    def states(self, identifier: int) -> list[str]:
        """Return the states that a deployment had, the first one first."""
        return [status["state"] for status in reversed(self.statuses[identifier])]

    def example(self, name: str, *values: Mapping[str, object]) -> dict[str, Any]:
        """Return an example of GitHub's own, with other values."""
        value = copy.deepcopy(self._examples[name]["value"])
        example: dict[str, Any] = value[0] if isinstance(value, list) else value
        for changed in values:
            example.update(changed)
        return example

    def validate(self, handler: _Handler, body: bytes, status: int, answer: bytes) -> None:
        """Note what is wrong with a request or an answer; the test looks at it at the end."""
        parts = urlsplit(handler.path)
        request = MockRequest(
            f"http://127.0.0.1:{self.server_port}",
            handler.command.lower(),
            parts.path,
            args=dict(parse_qsl(parts.query)),
            headers=dict(handler.headers),
            data=body or None,
        )
        try:
            if status != _UNPROCESSABLE:  # which is the answer to an invalid request
                self._openapi.validate_request(request)
            if answer:
                response = MockResponse(answer, status, content_type="application/json")
                self._openapi.validate_response(request, response)
        except Exception as error:  # noqa: BLE001 - all of a library's
            cause = error.__cause__ or error
            details = getattr(cause, "schema_errors", "")
            self.problems.append(f"{handler.command} {handler.path}: {cause!r} {details}"[:2000])


@cache
def _description(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DESCRIPTIONS / f"{name}.json").read_bytes())
    return loaded


@contextmanager
def github_api(
    token: str, *, prefix: str = "", description: str = "api.github.com"
) -> Iterator[GitHubApi]:
    """Serve the API of a repository; every request has to be as GitHub describes it."""
    with GitHubApi(token, prefix, description) as server, answering(server):
        yield server
    assert server.problems == []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GitHubApi

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"] or 0)))

    do_PATCH = do_POST  # noqa: N815 - the name of the standard library

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        server = self.server
        raw = urlsplit(self.path).path
        if re.search("[@#=!:]", raw):
            server.problems.append(f"the path is not encoded: {raw}")
        path = raw.removeprefix(server.prefix)
        query = dict(parse_qsl(urlsplit(self.path).query))
        request = Request(self.command, unquote(path), query, json.loads(body) if body else None)
        server.requests.append(request)
        failure = next(
            (
                each
                for each in server.failures
                if each.method == self.command and re.search(each.path, path)
            ),
            None,
        )
        if self.headers.get("Authorization") not in {
            f"token {server.token}",
            f"Bearer {server.token}",
        }:
            self._send(body, 401, {"message": "Bad credentials"})
            return
        if failure and not failure.is_late:
            server.failures.remove(failure)
            self._fail(body, failure)
            return
        status, answer = _fulfil(server, request, [unquote(part) for part in path.split("/")])
        if failure:
            server.failures.remove(failure)
            self._fail(body, failure)
            return
        self._send(body, status, answer)

    def _fail(self, body: bytes, failure: Failure) -> None:
        if not failure.status:
            self.close_connection = True
            self.connection.close()
            return
        if failure.body is not None:
            self._send_content(failure.status, failure.headers, failure.body)
            return
        answer = _invalid(failure.message) if failure.status == _UNPROCESSABLE else {}
        self._send(body, failure.status, {**answer, "message": failure.message}, failure.headers)

    def _send(
        self, body: bytes, status: int, answer: object, headers: Mapping[str, str] | None = None
    ) -> None:
        content = b"" if answer is None else json.dumps(answer).encode()
        if status < _BAD_REQUEST or status == _UNPROCESSABLE:
            self.server.validate(self, body, status, content)
        self._send_content(status, headers or {}, content)

    def _send_content(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _fulfil(server: GitHubApi, request: Request, path: Sequence[str]) -> tuple[int, Any]:  # noqa: C901, PLR0911, PLR0912 - a route each
    _, repos, owner, name, *route = path
    if repos != "repos":
        return 404, {"message": "Not Found"}
    repository = f"{server.url}/repos/{owner}/{name}"
    match request.method, route:
        case "POST", ["dispatches"]:
            if len(json.dumps(request.body["client_payload"])) > 65_535:
                return 422, _invalid("client_payload is too large")
            server.dispatched.append({"repository": f"{owner}/{name}", **request.body})
            return 204, None
        case _ if f"{owner}/{name}" != REPOSITORY:
            return 404, {"message": "Not Found"}
        case "GET", ["releases", "tags", tag]:
            found = [each for each in server.releases if each["tag_name"] == tag]
            return (200, found[0]) if found else (404, {"message": "Not Found"})
        case "POST", ["releases"]:
            if any(each["tag_name"] == request.body["tag_name"] for each in server.releases):
                return 422, _invalid("already_exists")
            release = _release(server, repository, request.body, len(server.releases) + 1)
            server.releases.append(release)
            return 201, release
        case "PATCH", ["releases", number]:
            (release,) = (each for each in server.releases if str(each["id"]) == number)
            release.update(
                {name: request.body[name] for name in ("name", "body", "prerelease", "draft")}
            )
            return 200, release
        case "GET", ["commits"]:
            return 200, [
                _commit(server, repository, sha, subject)
                for sha, subject, changed in server.commits
                if changed == request.query["path"]
            ]
        case "GET", ["compare", _] if request.query:
            return 422, _invalid("a page has the oldest commits")
        case "GET", ["compare", _]:
            commits = [_commit(server, repository, sha, text) for sha, text, _ in server.commits]
            return 200, server.example("commit-comparison", {"commits": commits})
        case "GET", ["deployments"]:
            wanted = {key: request.query.get(key) for key in ("ref", "task", "environment")}
            return 200, [
                each
                for each in reversed(server.deployments)
                if all(value in {None, each[key]} for key, value in wanted.items())
            ]
        case "POST", ["deployments"]:
            if request.body.get("auto_merge", True) or request.body.get("required_contexts") != []:
                return 409, {"message": "Conflict: Commit status checks failed for ref"}
            identifier = len(server.deployments) + 1
            url = f"{repository}/deployments/{identifier}"
            deployment = server.example(
                "deployment",
                {"id": identifier, "url": url, "statuses_url": f"{url}/statuses"},
                {"sha": server.commit_of(request.body["ref"])},
                {key: request.body[key] for key in ("ref", "task", "environment", "description")},
            )
            server.deployments.append(deployment)
            server.statuses[identifier] = []
            return 201, deployment
        case "GET", ["deployments", number]:
            found = [each for each in server.deployments if str(each["id"]) == number]
            return (200, found[0]) if found else (404, {"message": "Not Found"})
        case _, ["deployments", number, "statuses"] if int(number) not in server.statuses:
            return 404, {"message": "Not Found"}
        case "GET", ["deployments", number, "statuses"]:
            return 200, server.statuses[int(number)]
        case "POST", ["deployments", number, "statuses"]:
            status = server.example("deployment-status", {"state": request.body["state"]})
            server.statuses[int(number)].insert(0, status)
            return 201, status
        case _:
            return 404, {"message": "Not Found"}


def _release(
    server: GitHubApi, repository: str, body: Mapping[str, Any], number: int
) -> dict[str, Any]:
    tag = body["tag_name"]
    values = {
        "id": number,
        "url": f"{repository}/releases/{number}",
        "html_url": f"https://github.com/{REPOSITORY}/releases/tag/{tag}",
        "tag_name": tag,
        "prerelease": body.get("prerelease", False),
        "draft": body.get("draft", False),
    }
    return server.example("release", values, {key: body.get(key) for key in ("name", "body")})


def _commit(server: GitHubApi, repository: str, sha: str, subject: str) -> dict[str, Any]:
    commit = server.example("commit-items", {"sha": sha, "url": f"{repository}/commits/{sha}"})
    commit["commit"]["message"] = f"{subject}\n\nand why"
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=1)
    commit["commit"]["committer"]["date"] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    return commit


def _invalid(code: str) -> dict[str, Any]:
    errors = [{"resource": "Release", "code": code, "field": "tag_name"}]
    return {"message": "Validation Failed", "errors": errors, "documentation_url": "x"}


_BAD_REQUEST = 400
_UNPROCESSABLE = 422
