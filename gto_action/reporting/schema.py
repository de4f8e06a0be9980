"""The JSON schema of an event: of the outputs `json` and `events`, and of `--format json`.

It is made from the declaration of the outputs. Its version is in its name: a new output does not
change it, because readers of JSON ignore what they do not know; any other change does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import get_type_hints

from gto_action.reporting.outputs import Outputs, declared_outputs

VERSION = 1
FILE = f"schema/event-{VERSION}.json"


def event_schema() -> dict[str, object]:
    """Return the schema of an event. Source: JSON Schema, draft 2020-12."""
    types = get_type_hints(Outputs, localns={"Mapping": Mapping})
    descriptions = declared_outputs()
    properties = {}
    for declared in fields(Outputs):
        name = declared.name.replace("_", "-")
        properties[name] = {"description": descriptions[name], **_SCHEMAS[types[declared.name]]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://github.com/org/gto-action/blob/main/{FILE}",
        "title": "An event of an artifact registry in Git, as gto-action reports it",
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


_STRINGS = {"type": "string"}
_SCHEMAS: Mapping[object, Mapping[str, object]] = {
    str | None: {"type": ["string", "null"]},
    bool | None: {"type": ["boolean", "null"]},
    tuple[str, ...] | None: {"type": ["array", "null"], "items": _STRINGS},
    Mapping[str, str] | None: {"type": ["object", "null"], "additionalProperties": _STRINGS},
    object: {},
}
