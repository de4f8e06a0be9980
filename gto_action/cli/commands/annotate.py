"""`gto-action annotate` and `remove`: an artifact's annotation in the work tree."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from typing import NoReturn

from gto_action.annotations.edit import Value
from gto_action.cli.commands.printing import print_lines
from gto_action.cli.repository import open_repository
from gto_action.errors import QueryError
from gto_action.git.source import is_remote
from gto_action.services.annotate import AnnotationChange, remove_annotation
from gto_action.services.annotate import annotate as annotate_in


def annotate(change: AnnotationChange, repo: str) -> None:
    """Add or change an annotation, and print the file. Raises GtoActionError."""
    _check_local(repo)
    change = replace(
        change,
        path=_in_utf8(change.path),
        type=_in_utf8(change.type),
        description=_in_utf8(change.description),
        labels=tuple(map(_in_utf8, change.labels)),
    )
    with open_repository(repo, change.name) as session:
        print_lines([f"Updated `{annotate_in(session, change)}`"])


def remove(name: str, repo: str) -> None:
    """Remove an annotation, and print the file. Raises GtoActionError."""
    _check_local(repo)
    with open_repository(repo, name) as session:
        print_lines([f"Updated `{remove_annotation(session, name)}`"])


def parse_custom(text: str) -> Value:
    """Parse JSON. Raises QueryError."""
    try:
        value: Value = json.loads(_in_utf8(text), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise QueryError(f"--custom is not JSON: {error}") from error
    return value


def _in_utf8(argument: str) -> str:
    """Return an argument as it was typed in UTF-8, also where the locale has ASCII alone."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        return argument


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a value of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


def _check_local(repo: str) -> None:
    if is_remote(repo):
        raise QueryError("annotations are changed in a work tree, and --repo is a URL: clone it")
