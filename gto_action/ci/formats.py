"""The step outputs in the formats of other CI systems: JSON, shell variables, a dotenv file.

Outside of GitHub each output is a variable: ``previous-version`` is ARTIFACT_PREVIOUS_VERSION.
There is none for ``json``, which would hold all the others once more.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping

from gto_action.reporting.outputs import Outputs


def as_json(outputs: Outputs) -> str:
    """Write one JSON object with native types; what does not apply is null."""
    return json.dumps(outputs.values(), indent=4, allow_nan=False) + "\n"


def as_env(outputs: Outputs) -> str:
    """Write assignments for ``eval`` in any POSIX shell: whatever a value holds stays a value.

    NUL, which no variable can hold, is left out.
    """
    return "".join(
        f"export {name}={shlex.quote(value.replace(chr(0), ''))}\n"
        for name, value in _variables(outputs)
    )


def as_dotenv(outputs: Outputs) -> str:
    """Write the variables that a job is gated on, a line each, for GitLab's dotenv report.

    GitLab expands ``$NAME`` and ``%NAME%`` in values, so that a message could fetch a secret. So
    only DOTENV_OUTPUTS are written, and a value with another character than a name has, or that is
    long, is empty: JSON has all of them. Sources: GitLab's documentation of
    artifacts:reports:dotenv (20 variables, 5 KB, no quotes, no empty lines) and of how variables
    are expanded.
    """
    texts = outputs.texts()
    return "".join(
        f"{_variable(name)}={texts[name] if _SAFE.fullmatch(texts[name]) else ''}\n"
        for name in DOTENV_OUTPUTS
    )


DOTENV_OUTPUTS = (
    *("event", "name", "version", "stage", "tag", "commit", "path", "type"),
    *("previous-version", "latest", "current", "registered"),
    *("slug", "image-name", "image-tag"),
)
"""The step outputs that are names or booleans."""
_SAFE = re.compile(r"[A-Za-z0-9_./@#=!:+-]{0,250}")


def as_github(outputs: Outputs) -> str:
    """Write what can be appended to the file that GITHUB_OUTPUT names."""
    # it costs 10 ms, which the other formats need not pay
    from actions_toolkit.file_command import prepare_key_value_message  # noqa: PLC0415

    texts: Mapping[str, str] = outputs.texts()
    return "".join(f"{prepare_key_value_message(name, text)}\n" for name, text in texts.items())


FORMATS: Mapping[str, Callable[[Outputs], str]] = {
    "json": as_json,
    "env": as_env,
    "dotenv": as_dotenv,
    "github": as_github,
}


def _variables(outputs: Outputs) -> Iterator[tuple[str, str]]:
    for name, text in outputs.texts().items():
        if name != "json":
            yield _variable(name), text


def _variable(name: str) -> str:
    return f"ARTIFACT_{name.upper().replace('-', '_')}"
