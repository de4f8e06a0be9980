"""`gto-action parse-tag` and `print-state`: gto's commands for scripts."""

from __future__ import annotations

from gto_action.cli.commands.printing import print_json
from gto_action.cli.repository import open_repository
from gto_action.errors import QueryError
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.queries import list_versions
from gto_action.registry.tag_names import parse_tag_name
from gto_action.reporting.gto_json import state_json, tag_json
from gto_action.services.session import Scope


def parse_tag(name: str, key: str | None) -> None:
    """Print the parts of a tag's name, or one of them. Raises QueryError."""
    parts = parse_tag_name(name)
    if parts is None:
        hint = did_you_mean(name)
        raise QueryError(f"Cannot parse tag name '{name}': it is not a registry tag{hint}")
    document = tag_json(parts)
    if key and key not in document:
        raise QueryError(f"the tag {name} has no {key}: it has {', '.join(document)}")
    print_json(document[key] if key else document)


def print_state(repo: str) -> None:
    """Print all that is known about all artifacts. Raises GtoActionError."""
    with open_repository(repo) as session:
        found = session.found(Scope.TAGS)
        names = {*session.registry.artifacts, *(annotated.name for annotated in found)}
        versions = (
            (name, version.commit)
            for name in names
            for version in list_versions(session.registry, name, found)
        )
        print_json(state_json(session.registry, found, session.enrichments(versions)))
