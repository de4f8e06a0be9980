"""The step's inputs: declared here once, for the program, action.yml and the documentation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from gto_action.errors import InputError
from gto_action.util.text import quote_inline


def _input(
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
class Inputs:
    """The inputs of a step. ``time_limit`` is in seconds; ``ca_file`` is an absolute path."""

    ref: str = _input(
        "The tag to interpret, as `refs/tags/NAME` or `NAME`.",
        default="",
        shown="the ref that triggered the run",
    )
    show: bool = _input(
        "Print the registry as a table in the log.",
        default=True,
    )
    history: bool = _input(
        "Print the history of events in the log.",
        default=True,
    )
    print_outputs: bool = _input(
        "Print the outputs in the log.",
        default=True,
    )
    summary: bool = _input(
        "Write the job summary.",
        default=True,
    )
    pull: bool = _input(
        "Download the artifact's file or directory into the checkout, as it was at the event's "
        "commit.",
        default=False,
    )
    storage_url: bool = _input(
        "Also find out where the artifact's bytes are stored. This reads DVC's metadata at the "
        "commit and needs no DVC.",
        default=False,
    )
    dvc_remote: str = _input(
        "The DVC remote to pull from.",
        default="",
        shown="the repository's default remote",
    )
    fetch: bool = _input(
        "Fetch the tags from the remote first. If `false`, the tags of the checkout are read.",
        default=True,
    )
    lightweight: bool = _input(
        "Also read lightweight tags as events. Their author and time are the commit's.",
        default=False,
    )
    strict: bool = _input(
        "Fail on a tag name that is almost a registry tag, and on a stage or type that `.gto` "
        "does not allow. Otherwise these are warnings.",
        default=False,
    )
    time_limit: int = _input(
        "The maximum duration of the step in seconds, without the time of a pull.",
        default=600,
    )
    path: str = _input(
        "The directory of the checkout, as `actions/checkout` names it.",
        default="",
        shown="the workspace",
    )
    ca_file: str = _input(
        "A file with the certificate authority of a GitHub Enterprise Server.",
        default="",
        shown="none",
    )
    token: str = _input(
        "The token for the fetch, used if the checkout kept no credentials or they are refused.",
        default="",
        shown="the job's token",
        of_action="${{ github.token }}",
        secret=True,
    )

    @property
    def shows_registry(self) -> bool:
        """Whether the reports are about the whole registry, and not about one artifact."""
        return self.show or self.history or self.summary


def parse_inputs(texts: Mapping[str, str], workspace: str) -> Inputs:
    """Parse inputs, given by their names as they were written; an empty one has its default.

    A path is relative to the directory ``workspace``. Raises InputError.
    """
    values: dict[str, Any] = {}
    for declared in fields(Inputs):
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
    if len(values.get("token", "")) > _MAX_TOKEN_LENGTH:
        raise InputError(
            f"the input token has more than {_MAX_TOKEN_LENGTH} characters, so it is not a token"
        )
    return Inputs(**values)


def input_name(attribute: str) -> str:
    """Return the name of an input, given the name of its field in ``Inputs``."""
    return attribute.replace("_", "-")


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
