"""GitHub Actions: the step's inputs, its log, its outputs and its summary.

Sources: GitHub's documentation of workflow commands, of variables and of Docker actions.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from actions_toolkit.command import issue, issue_command

from gto_action.errors import InputError, OutputError
from gto_action.util.text import escape_control_characters


@dataclass(frozen=True, slots=True)
class Step:
    """The inputs of a step, and the run that it is part of.

    ``ref`` is the ref to interpret, with ``refs/`` in front unless it was given as a tag's name;
    ``triggered`` says that it is the one that triggered the run, and ``sha`` is what that ref
    pointed to. ``checkout`` is the directory to read and to pull into, and ``checkout_is_chosen``
    says that the input ``path`` names it. ``dvc_remote`` is the one to pull from, empty for the
    repository's own choice; ``ca_file`` is an absolute path or empty; ``time_limit`` is in seconds.
    """

    ref: str
    triggered: bool
    sha: str
    show: bool
    history: bool
    print_outputs: bool
    summary: bool
    fetch: bool
    lightweight: bool
    pull: bool
    storage_url: bool
    strict: bool
    dvc_remote: str
    time_limit: int
    token: str = field(repr=False)
    ca_file: str
    checkout: str
    checkout_is_chosen: bool
    server_url: str
    repository: str

    @property
    def shows_registry(self) -> bool:
        """Whether the whole registry is asked for, and not one artifact of it."""
        return self.show or self.history or self.summary


def read_step(environment: Mapping[str, str]) -> Step:
    """Read what the runner's environment asks for. Raises InputError."""
    triggering = environment.get("GITHUB_REF", "")
    ref = _text(environment, "ref") or triggering
    if not ref:
        raise InputError(
            "there is no ref to interpret: neither the input ref nor GITHUB_REF is set; "
            "write ref: refs/tags/NAME"
        )
    return Step(
        ref=ref,
        triggered=triggering in {ref, f"refs/tags/{ref}"},
        sha=environment.get("GITHUB_SHA", ""),
        show=_truth(environment, "show", default=True),
        history=_truth(environment, "history", default=True),
        print_outputs=_truth(environment, "print-outputs", default=True),
        summary=_truth(environment, "summary", default=True),
        fetch=_truth(environment, "fetch", default=True),
        lightweight=_truth(environment, "lightweight", default=False),
        pull=_truth(environment, "pull", default=False),
        storage_url=_truth(environment, "storage-url", default=False),
        strict=_truth(environment, "strict", default=False),
        dvc_remote=_text(environment, "dvc-remote"),
        time_limit=_seconds(environment, "time-limit", default=600),
        token=_text(environment, "token"),
        ca_file=_file(environment, "ca-file"),
        checkout=os.path.normpath(
            os.path.join(_workspace(environment), _text(environment, "path"))
        ),
        checkout_is_chosen=bool(_text(environment, "path")),
        server_url=environment.get("GITHUB_SERVER_URL", ""),
        repository=environment.get("GITHUB_REPOSITORY", ""),
    )


def _text(environment: Mapping[str, str], name: str) -> str:
    return environment.get(f"INPUT_{name.upper()}", "").strip()


def _workspace(environment: Mapping[str, str]) -> str:
    return environment.get("GITHUB_WORKSPACE") or os.getcwd()


def _file(environment: Mapping[str, str], name: str) -> str:
    """Read the path of a file, from the workspace; empty if there is none."""
    value = _text(environment, name)
    path = os.path.join(_workspace(environment), value)
    if value and not (os.path.isfile(path) and os.access(path, os.R_OK)):
        raise InputError(
            f"the input {name} is {value!r}, and there is no such file that can be read: name one "
            "in the workspace"
        )
    return path if value else ""


def _truth(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Read a boolean in the spellings of YAML 1.2's core schema."""
    value = _text(environment, name)
    if not value:
        return default
    if value in {"true", "True", "TRUE"}:
        return True
    if value in {"false", "False", "FALSE"}:
        return False
    raise InputError(
        f"the input {name} is {value!r}: write one of true, True, TRUE, false, False, FALSE"
    )


def _seconds(environment: Mapping[str, str], name: str, *, default: int) -> int:
    """Read a number of seconds, of a day at most."""
    value = _text(environment, name)
    if not value:
        return default
    if value.isascii() and value.isdecimal() and len(value) <= _DIGITS and 0 < int(value) <= _DAY:
        return int(value)
    raise InputError(f"the input {name} is {value!r}: write seconds, from 1 to {_DAY}")


_DAY = 24 * 60 * 60
_DIGITS = 5


class Log:
    """The step's log, on standard output.

    What comes from the repository is printed where the runner obeys nothing: between
    ``stop-commands`` and a token that nobody knows beforehand. Control characters are shown, not
    sent.
    """

    def __init__(self) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="replace")

    def text(self, text: str) -> None:
        """Print lines that the runner takes no command from."""
        token = os.urandom(16).hex()
        with _nobody_may_read():
            issue("stop-commands", token)
            sys.stdout.write("\n".join(map(escape_control_characters, text.split("\n"))) + "\n")
            issue(token)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold what is printed meanwhile under a title."""
        with _nobody_may_read():
            issue("group", escape_control_characters(title))
        try:
            yield
        finally:
            with _nobody_may_read():
                issue("endgroup")

    def outputs(self, texts: Mapping[str, str]) -> None:
        """Print the outputs that were set."""
        with self.group("Outputs"):
            self.text("\n".join(f"{name}={text}" for name, text in texts.items()))

    def warning(self, message: str, file: str | None = None, line: int | None = None) -> None:
        """Warn the user, at a file and a line (from 1) where there is one."""
        _annotate("warning", message, file=file, line=line)

    def notice(self, message: str) -> None:
        """Annotate the run with information that is not a warning."""
        _annotate("notice", message)

    def error(self, message: str) -> None:
        """Tell the user why the step fails."""
        _annotate("error", message)


def write_outputs(environment: Mapping[str, str], texts: Mapping[str, str]) -> None:
    """Set step outputs: all of them in one write, or none. Raises OutputError.

    Each value stands between two delimiters that nobody knows beforehand, whatever it holds.
    """
    # imported when the fetch has long begun: it costs 10 ms
    from actions_toolkit.file_command import prepare_key_value_message  # noqa: PLC0415

    messages = (prepare_key_value_message(name, text) for name, text in texts.items())
    _append(environment, "GITHUB_OUTPUT", "".join(f"{message}\n" for message in messages))


def write_summary(environment: Mapping[str, str], markdown: str) -> None:
    """Add to the job summary. Raises OutputError."""
    _append(environment, "GITHUB_STEP_SUMMARY", markdown)


def _append(environment: Mapping[str, str], variable: str, text: str) -> None:
    """Append to the file that a variable names; by hand, outside of a run, there is none."""
    path = environment.get(variable)
    if not path:
        if environment.get("GITHUB_ACTIONS") == "true":
            raise OutputError(f"the runner did not set {variable}: there is no file to write to")
        return
    data = text.encode(errors="replace")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            _write_whole(descriptor, data)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OutputError(
            f"could not write to the file that {variable} names, {path}: {error.strerror}"
        ) from error


def _write_whole(descriptor: int, data: bytes) -> None:
    """Append data, or leave the file as it was."""
    size = os.fstat(descriptor).st_size
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except BaseException:  # a full disk, a time limit, a cancelled run
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _annotate(
    command: str, message: str, *, file: str | None = None, line: int | None = None
) -> None:
    properties = {"file": file and escape_control_characters(file), "line": line}
    given = {name: str(value) for name, value in properties.items() if value is not None}
    with _nobody_may_read():
        issue_command(
            command, given, "\n".join(map(escape_control_characters, message.split("\n")))
        )


def _nobody_may_read() -> suppress:
    """Go on where the log can't be written: an event is no less true for it."""
    return suppress(OSError)
