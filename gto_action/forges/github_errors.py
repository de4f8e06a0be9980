"""Why a call of GitHub's API failed, and whether it is made again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gto_action.errors import ForgeError, GtoActionError
from gto_action.git.runner import without_userinfo
from gto_action.util.text import truncate_inline

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """What a call does, for messages, and what to do if the token may not do it.

    ``is_repeatable`` is false for one that GitHub would do twice.
    """

    description: str
    advice: str
    is_repeatable: bool = True


class NoGitHubError(Exception):
    """An answer that is not GitHub's, although it is one of success."""


class Attempts:
    """Makes calls of the API at a URL, and again after an error that is not lasting."""

    def __init__(self, api_url: str, log: Callable[[str], None]) -> None:
        self._api_url = without_userinfo(api_url)
        self._log = log

    def make(self, task: Task, call: Callable[[], T]) -> T:
        """Return what a call returns. Raises ForgeError, whatever goes wrong."""
        waited = 0.0
        for pause in (*PAUSES, None):
            try:
                return call()
            except GtoActionError:
                raise
            except Exception as error:
                failure = self._failure(task, error)
                wait = failure.wait if failure.wait is not None else pause
                if wait is None or pause is None or not failure.is_transient:
                    raise ForgeError(failure.sentence) from error
                waited += wait
                if waited > LONGEST_WAIT:
                    raise ForgeError(failure.sentence) from error
            self._log(f"{failure.reason}; trying again in {wait:g} s")
            time.sleep(wait)
        raise AssertionError  # the last attempt returns or raises

    def _failure(self, task: Task, error: Exception) -> _Failure:
        """Return what is known of an error."""
        from github import BadAttributeException, GithubException  # noqa: PLC0415 - it is imported already
        from requests import RequestException  # noqa: PLC0415 - as above

        what = task.description
        if isinstance(error, RequestException):
            reason = f"GitHub's API at {self._api_url} can't be reached to {what}: {_cause(error)}"
            advice = "check the network and the proxy, and run the job again"
            return self._unclear(task, reason, advice)
        if not isinstance(error, GithubException) or isinstance(error, BadAttributeException):
            reason = f"{self._api_url} gives an answer that is not GitHub's to {what}"
            advice = "check GITHUB_API_URL, and whether the repository was renamed"
            return self._unclear(task, reason, advice)
        status = error.status
        reason = f"GitHub refuses to {what} ({status}: {_message(error)})"
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if status == _TOO_MANY or (status == _FORBIDDEN and _is_limited(headers, reason)):
            wait = _seconds_to_wait(headers)
            advice = f"the rate limit is lifted in {wait:g} s: run the job again then"
            return _Failure(reason, advice, is_transient=True, wait=wait)
        if status >= _SERVER_ERROR:
            return self._unclear(task, reason, "run the job again")
        if status == _UNPROCESSABLE and "already_exists" in reason:
            return self._unclear(task, reason, _CORRECT)  # another run was faster: look again
        return _Failure(reason, _ADVICE.get(status, task.advice))

    @staticmethod
    def _unclear(task: Task, reason: str, advice: str) -> _Failure:
        """Return a failure of which it is unknown whether GitHub did what was requested."""
        if task.is_repeatable:
            return _Failure(reason, advice, is_transient=True)
        return _Failure(reason, f"whether it was done is unknown: look, and then {advice}")


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    advice: str
    is_transient: bool = False
    wait: float | None = None

    @property
    def sentence(self) -> str:
        return f"{self.reason}; {self.advice}"


PAUSES = (1.0, 4.0, 10.0)
"""The seconds before each further attempt."""
LONGEST_WAIT = 120
"""The most seconds that a rate limit is waited for."""
_TOO_MANY, _FORBIDDEN, _SERVER_ERROR = 429, 403, 500
_UNPROCESSABLE = 422
_CORRECT = "correct what the message names"
_ADVICE = {
    401: "the token is not valid: check the secret and when it expires",
    409: "another change is in progress, or a rule of the repository forbids it: see the message",
    410: "the repository has this feature turned off",
    422: _CORRECT,
}


def _message(error: Exception) -> str:
    """Return GitHub's own words: the message, and the errors of fields."""
    data = getattr(error, "data", None)
    if not isinstance(data, Mapping):
        return truncate_inline(str(data or "no reason"))
    errors = data.get("errors")
    details = [
        str(each.get("message") or each.get("code")) if isinstance(each, Mapping) else str(each)
        for each in (errors if isinstance(errors, list) else [])
    ]
    return truncate_inline(": ".join([str(data.get("message", "no reason")), *details]))


def _cause(error: BaseException) -> str:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return truncate_inline(without_userinfo(str(error) or type(error).__name__))


def _is_limited(headers: Mapping[str, str], reason: str) -> bool:
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in reason.lower()
    )


def _seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Source: GitHub's documentation, "Best practices for using the REST API"."""
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if _SECONDS.fullmatch(after):
        return float(after)
    if _SECONDS.fullmatch(reset):
        return max(1.0, float(reset) - time.time())
    return 60.0


_SECONDS = re.compile("[0-9]{1,12}")
