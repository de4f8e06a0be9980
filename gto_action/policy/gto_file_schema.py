"""The JSON schema of the file .gto, with which its policy is checked and editors complete it."""

from __future__ import annotations

from collections.abc import Mapping

from gto_action.registry.tag_names import NAME

FILE = "schema/gto-1.json"
Schema = Mapping[str, object]


def _object(properties: Mapping[str, Schema], description: str) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "description": description,
    }


def _list(item: Schema, description: str) -> dict[str, object]:
    return {"type": "array", "items": item, "description": description}


# a version's way through the stages is followed by recursion
_MAX_STAGES = 50
_TEXT = {"type": "string", "minLength": 1}
_STAGE = {"type": "string", "pattern": f"^{NAME}$"}
_LOGINS = _list(_TEXT, "Logins at the host.")
_PATH = {"type": "string", "minLength": 1}
_SIGNED = {
    "anyOf": [{"type": "boolean"}, {**_list(_TEXT, "Principals."), "minItems": 1}],
    "description": "true: the tag is signed by a key of `signers`; or by one of some principals.",
}
_STAGE_RULES = _object(
    {
        "after": {
            "type": "string",
            "pattern": "^[0-9]{1,6}[mhd]$",
            "description": "How long a version has been in the stage before, as 30m, 24h or 7d.",
        },
        "from": {
            **_list(_STAGE, "The stages that a version comes from, in place of `order`."),
            "minItems": 1,
        },
        "actors": _list(_TEXT, "The logins of those who may change what the stage shows."),
        "signed": _SIGNED,
        "only-newer": {
            "type": "boolean",
            "description": "No version lower than the one shown, except by a rollback.",
        },
        "rollback": {
            "type": "boolean",
            "description": "false: `only-newer` holds for rollbacks too.",
        },
        "freeze": _list(
            {"type": "string", "pattern": "^[^/]+/[^/]+$"},
            "Periods without changes, as 2026-12-20/2027-01-03: ISO 8601, dates are UTC and "
            "include the last day.",
        ),
    },
    "The rules of a stage.",
)
_NARROWED: dict[str, Schema] = {
    "order": {
        **_list(_STAGE, "A version enters a stage only from the one before it."),
        "uniqueItems": True,
        "maxItems": _MAX_STAGES,
    },
    "require": _list(
        {"enum": ["registration", "annotation"]},
        "registration: an assignment needs a registered version; annotation: an event needs one.",
    ),
    "branches": {
        **_list(_TEXT, "Patterns of branches: the commit of every event is in one of them."),
        "minItems": 1,
    },
    "stages": {
        "type": "object",
        "propertyNames": _STAGE,
        "additionalProperties": _STAGE_RULES,
        "maxProperties": _MAX_STAGES,
        "description": "The rules of each stage.",
    },
}
_POLICY: dict[str, Schema] = {
    **_NARROWED,
    "override": {
        "anyOf": [
            {"type": "boolean"},
            {
                **_object({"actors": _LOGINS, "signed": _SIGNED}, "Who may override the policy."),
                "minProperties": 1,
            },
        ],
        "description": "Whether --override REASON is accepted, and whose.",
    },
    "delete": _object({"actors": _LOGINS}, "Who may delete or replace a registry tag."),
    "signers": {**_PATH, "description": "The allowed_signers of SSH, a file of the repository."},
    "revoked": {**_PATH, "description": "The revoked keys of SSH, a file of the repository."},
    "gpg-keys": {**_PATH, "description": "The public keys of GPG, a file of the repository."},
    "artifacts": {
        "type": "object",
        "propertyNames": _TEXT,
        "additionalProperties": _object(_NARROWED, "The rules of artifacts of some names."),
        "description": "Rules by a pattern of names, as 'models/*'; later ones override.",
    },
}
POLICY_SCHEMA = _object(_POLICY, "Who may promote what.")
_ALLOWED = {"anyOf": [_list(_TEXT, "Names."), {"type": "null"}]}


def gto_file_schema() -> dict[str, object]:
    """Return the schema of the whole file. Source: JSON Schema, draft 7."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"https://github.com/org/gto-action/blob/main/{FILE}",
        "title": "The file .gto of an artifact registry in Git",
        "type": "object",
        "properties": {
            "stages": {**_ALLOWED, "description": "The stages that are allowed."},
            "types": {**_ALLOWED, "description": "The types of artifacts that are allowed."},
            "policy": {"anyOf": [POLICY_SCHEMA, {"type": "null"}]},
        },
    }
