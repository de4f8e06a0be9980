"""The step outputs in the formats of other CI systems: JSON, shell variables, a dotenv file.

Outside of GitHub each output is a variable: ``previous-version`` is ARTIFACT_PREVIOUS_VERSION.
There is none for ``json``, which would hold all the others once more.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping

from gto_action.reporting.outputs import Outputs
from gto_action.util.text import escape_control_characters


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
    r"""Write a line a variable, unquoted, as GitLab and ``docker run --env-file`` read it.

    The format has no line breaks in values: they and other control characters become escapes, as
    ``\n``. Source: GitLab's documentation of artifacts:reports:dotenv.
    """
    return "".join(
        f"{name}={escape_control_characters(value)}\n" for name, value in _variables(outputs)
    )


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
            yield f"ARTIFACT_{name.upper().replace('-', '_')}", text
