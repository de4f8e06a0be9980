"""Declare the inputs of an action as the fields of a dataclass, and parse them.

They are declared once: for the program, for the actions' files and for the documentation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from gto_action.errors import InputError
from gto_action.util.text import quote_inline


def declare_input(
    description: str,
    *,
    default: object,
    shown: str = "",
    of_action: str = "",
    secret: bool = False,
) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare an input; ``shown`` is its default in words, ``of_action`` that of action.yml."""
    metadata = {"description": description, "shown": shown, "of_action": of_action}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInputs:
    """The inputs of every action. ``ca_file`` is an absolute path."""

    ca_file: str = declare_input(
        "A file with the certificate authority of a GitHub Enterprise Server.",
        default="",
        shown="none",
    )
    token: str = declare_input(
        "The token for GitHub's API.",
        default="",
        shown="the job's token",
        of_action="${{ github.token }}",
        secret=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryInputs(ServerInputs):
    """The inputs of every action that reads a repository. ``time_limit`` is in seconds.

    ``PREFERS_TOKEN`` is whether the token comes before the credentials that the checkout kept.
    """

    PREFERS_TOKEN: ClassVar[bool] = False

    time_limit: int = declare_input(
        "The maximum duration of the step in seconds.",
        default=600,
    )
    path: str = declare_input(
        "The directory of the checkout, as `actions/checkout` names it.",
        default="",
        shown="the workspace",
    )
    token: str = declare_input(
        "The token for the fetch, used if the checkout kept no credentials or they are refused.",
        default="",
        shown="the job's token",
        of_action="${{ github.token }}",
        secret=True,
    )


AnyInputs = TypeVar("AnyInputs", bound=ServerInputs)


def parse_inputs(
    declared_by: type[AnyInputs], texts: Mapping[str, str], workspace: str
) -> AnyInputs:
    """Parse the inputs that a dataclass declares, given by their names as they were written.

    An empty one has its default; a path is relative to the directory ``workspace``. Raises
    InputError.
    """
    values: dict[str, Any] = {}
    for declared in fields(declared_by):
        name = input_name(declared.name)
        text = texts.get(name, "").strip()
        if not text:
            continue
        if declared.type == "bool":
            values[declared.name] = _boolean(name, text)
        elif declared.type == "int":
            values[declared.name] = _seconds(name, text)
        else:
            values[declared.name] = _file(name, text, workspace) if name == "ca-file" else text
    for name in ("token", "dispatch_token"):
        _check_token(input_name(name), values.get(name, ""))
    return declared_by(**values)


def input_name(attribute: str) -> str:
    """Return the name of an input, given the name of its field."""
    return attribute.replace("_", "-")


def _check_token(name: str, token: str) -> None:
    """Raise InputError for a token that no header can have; the message doesn't quote it."""
    if len(token) > _MAX_TOKEN_LENGTH:
        raise InputError(
            f"the input {name} has more than {_MAX_TOKEN_LENGTH} characters, so it is not a token"
        )
    if not re.fullmatch("[!-~]*", token):
        raise InputError(
            f"the input {name} has white space or another character that no token has: correct "
            "the secret"
        )


def _boolean(name: str, text: str) -> bool:
    """Parse a boolean in the spellings of YAML 1.2's core schema."""
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    raise InputError(
        f"the input {name} is {quote_inline(text)}: write one of true, True, TRUE, false, False, "
        "FALSE"
    )


def _seconds(name: str, text: str) -> int:
    """Parse a number of seconds, of a day at most."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(_DAY))
    if is_number and 0 < int(text) <= _DAY:
        return int(text)
    raise InputError(f"the input {name} is {quote_inline(text)}: write seconds, from 1 to {_DAY}")


def _file(name: str, text: str, workspace: str) -> str:
    """Return the absolute path of a file that can be read."""
    path = os.path.join(workspace, text)
    if os.path.isfile(path) and os.access(path, os.R_OK):
        return path
    raise InputError(
        f"the input {name} is {quote_inline(text)}, and there is no such file that can be read: "
        "name one in the workspace"
    )


_DAY = 24 * 60 * 60
_MAX_TOKEN_LENGTH = 10_000
