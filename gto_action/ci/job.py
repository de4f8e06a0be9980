"""A job of a CI system: what all systems but GitHub have in common.

The outputs go into two files in the current directory, which the system keeps or passes on:
VARIABLES_FILE has those that are names or booleans, as variables, and JSON_FILE has all of them.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from gto_action.ci.formats import as_dotenv, as_json
from gto_action.ci.plain_log import PlainLog
from gto_action.ci.run import Reporter, Run
from gto_action.errors import OutputError
from gto_action.policy.overrides import read_overrides
from gto_action.reporting.outputs import Outputs
from gto_action.util.environment import current_directory, program_environment
from gto_action.util.files import append_all
from gto_action.util.interrupts import uninterrupted

VARIABLES_FILE = "gto.env"
JSON_FILE = "gto.json"
EVENTS_FILE = "gto-events.json"
MASK = "[MASKED]"
NO_OUTPUTS = Outputs().texts()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSystem:
    """A CI system, described by the names of the variables that it sets for a job.

    ``tag`` and ``branch`` have the name of what the job is for, or ``ref`` has the full name;
    ``commit`` has its SHA, ``url`` the URL that the repository is cloned from, ``directory`` the
    path of the checkout, ``page`` the URL of the run's page, and ``user`` and ``token`` the
    credentials for the repository, if they are not in its URL. ``token_user`` is the user itself,
    if no variable has it; empty if the server takes a token without a user. ``name`` and ``email``
    are of the person who started the run.
    """

    commit: str
    url: str
    directory: str
    tag: str = ""
    branch: str = ""
    ref: str = ""
    page: str = ""
    user: str = ""
    token: str = ""
    token_user: str = "x-access-token"  # noqa: S105 - a user
    name: str = ""
    email: str = ""

    def read_run(self, environment: Mapping[str, str], /) -> Run:
        """Return the run of a job. The credentials of its URL are not in it."""
        url = _split_url(environment.get(self.url, ""))
        name, email = environment.get(self.name, ""), environment.get(self.email, "")
        return Run(
            ref=self._ref(environment),
            sha=_sha(environment.get(self.commit, "")),
            workspace=os.path.expanduser(environment.get(self.directory) or current_directory()),
            server_url=url.server,
            repository="",
            environment=program_environment(environment),
            overrides=read_overrides(environment),
            location=url.bare,
            identity=f"{name} <{email}>" if name and email else "",
            page_url=environment.get(self.page, ""),
            token_user=url.user or environment.get(self.user) or self.token_user,
        )

    def read_inputs(self, environment: Mapping[str, str], /) -> Mapping[str, str]:
        """Return the inputs that variables INPUT_… set, and the token of the job."""
        return {"token": self.job_token(environment), **read_input_variables(environment)}

    def reporter(self, environment: Mapping[str, str], /) -> Reporter:
        """Return what reports to the system."""
        return JobReporter(self.secrets(environment))

    def secrets(self, environment: Mapping[str, str]) -> list[str]:
        """Return what is masked in the log: passwords, as they are and as a URL has them."""
        url = environment.get(self.url, "")
        found = _PASSWORD.search(url)
        names = (self.token, "INPUT_TOKEN", "INPUT_DISPATCH_TOKEN")
        secrets = [environment.get(name, "") for name in names]
        secrets += [found[1], unquote(found[1])] if found else []
        return [secret for secret in dict.fromkeys(secrets) if secret]

    def job_token(self, environment: Mapping[str, str]) -> str:
        """Return the password for the repository; empty if there is none of its own."""
        return _split_url(environment.get(self.url, "")).password or environment.get(self.token, "")

    def _ref(self, environment: Mapping[str, str]) -> str:
        tag, branch = environment.get(self.tag, ""), environment.get(self.branch, "")
        if tag:
            return f"refs/tags/{tag.removeprefix('refs/tags/')}"
        return environment.get(self.ref, "") or (f"refs/heads/{branch}" if branch else "")


def read_input_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs by their names, from variables such as INPUT_PRINT-OUTPUTS."""
    return {
        name.removeprefix("INPUT_").lower().replace("_", "-"): value
        for name, value in environment.items()
        if name.startswith("INPUT_")
    }


class JobReporter(PlainLog):
    """Prints the log without secrets, and writes the outputs into files."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Mask some secrets, and remove the outputs of an earlier step, should this one fail."""
        self._secrets = tuple(secrets)
        self._outputs: dict[str, str] = {}
        self._remove_files()
        self.forget()

    def escape(self, line: str) -> str:
        """Return a line without secrets, and with its control characters as escapes."""
        for secret in self._secrets:
            line = line.replace(secret, MASK)
        return super().escape(line)

    def set_outputs(self, texts: Mapping[str, str]) -> None:
        """Write the outputs into files of the current directory, and hand them over.

        Those that were set before stay as they are. Raises OutputError.
        """
        self._outputs.update(texts)
        with uninterrupted():
            try:
                for file, content in self.files(self._outputs).items():
                    write_file(file, content)
                self.hand_over(self._outputs)
            except BaseException:
                self._remove_files()
                raise

    def hand_over(self, texts: Mapping[str, str]) -> None:
        """Hand all outputs over as the system does it. Raises OutputError."""

    def forget(self) -> None:
        """Undo what an earlier step of the job has handed over."""

    def files(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return the contents of the files by their names; without outputs the names alone."""
        if not texts:
            return dict.fromkeys((VARIABLES_FILE, JSON_FILE, EVENTS_FILE), "")
        if "events" in texts:  # of the action apply
            return {EVENTS_FILE: texts["events"] + "\n"}
        return {VARIABLES_FILE: as_dotenv(texts), JSON_FILE: as_json(texts)}

    def add_summary(self, markdown: str) -> None:
        """Add nothing: there is no job summary."""

    def _remove_files(self) -> None:
        for file in self.files({}):
            with suppress(OSError):
                os.unlink(file)


def contains(path: str, text: str) -> bool:
    """Return whether there is a file that contains a string."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return text in file.read()
    except OSError:
        return False


def append_to(path: str, text: str, what: str) -> None:
    """Append all, or nothing, to a file that ``what`` names. Raises OutputError."""
    try:
        append_all(path, text.encode(errors="replace"), create=True)
    except OSError as error:
        raise OutputError(f"could not write to {what}, {path}: {error.strerror}") from error


def write_file(path: str, text: str) -> None:
    """Write a file completely, or not at all. Raises OutputError."""
    new = ""
    try:
        # a file that was not there, under a name that nobody can know
        descriptor, new = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".gto-")
        with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.chmod(new, _READABLE)
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(new)
        raise OutputError(f"could not write the file {path}: {error.strerror}") from error


_READABLE = 0o644


def _sha(commit: str) -> str:
    """Return the SHA of a commit; empty for another name, as HEAD, which is not compared."""
    return commit if _SHA.fullmatch(commit) else ""


_SHA = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


class _Url(NamedTuple):
    """A URL without its credentials, that of its server, and the credentials."""

    bare: str
    server: str = ""
    user: str = ""
    password: str = ""


def _split_url(url: str) -> _Url:
    """Split user and password off a URL of HTTP.

    Any other stays as it is: of SSH, with a user alone, with a password that no header can have.
    """
    try:
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        return _Url(url)
    if parts.scheme not in {"http", "https"}:
        return _Url(url)
    host = parts.netloc.rpartition("@")[2]
    server = f"{parts.scheme}://{host}"
    if not re.fullmatch("[!-~]+", password):
        return _Url(url, server)
    return _Url(parts._replace(netloc=host).geturl(), server, user, password)


# up to the last @, because a password need not be encoded
_PASSWORD = re.compile(r"://[^/@:]*:(.+)@")
