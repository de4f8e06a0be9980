"""Requests to change a registry: what a user wants to be true, before any tag has a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from types import NoneType

from gto_action.errors import QueryError


class Bump(StrEnum):
    """The part of the latest version that a new one raises."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What all requests have: the artifact's ``name``, and how its tag is made.

    ``message`` is the tag's, by default a sentence. ``simple`` is whether the tag's name has no
    counter; ``None`` leaves it out if that is the custom and the name is free. ``force`` creates a
    tag although it changes nothing, ``if_needed`` none if it would change nothing.
    """

    name: str
    message: str = ""
    simple: bool | None = None
    force: bool = False
    if_needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Request):
    """Register a version at a commit: ``version``, or the latest one after a ``bump``."""

    ref: str = "HEAD"
    version: str = ""
    bump: Bump | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Request):
    """Assign a stage to the version at ``ref``, or without it to ``version``.

    If the commit at ``ref`` has no version, one is registered, called ``version`` if that is given,
    unless ``skip_registration``.
    """

    stage: str
    ref: str = ""
    version: str = ""
    skip_registration: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassign(Request):
    """Unassign a stage from ``version``, or without it from the version that the stage shows.

    ``delete`` deletes the tags of its events in that stage instead.
    """

    stage: str
    version: str = ""
    delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deregister(Request):
    """Deregister a version; ``delete`` deletes the tags of its events instead."""

    version: str
    delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecate(Request):
    """Deprecate an artifact, at ``ref`` or at the commit of its last event.

    ``delete`` deletes all tags of the artifact instead.
    """

    ref: str = ""
    delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback(Request):
    """Assign a stage to what it showed before, or to the version ``to`` that it showed once."""

    stage: str
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChanged:
    """Register at ``ref`` every annotated artifact that has changed since its latest version."""

    ref: str = "HEAD"
    bump: Bump | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignChanged:
    """Assign a stage to what was registered because it had changed.

    Without a RegisterChanged before it, to every annotated artifact's version at ``ref`` that the
    stage does not show.
    """

    stage: str
    ref: str = "HEAD"
    message: str = ""


AnyRequest = Request | RegisterChanged | AssignChanged


@dataclass(frozen=True, slots=True)
class NumberedRequest:
    """A request, and the number of the line that it was written in; 0 if it was in none."""

    request: AnyRequest
    line: int = 0


def check_types(request: AnyRequest) -> None:
    """Raise QueryError for a value of another type: Python code may give any."""
    for declared in fields(request):
        check_type(declared.name, getattr(request, declared.name), str(declared.type))


def check_type(name: str, value: object, declared: str) -> None:
    """Raise QueryError if an argument has not the type that is ``declared``, as it is written."""
    expected = _EXPECTED.get(declared)
    if expected and not isinstance(value, expected[0]):
        raise QueryError(f"{name} is {value!r}: it must be {expected[1]}")


_EXPECTED: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a string"),
    "bool": ((bool,), "true or false"),
    "bool | None": ((bool, NoneType), "true, false or None"),
}


def as_needed(numbered: NumberedRequest) -> NumberedRequest:
    """Return a request that creates no tag if it would change nothing."""
    request = numbered.request
    if not isinstance(request, Request):  # what changed is needed
        return numbered
    return replace(numbered, request=replace(request, if_needed=True))


def with_message(numbered: NumberedRequest, message: str) -> NumberedRequest:
    """Return a request with a message, if it has none of its own."""
    if numbered.request.message:
        return numbered
    return replace(numbered, request=replace(numbered.request, message=message))


def at_ref(numbered: NumberedRequest, ref: str) -> NumberedRequest:
    """Return a request that is about another ref, if it is about HEAD."""
    request = numbered.request
    match request:
        case Register() | RegisterChanged() | Assign() | AssignChanged() | Deprecate() if refs_of(
            request
        ) == ("HEAD",):
            return replace(numbered, request=replace(request, ref=ref))
        case _:
            return numbered


def only_artifact(requests: Iterable[NumberedRequest]) -> str | None:
    """Return the artifact that all requests are about; ``None`` if they are about several."""
    names = {getattr(numbered.request, "name", None) for numbered in requests}
    return names.pop() if len(names) == 1 else None


def artifacts_of(requests: Iterable[NumberedRequest]) -> set[str]:
    """Return the artifacts that requests name."""
    return {each.request.name for each in requests if isinstance(each.request, Request)}


def at_line(error: QueryError, line: int) -> QueryError:
    """Return an error of the same type that names a line, if there is one."""
    return type(error)(f"line {line}: {error}") if line else error


def refs_of(request: AnyRequest) -> tuple[str, ...]:
    """Return the refs that a request may need the commits of."""
    match request:
        case Register(ref=ref) | RegisterChanged(ref=ref) | AssignChanged(ref=ref):
            return (ref,)
        case Assign(ref=ref, version=version) if ref or not version:
            return (ref or "HEAD",)
        case Deprecate(ref=ref) if ref or request.force:
            return (ref or "HEAD",)
        case _:
            return ()
