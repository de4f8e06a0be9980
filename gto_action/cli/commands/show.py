"""`gto-action show`: the registry, or one artifact of it."""

from __future__ import annotations

from dataclasses import replace

from gto_action.cli.commands.printing import print_json, print_lines, print_table
from gto_action.cli.repository import open_repository
from gto_action.errors import QueryError
from gto_action.registry.annotated_commits import AnnotatedCommit
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.queries import (
    ListOptions,
    VersionEntry,
    list_versions,
    select,
    select_version,
    used_stages,
)
from gto_action.registry.selectors import Selector, parse_selector
from gto_action.registry.tag_names import EventKind
from gto_action.reporting.gto_json import registry_json, versions_json
from gto_action.reporting.gto_rows import registry_rows, versions_rows
from gto_action.services.session import RegistrySession, Scope


def show(name: str | None, repo: str, options: ListOptions, scope: Scope, form: str | None) -> None:
    """Print what the options select, as ``form``: json, plain, one of the columns, or a table.

    Raises GtoActionError.
    """
    if min(options.assignments_per_version, options.versions_per_stage) < -1:
        raise QueryError("--av and --vs are numbers of rows, or -1 for all")
    if options.points_at is not None:
        with open_repository(repo, parse_selector(name).name if name else None) as session:
            _show_commit(session, name, options, scope, form)
    elif name:
        selector = parse_selector(name)
        with open_repository(repo, selector.name) as session:
            _show_artifact(session, selector, options, scope, form)
    else:
        with open_repository(repo) as session:
            _show_registry(session, options, scope, form)


def _show_registry(
    session: RegistrySession, options: ListOptions, scope: Scope, form: str | None
) -> None:
    if form not in {None, "json", "plain", "name"}:
        raise QueryError(f"Cannot apply --{form}: it needs the NAME of an artifact")
    found = session.found(scope)
    allowed = session.config.stages
    stages = used_stages(session.registry) if allowed is None else list(allowed)
    if form == "json":
        print_json(registry_json(session.registry, found, options, stages))
        return
    rows = registry_rows(session.registry, found, options, stages)
    if form == "name":
        print_lines(row[0] for row in rows.rows)
    else:
        print_table(rows.heading, rows.rows, plain=form == "plain")


def _show_artifact(
    session: RegistrySession,
    selector: Selector,
    options: ListOptions,
    scope: Scope,
    form: str | None,
) -> None:
    selected = _select(session, selector, options, session.found(scope))
    if selector.stage:
        for version, _ in selected:
            session.warn_if_unregistered(version.artifact, version.name, version.commit)
    _print_versions(session, selected, form)


def _show_commit(
    session: RegistrySession, name: str | None, options: ListOptions, scope: Scope, form: str | None
) -> None:
    """Show the versions of all artifacts, or of one, at a commit, and the stages they are in."""
    commit = session.find_commit(options.points_at or "")
    # unless asked for, only tags count: artifacts.yaml at HEAD would add a row for each artifact
    found = session.found(scope) if name or scope is not Scope.TAGS else []
    names = sorted({*session.registry.artifacts, *(annotated.name for annotated in found)})
    selectors = [parse_selector(name)] if name else list(map(Selector, names))
    selected = [
        selection
        for selector in selectors
        for selection in _select(session, selector, options, found)
        if selection[0].commit == commit
    ]
    _print_versions(session, selected, form)


def _select(
    session: RegistrySession, selector: Selector, options: ListOptions, found: list[AnnotatedCommit]
) -> list[tuple[VersionEntry, list[str]]]:
    """Select versions of an artifact. Raises QueryError for an unknown one."""
    name = selector.name
    versions = list_versions(session.registry, name, found)
    if selector.tag:
        return _select_event(session, selector.tag, versions, options, name)
    if name not in session.registry.artifacts and not versions:
        session.check_tag(selector)
        hint = did_you_mean(name)
        raise QueryError(f"Cannot find artifact '{name}' in {session.source}{hint}")
    selected = select(session.registry, versions, options, selector)
    if not selected:
        session.check_tag(selector)
    return selected


def _print_versions(
    session: RegistrySession, selected: list[tuple[VersionEntry, list[str]]], form: str | None
) -> None:
    if form == "json":
        enrichments = session.enrichments(
            (version.artifact, version.commit) for version, _ in selected
        )
        print_json(versions_json(selected, enrichments))
        return
    rows = versions_rows(session.registry, selected)
    if form in _COLUMNS:
        print_lines(row[_COLUMNS[form]] for row in rows.rows)
    else:
        print_table(rows.heading, rows.rows, plain=form == "plain")


def _select_event(
    session: RegistrySession,
    tag: str,
    versions: list[VersionEntry],
    options: ListOptions,
    name: str,
) -> list[tuple[VersionEntry, list[str]]]:
    """Select the version that a tag's event is about; all versions for a deprecation.

    They are selected also if they are deprecated or deregistered: the tag names them expressly.
    """
    replayed = session.find_event(tag, name)
    if replayed.event.kind is EventKind.DEPRECATION:
        return select(session.registry, versions, replace(options, deprecated=True), Selector(name))
    version = session.find_version(Selector(name, tag=tag), tag)
    return select_version(versions, options, version)


_COLUMNS = {"name": 0, "version": 1, "stage": 2, "ref": 4}
