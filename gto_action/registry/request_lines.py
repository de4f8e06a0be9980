"""Requests as people write them: the arguments of commands, and lines such as those commands.

The arguments and options are declared here once: for the command line, and for lines of `apply`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import click

from gto_action.errors import QueryError
from gto_action.registry.requests import (
    AnyRequest,
    Assign,
    AssignChanged,
    Bump,
    Deprecate,
    Deregister,
    NumberedRequest,
    Register,
    RegisterChanged,
    Rollback,
    Unassign,
)
from gto_action.util.parameter_types import NOT_EMPTY

Completer = Callable[[str], Any]
"""Returns what completes a parameter of a kind: ``name`` or ``commit``."""


def parse_lines(text: str) -> list[NumberedRequest]:
    """Parse lines such as ``register churn --bump-minor``; ``#`` begins a comment.

    Raises QueryError, which names the line.
    """
    commands = request_commands()
    lines = []
    for number, line in enumerate(re.split("\r\n|\n|\r", text), start=1):
        try:
            if len(line) > _MAX_LINE:
                raise QueryError(f"it has more than {_MAX_LINE} characters")  # noqa: TRY301
            words = shlex.split(_without_comment(line))
            if words:
                lines.append(NumberedRequest(_parse(words, commands), number))
        except (ValueError, click.ClickException, QueryError) as error:
            message = error.format_message() if isinstance(error, click.ClickException) else error
            raise QueryError(f"line {number}: {str(message).rstrip('.')}") from error
    if not lines:
        raise QueryError("there is no request: write one in each line, as register NAME")
    return lines


_MAX_LINE = 2**16


def request_commands(complete: Completer = lambda _: None) -> Mapping[str, click.Command]:
    """Return the commands that make requests, by their names; each returns a request when called.

    ``complete`` gives what completes a parameter in a shell.
    """
    name = click.Argument(["name"], type=NOT_EMPTY, shell_complete=complete("name"))
    optional_name = click.Argument(
        ["name"], type=NOT_EMPTY, required=False, shell_complete=complete("name")
    )
    ref = click.Argument(["ref"], type=NOT_EMPTY, required=False, shell_complete=complete("commit"))
    stage = click.Argument(["stage"], type=NOT_EMPTY)
    delete = _flag("-d", "--delete", help="Delete the tags instead of creating one.")
    commands = [
        click.Command(
            "register",
            add_help_option=False,
            callback=_register,
            help="Register a version of an artifact at a commit.\n\nREF is the commit, by default "
            "HEAD. The version is the latest one after a bump, by default of its patch; the first "
            "one is v0.0.1.",
            params=[
                optional_name,
                ref,
                _text("--version", "--ver", help="The version, as v1.0.0."),
                *(_flag(f"--bump-{bump}", help=f"Raise the {bump} version.") for bump in Bump),
                _flag("--changed", help="Register every artifact that changed; without NAME."),
                *_common(),
            ],
        ),
        click.Command(
            "assign",
            add_help_option=False,
            callback=_assign,
            help="Assign a stage to a version of an artifact; promote is the same command.\n\nThe "
            "version is the one at REF, by default HEAD. If that commit has none, one is "
            "registered.",
            params=[
                optional_name,
                ref,
                click.Option(
                    ["--stage"], type=NOT_EMPTY, required=True, help="The stage to assign."
                ),
                _text(
                    "--version",
                    help="The version to assign; with REF, the name of the version to register "
                    "there.",
                ),
                _flag(
                    "--sr",
                    "--skip-registration",
                    "skip_registration",
                    help="Register no version at REF.",
                ),
                _flag("--changed", help="Assign every artifact that changed; without NAME."),
                *_common(),
            ],
        ),
        click.Command(
            "unassign",
            add_help_option=False,
            callback=Unassign,
            help="Unassign a stage from a version of an artifact.",
            params=[
                name,
                stage,
                _text("--version", help="By default the one shown."),
                delete,
                *_common(),
            ],
        ),
        click.Command(
            "deregister",
            add_help_option=False,
            callback=Deregister,
            help="Deregister a version of an artifact.",
            params=[name, click.Argument(["version"], type=NOT_EMPTY), delete, *_common()],
        ),
        click.Command(
            "deprecate",
            add_help_option=False,
            callback=_deprecate,
            help="Deprecate an artifact; with VERSION deregister it, with STAGE unassign it from "
            "there.\n\nWithout --ref, the commit of the artifact's last event is tagged.",
            params=[
                name,
                click.Argument(["version"], type=NOT_EMPTY, required=False),
                click.Argument(["stage"], type=NOT_EMPTY, required=False),
                _text("--ref", help="The commit of the deprecation."),
                delete,
                *_common(),
            ],
        ),
        click.Command(
            "rollback",
            add_help_option=False,
            callback=Rollback,
            help="Assign a stage to the version that it showed before.",
            params=[
                name,
                stage,
                _text("--to", help="The version to go back to."),
                *_common(),
            ],
        ),
    ]
    return {str(command.name): command for command in commands}


def _common() -> list[click.Parameter]:
    return [
        click.Option(["-m", "--message"], default="", help="The message of the tag."),
        click.Option(
            ["--simple"],
            type=click.Choice(["auto", "true", "false"]),
            default="auto",
            callback=lambda _, __, value: {"auto": None, "true": True, "false": False}[value],
            help="Whether the tag's name has no counter, as NAME#STAGE.",
        ),
        _flag("--force", help="Create a tag even if it changes nothing."),
        _flag("--if-needed", help="Succeed without a tag if nothing would change."),
    ]


def _text(*names: str, help: str) -> click.Option:  # noqa: A002 - click's word
    """Return an option for a string, which is empty only if it is not given."""
    return click.Option(names, type=NOT_EMPTY, callback=lambda _, __, value: value or "", help=help)


def _flag(*names: str, help: str) -> click.Option:  # noqa: A002 - click's word
    return click.Option(names, is_flag=True, help=help)


def _parse(words: list[str], commands: Mapping[str, click.Command]) -> AnyRequest:
    command = commands.get("assign" if words[0] == "promote" else words[0])
    if command is None:
        raise QueryError(f"'{words[0]}' is not one of {', '.join(commands)}")
    for word in words[1:]:
        option = word.partition("=")[0]
        if option in _FOR_ALL_LINES:
            raise QueryError(
                f"{option} concerns all lines: it is for the command apply, or an input of the "
                "action"
            )
    context = command.make_context(str(command.name), words[1:])
    with context:
        request: AnyRequest = command.invoke(context)
    return request


_FOR_ALL_LINES = frozenset(
    {"-r", "--repo", "--remote", "--push", "--push-each", "--push-commits", "--override"}
    | {"-s", "--sign", "-u", "--local-user", "--json", "--dry-run", "--allow-future"}
    | {"-f", "--file"}
)


def _without_comment(line: str) -> str:
    """Return a line up to a ``#`` at its start or after white space, outside quotes."""
    match = _BEFORE_COMMENT.match(line)
    return match.group() if match else line


# words with quoted parts and escapes; white space; not a # that begins a word
_BEFORE_COMMENT = re.compile(
    r"""(?:\s+|(?!\#)(?:[^\s"'\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+|["'].*$|\\$)*""", re.DOTALL
)


def _register(
    *,
    name: str | None,
    ref: str | None,
    version: str,
    changed: bool,
    **options: Any,  # noqa: ANN401 - the options
) -> AnyRequest:
    bumps = [bump for bump in Bump if options.pop(f"bump_{bump}")]
    if len(bumps) + bool(version) > 1:
        raise QueryError("a version and the bumps exclude each other: choose one")
    bump = bumps[0] if bumps else None
    if changed:
        _check_changed(name, ref, version, options)
        return RegisterChanged(ref=name or "HEAD", bump=bump, message=options["message"])
    return Register(name=_required(name), ref=ref or "HEAD", version=version, bump=bump, **options)


def _assign(
    *,
    name: str | None,
    ref: str | None,
    version: str,
    changed: bool,
    **options: Any,  # noqa: ANN401 - the options
) -> AnyRequest:
    if changed:
        _check_changed(name, ref, version, options)
        stage, message = options["stage"], options["message"]
        return AssignChanged(ref=name or "HEAD", stage=stage, message=message)
    return Assign(name=_required(name), ref=ref or "", version=version, **options)


def _check_changed(
    name: str | None, ref: str | None, version: str, options: Mapping[str, object]
) -> None:
    """Check that --changed has no artifact: its only argument is REF. Raises QueryError."""
    if name and ref:
        raise QueryError("--changed is about all artifacts: leave out NAME")
    if version or options["force"] or options["simple"] is not None:
        raise QueryError("--changed can't be combined with --version, --force or --simple")


def _required(name: str | None) -> str:
    if name is None:
        raise click.UsageError("Missing argument 'NAME'")
    return name


def _deprecate(
    *,
    name: str,
    version: str | None,
    stage: str | None,
    ref: str,
    **options: Any,  # noqa: ANN401 - the options
) -> AnyRequest:
    if stage:
        return Unassign(name=name, stage=stage, version=version or "", **options)
    if version:
        return Deregister(name=name, version=version, **options)
    return Deprecate(name=name, ref=ref, **options)
