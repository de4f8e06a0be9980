"""`gto-action describe`: an artifact's annotation."""

from __future__ import annotations

import json

from gto_action.annotations import Annotation
from gto_action.annotations.find import find_annotation
from gto_action.cli.commands.printing import print_json, print_lines
from gto_action.cli.console import print_warning
from gto_action.cli.repository import open_repository
from gto_action.errors import QueryError
from gto_action.git.worktree import work_tree
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.selectors import parse_selector
from gto_action.services.session import RegistrySession
from gto_action.util.json_values import plain
from gto_action.util.text import escape_control_characters


def describe(name: str, repo: str, rev: str | None, form: str | None) -> None:
    """Print an annotation: as JSON, one field, or a line for each field. Raises GtoActionError."""
    selector = parse_selector(name)
    with open_repository(repo, selector.name) as session:
        commit, ref = session.find_described(name, rev or "")
        with session.source.files(commit, ref) as read:
            annotation, diagnostics = find_annotation(selector.name, read)
        url = _storage_url(session, annotation, commit, ref) if form == "url" and annotation else ""
    for diagnostic in diagnostics:
        print_warning(diagnostic)
    if annotation is None:
        why = (
            "its entry cannot be used"
            if diagnostics
            else "neither dvc.yaml nor artifacts.yaml has it"
        )
        hint = did_you_mean(name)
        raise QueryError(f"there is no annotation of {selector.name} at {ref}: {why}{hint}")
    if url:
        print_lines([url])
        return
    fields = _fields(annotation)
    if form == "json":
        print_json({key: plain(value) for key, value in fields.items()})
    elif form:
        if not fields[form]:
            raise QueryError(f"the annotation of {selector.name} at {ref} has no {form}")
        print_lines([str(fields[form])])
    else:
        print_lines(f"{key}: {_line(value)}" for key, value in fields.items() if value)


def _storage_url(session: RegistrySession, annotation: Annotation, commit: str, ref: str) -> str:
    """Return where an artifact is stored. Raises QueryError if that is not certain."""
    # few ask for it, and it takes time to import
    from gto_action.artifacts.dvc.storage_url import find_storage_url  # noqa: PLC0415
    from gto_action.artifacts.request import DownloadRequest  # noqa: PLC0415

    if not annotation.path:
        raise QueryError(f"the annotation in {annotation.file} at {ref} has no path")
    top = work_tree(session.source.repository) if session.source.checkout else None
    found = find_storage_url(
        session.source, DownloadRequest(annotation.path, commit, ref, top, session.environment)
    )
    if not found.url:
        raise QueryError(f"it is not known where {annotation.path} is stored: {found.notice}")
    return found.url


def _fields(annotation: Annotation) -> dict[str, object]:
    return {
        "path": annotation.path,
        "type": annotation.type,
        "description": annotation.description,
        "labels": annotation.labels,
        "meta": annotation.meta,
        "annotation-file": annotation.file,
    }


def _line(value: object) -> str:
    return escape_control_characters(value if isinstance(value, str) else json.dumps(plain(value)))
