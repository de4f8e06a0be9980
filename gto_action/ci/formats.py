"""The step outputs in the formats of other CI systems: JSON, shell variables, a dotenv file.

Each function takes the strings of all outputs by their names. Outside of GitHub each output is a
variable: ``previous-version`` is ARTIFACT_PREVIOUS_VERSION. There is none for ``json``, which would
hold all the others once more.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping

Texts = Mapping[str, str]


def as_json(texts: Texts) -> str:
    """Write one JSON object with native types; what does not apply is null."""
    names = (name for name in texts if name != "json")
    values = json.loads(texts["json"]) if texts["json"] else dict.fromkeys(names)
    return json.dumps(values, indent=4, allow_nan=False) + "\n"


def as_env(texts: Texts) -> str:
    """Write assignments for ``eval`` in any POSIX shell: whatever a value holds stays a value.

    NUL, which no variable can hold, is left out. A value that no program could be started with is
    a variable of the shell alone. Source: execve(2), MAX_ARG_STRLEN.
    """
    return "".join(
        _assignment(variable_name(name), text.replace("\0", ""))
        for name, text in texts.items()
        if name != "json"
    )


def _assignment(name: str, value: str) -> str:
    assignment = f"{name}={shlex.quote(value)}"
    if len(value.encode(errors="replace")) > _MAX_EXPORTED:
        return f"unset {name}; {assignment}\n"
    return f"export {assignment}\n"


_MAX_EXPORTED = 100_000
"""The bytes of a value; Linux takes 131,072 of each variable with its name, and 2 MB of all."""


def as_dotenv(texts: Texts) -> str:
    """Write the variables that a job is gated on, a line each, for GitLab's dotenv report.

    Source: GitLab's documentation of artifacts:reports:dotenv (20 variables, 5 KB, no quotes, no
    empty lines).
    """
    return "".join(f"{name}={text}\n" for name, text in safe_variables(texts).items())


def safe_variables(texts: Texts) -> dict[str, str]:
    """Return the variables that any CI system passes on as they are.

    GitLab expands ``$NAME`` and ``%NAME%`` in values, so that a message could fetch a secret. So
    there is one for each of SAFE_OUTPUTS only, and a value with another character than a name has,
    or that is long, is empty: JSON has all of them. Source: GitLab's documentation of how variables
    are expanded.
    """
    return {
        variable_name(name): texts[name] if _SAFE.fullmatch(texts[name]) else ""
        for name in SAFE_OUTPUTS
    }


SAFE_OUTPUTS = (
    *("event", "name", "version", "stage", "tag", "commit", "path", "type"),
    *("previous-version", "latest", "current", "registered", "allowed"),
    *("slug", "image-name", "image-tag"),
)
"""The step outputs that are names or booleans."""
_SAFE = re.compile(r"[A-Za-z0-9_./@#=!:+-]{0,250}")


def as_github(texts: Texts) -> str:
    """Write what can be appended to the file that GITHUB_OUTPUT names."""
    # it costs 10 ms, which the other formats need not pay
    from actions_toolkit.file_command import prepare_key_value_message  # noqa: PLC0415

    return "".join(f"{prepare_key_value_message(name, text)}\n" for name, text in texts.items())


FORMATS: Mapping[str, Callable[[Texts], str]] = {
    "json": as_json,
    "env": as_env,
    "dotenv": as_dotenv,
    "github": as_github,
}


def variable_name(output: str) -> str:
    """Return the name of the variable for an output."""
    return f"ARTIFACT_{output.upper().replace('-', '_')}"
