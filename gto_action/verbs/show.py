"""`gto-action show`: the registry, or one artifact of it."""

from __future__ import annotations

from dataclasses import replace

from gto_action.errors import QuestionError
from gto_action.place import Place, Scope, open_repository
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.shortcut import Shortcut, parse_shortcut
from gto_action.registry.tagname import EventKind
from gto_action.report.gto_json import registry_json, versions_json
from gto_action.report.gto_rows import registry_rows, versions_rows
from gto_action.report.listing import (
    Choice,
    Listed,
    list_versions,
    select,
    select_version,
    used_stages,
)
from gto_action.verbs.printing import print_json, print_lines, print_table


def show(name: str | None, repo: str, choice: Choice, scope: Scope, form: str | None) -> None:
    """Print what is asked for as ``form`` says: json, plain, one of the columns, or a table.

    Raises GtoActionError.
    """
    if min(choice.assignments_per_version, choice.versions_per_stage) < -1:
        raise QuestionError("--av and --vs are numbers of rows, or -1 for all")
    if name:
        shortcut = parse_shortcut(name)
        with open_repository(repo, shortcut.name) as place:
            _show_artifact(place, shortcut, choice, scope, form)
    else:
        with open_repository(repo) as place:
            _show_registry(place, choice, scope, form)


def _show_registry(place: Place, choice: Choice, scope: Scope, form: str | None) -> None:
    if form not in {None, "json", "plain", "name"}:
        raise QuestionError(f"Cannot apply --{form}: it needs the NAME of an artifact")
    found = place.found(scope)
    allowed = place.config.stages
    stages = used_stages(place.registry) if allowed is None else list(allowed)
    if form == "json":
        print_json(registry_json(place.registry, found, choice, stages))
        return
    rows = registry_rows(place.registry, found, choice, stages)
    if form == "name":
        print_lines(row[0] for row in rows.rows)
    else:
        print_table(rows.heading, rows.rows, plain=form == "plain")


def _show_artifact(
    place: Place, shortcut: Shortcut, choice: Choice, scope: Scope, form: str | None
) -> None:
    name = shortcut.name
    found = [one for one in place.found(scope) if one.name == name]
    versions = list_versions(place.registry, name, found)
    if shortcut.tag:
        selected = _select_event(place, shortcut.tag, versions, choice, name)
    elif name not in place.registry.artifacts and not found:
        hint = did_you_mean(name)
        raise QuestionError(f"Cannot find artifact '{name}' in {place.source}{hint}")
    else:
        selected = select(place.registry, versions, choice, shortcut)
    if form == "json":
        enrichments = place.enrichments((name, one.commit) for one, _ in selected)
        print_json(versions_json(selected, enrichments))
        return
    rows = versions_rows(place.registry, selected)
    if form in _COLUMNS:
        print_lines(row[_COLUMNS[form]] for row in rows.rows)
    else:
        print_table(rows.heading, rows.rows, plain=form == "plain")


def _select_event(
    place: Place, tag: str, versions: list[Listed], choice: Choice, name: str
) -> list[tuple[Listed, list[str]]]:
    """Select the version that a tag's event is about; all versions for a deprecation.

    They are selected also if they are deprecated or deregistered: the tag names them expressly.
    """
    occurrence = place.find_event(tag, name)
    if occurrence.event.kind is EventKind.DEPRECATION:
        return select(place.registry, versions, replace(choice, deprecated=True), Shortcut(name))
    version = place.find_version(Shortcut(name, tag=tag), tag)
    return select_version(versions, choice, version)


_COLUMNS = {"name": 0, "version": 1, "stage": 2, "ref": 4}
