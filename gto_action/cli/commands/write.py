"""`gto-action register`, `assign` and the other commands that create tags."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from gto_action.ci.detect import detect_system
from gto_action.cli.commands.printing import print_json, print_lines
from gto_action.cli.console import print_note
from gto_action.cli.progress import push_bar, shows_progress
from gto_action.cli.repository import fetch_observer, open_repository
from gto_action.errors import QueryError
from gto_action.git.objects import MAX_FILE_SIZE
from gto_action.git.source import is_remote
from gto_action.registry.plan import PlannedTag
from gto_action.registry.request_lines import parse_lines
from gto_action.registry.requests import NumberedRequest, as_needed, only_artifact
from gto_action.registry.tag_names import EventKind
from gto_action.reporting.outputs import outputs_of
from gto_action.services.remote_target import RemoteTarget
from gto_action.services.session import open_remote_session
from gto_action.services.targets import (
    LocalTarget,
    TagOptions,
    Target,
    reporting_interruption,
)
from gto_action.services.write import WriteOptions, Written, write


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteCommand:
    """How a command changes the registry in ``repo``, a path or a URL, and what it prints."""

    repo: str = "."
    push: bool = False
    remote: str = ""
    push_each: bool = False
    push_commits: bool = False
    sign: bool = False
    key: str = ""
    dry_run: bool = False
    allow_future: bool = False
    override: str = ""
    as_json: bool = False

    @property
    def is_pushed(self) -> bool:
        """Whether the tags go to a remote."""
        chosen = self.push or self.remote or self.push_each or self.push_commits
        return bool(chosen) or self.is_remote

    @property
    def is_remote(self) -> bool:
        """Whether the repository is a remote one, named by its URL."""
        return is_remote(self.repo)


def change(requests: Sequence[NumberedRequest], command: WriteCommand) -> None:
    """Create the tags that requests need, and print what was created. Raises GtoActionError."""
    options = WriteOptions(
        command.dry_run,
        command.allow_future,
        interprets=command.as_json,
        override=command.override,
    )
    with (
        _target(command, only_artifact(requests)) as target,
        reporting_interruption(target, print_note),
    ):
        _print_change(write(target, requests, options, print_note), command)


def _print_change(written: Written, command: WriteCommand) -> None:
    """Print what was created and deleted. Raises OSError, once a note has named it."""
    try:
        if command.as_json:
            print_json([outputs_of(each).values() for each in written.interpretations])
        else:
            _print(written, command)
        sys.stdout.flush()
    except OSError:
        if not command.dry_run:
            tags = ", ".join([*(tag.name for tag in written.plan.created), *written.plan.deleted])
            print_note(f"the change was made, and could not be printed: {tags}")
        raise
    if not (written.plan.created or written.plan.deleted):
        print_note("nothing to do: the registry is as requested")


def apply(file: str, command: WriteCommand, *, if_needed: bool) -> None:
    """Fulfil the requests in a file, or in standard input for ``-``. Raises GtoActionError."""
    requests = parse_lines(_read(file))
    change(list(map(as_needed, requests)) if if_needed else requests, command)


def _read(file: str) -> str:
    """Return the text of a file. Raises QueryError."""
    shown = "standard input" if file == "-" else file
    try:
        if file == "-" and sys.stdin is None:
            raise QueryError("standard input is closed: write the lines to it, or to a --file")
        if file == "-":
            content = sys.stdin.buffer.read(MAX_FILE_SIZE + 1)
        else:
            with open(file, "rb") as stream:
                content = stream.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise QueryError(f"{shown} can't be read: {error.strerror}") from error
    if len(content) > MAX_FILE_SIZE:
        raise QueryError(f"{shown} is larger than {MAX_FILE_SIZE // 1024**2} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise QueryError(f"line {line}: {shown} is not text in UTF-8") from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise QueryError(f"line {line}: {shown} has a null character: it is not text")
    return text


@contextmanager
def _target(command: WriteCommand, artifact: str | None) -> Iterator[Target]:
    identity = detect_system(os.environ).read_run(os.environ).identity
    tags = TagOptions(command.sign, command.key, identity)
    remote = partial(
        RemoteTarget,
        options=tags,
        observer=fetch_observer(),
        each=command.push_each,
        commits=command.push_commits,
        remote=command.remote,
        show=push_bar() if shows_progress() else None,
    )
    if command.is_remote:
        if command.remote:
            raise QueryError("--remote names a remote of a local repository, and --repo is a URL")
        yield remote(lambda: open_repository(command.repo, artifact), None)
        return
    with open_repository(command.repo, artifact) as session:
        if command.is_pushed:
            connect = partial(open_remote_session, observer=fetch_observer(), artifact=artifact)
            yield remote(lambda: connect(session, command.remote), session)
        else:
            session.warn_if_incomplete()
            yield LocalTarget(session, tags)


def _print(written: Written, command: WriteCommand) -> None:
    remote = command.remote or "origin"
    for tag in written.plan.created:
        made = "Would create" if command.dry_run else "Created"
        print_lines([f"{made} git tag '{tag.name}' that {_effect(tag)}"])
        _print_push(command, f"git push {remote}", "pushed", tag.name)
    for name in written.plan.deleted:
        print_lines([f"{'Would delete' if command.dry_run else 'Deleted'} git tag '{name}'"])
        _print_push(command, f"git push --delete {remote}", "deleted", name)


def _print_push(command: WriteCommand, push: str, done: str, tag: str) -> None:
    """Print how to push a change of a tag, or that it was pushed; in the words of gto."""
    if command.dry_run:
        return
    push = f"{push} {shlex.quote(tag)}"
    print_lines(
        [f"Running `{push}`", f"Successfully {done} git tag {tag} on remote."]
        if command.is_pushed
        else ["To push the changes upstream, run:", f"    {push}"]
    )


def _effect(tag: PlannedTag) -> str:
    match tag.parts.kind:
        case EventKind.REGISTRATION:
            return "registers version"
        case EventKind.DEREGISTRATION:
            return "deregisters version"
        case EventKind.ASSIGNMENT:
            return f"assigns stage to version '{tag.version}'"
        case EventKind.UNASSIGNMENT:
            return f"unassigns stage from version '{tag.version}'"
        case EventKind.DEPRECATION:
            return "deprecates artifact"
