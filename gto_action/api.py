"""The registry in Python: what `open_registry` gives.

Nothing is printed, and the process stays as it is: no signal, no variable of the environment, no
current directory is changed, so it runs in any thread. Warnings go to the logger ``gto_action``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypedDict, Unpack, get_type_hints
from urllib.parse import urlsplit

from gto_action.annotations import Annotation
from gto_action.annotations.edit import Value
from gto_action.annotations.find import find_annotation
from gto_action.artifacts.request import DownloadContext
from gto_action.diagnostics import Diagnostic
from gto_action.errors import QueryError
from gto_action.git.fetch import FetchObserver
from gto_action.git.remote import RunRepository
from gto_action.git.runner import printable_url
from gto_action.git.source import check_complete, is_remote, open_source
from gto_action.policy.overrides import read_overrides
from gto_action.registry.queries import used_stages
from gto_action.registry.references import read_ref, taggable
from gto_action.registry.replay import Artifact, Registry, ReplayedEvent, Version
from gto_action.registry.request_lines import parse_lines
from gto_action.registry.requests import (
    AnyRequest,
    Assign,
    Bump,
    Deprecate,
    Deregister,
    NumberedRequest,
    Register,
    Rollback,
    Unassign,
    as_needed,
    check_type,
    check_types,
    only_artifact,
)
from gto_action.registry.selectors import parse_selector
from gto_action.reporting.outputs import Outputs, outputs_of
from gto_action.services.annotate import AnnotationChange, annotate, remove_annotation
from gto_action.services.diagnose import diagnose
from gto_action.services.interpret import interpret
from gto_action.services.remote_target import RemoteTarget
from gto_action.services.retrieve import retrieve
from gto_action.services.session import (
    RegistrySession,
    Warnings,
    open_remote_session,
    open_session,
)
from gto_action.services.targets import LocalTarget, TagOptions, Target, reporting_interruption
from gto_action.services.write import WriteOptions, write
from gto_action.util.environment import cache_directory, program_environment

_LOGGER = logging.getLogger("gto_action")


class UnknownArtifactError(QueryError, KeyError):
    """The registry has no artifact of that name."""

    __str__ = QueryError.__str__


class Making(TypedDict, total=False):
    """How tags are made: the options that every function has that creates some.

    ``message`` is the tag's, ``simple`` whether its name has no counter. ``force`` creates a tag
    that changes nothing, ``if_needed`` creates none then. ``push`` pushes to ``remote``, by default
    origin, all tags or none; ``push_each`` one after the other, ``push_commits`` with their
    commits. ``sign`` signs them, with ``key`` if one is named. ``dry_run`` creates nothing;
    ``allow_future`` writes after an event that is far ahead of the clock, and ``override`` is the
    reason why the policy is overridden.
    """

    message: str
    simple: bool | None
    force: bool
    if_needed: bool
    push: bool
    remote: str
    push_each: bool
    push_commits: bool
    sign: bool
    key: str
    dry_run: bool
    allow_future: bool
    override: str


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version of an artifact: its name, as v1.0.0, the full SHA of its commit, and its stages.

    ``registered`` is false for a commit that is in a stage without being a version: ``version`` is
    its SHA then. ``active`` is false once it is deregistered.
    """

    version: str
    commit: str
    registered: bool
    active: bool
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegisteredArtifact:
    """An artifact as it is after all its events.

    ``latest`` is the greatest active version. ``versions`` has the greatest first, ``stages`` the
    version that each stage shows, ``history`` its events in the order of their time. ``active`` is
    false once it is deprecated.
    """

    name: str
    active: bool
    latest: RegisteredVersion | None
    versions: tuple[RegisteredVersion, ...]
    stages: Mapping[str, RegisteredVersion]
    history: tuple[ReplayedEvent, ...]


def open_registry(
    location: str | os.PathLike[str] = ".",
    *,
    token: str = "",
    environ: Mapping[str, str] | None = None,
) -> OpenRegistry:
    """Open the registry of a repository, by a path in it or by its URL.

    ``token`` is sent to the URL's own server only. ``environ`` is the environment, by default that
    of the process; it is read once, now. Nothing is read of the repository before it is needed.
    Raises NoRepositoryError for a URL that is not complete.
    """
    where = os.fspath(location) if isinstance(location, os.PathLike) else location
    check_type("location", where, "str")
    check_type("token", token, "str")
    if is_remote(where):
        check_complete(where)
    return OpenRegistry(where, token, dict(os.environ if environ is None else environ))


class OpenRegistry(Mapping[str, RegisteredArtifact]):
    """The artifacts of a registry by their names, and what can be done with it.

    The tags are read when an artifact is first needed; ``refresh`` reads them again, and so does
    every change. Every method raises errors of GtoActionError only.
    """

    def __init__(self, location: str, token: str, environ: Mapping[str, str]) -> None:
        self._location = location
        self._token = token
        self._environment = program_environment(environ)
        self._overrides = read_overrides(environ)
        self._cache = cache_directory(environ)
        self._registry: Registry | None = None

    def __getitem__(self, name: str) -> RegisteredArtifact:
        """Return an artifact. Raises UnknownArtifactError, FetchError and others."""
        artifact = self._read().artifacts.get(name)
        if artifact is None:
            raise UnknownArtifactError(
                f"there is no artifact '{name}' in {printable_url(self._location)}"
            )
        return _artifact(artifact)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the artifacts."""
        return iter(self._read().artifacts)

    def __len__(self) -> int:
        """Count the artifacts."""
        return len(self._read().artifacts)

    def __repr__(self) -> str:
        """Return how it was opened, without the token and a password."""
        return f"open_registry({printable_url(self._location)!r})"

    def refresh(self) -> None:
        """Read the tags again when they are needed next."""
        self._registry = None

    def history(self, name: str = "") -> list[ReplayedEvent]:
        """Return the events of an artifact, or of all, in the order of their time."""
        return list(self[name].history) if name else self._read().history()

    def interpret(self, ref: str) -> Outputs:
        """Return what the step that reads a pushed tag would report; without an event all is None.

        Raises TagNotFoundError.
        """
        check_type("ref", ref, "str")
        reference = read_ref(ref)
        with self._open(reference.parts.name if reference.parts else None) as session:
            return outputs_of(interpret(reference, session.source, session.overrides))

    def describe(self, name: str, rev: str = "") -> Annotation | None:
        """Return an artifact's annotation, at HEAD, at ``rev`` or at a version that ``name`` names.

        Raises QueryError.
        """
        check_type("name", name, "str")
        check_type("rev", rev, "str")
        selector = parse_selector(name)
        with self._open(selector.name) as session:
            commit, ref = session.find_described(name, rev)
            with session.source.files(commit, ref) as read:
                annotation, diagnostics = find_annotation(selector.name, read)
        for diagnostic in diagnostics:
            _warn(diagnostic)
        return annotation

    def doctor(self) -> list[Diagnostic]:
        """Return the problems of the registry and how to fix them, errors first."""
        with self._open() as session:
            return diagnose(session)

    def stages(self) -> list[str]:
        """Return the stages that .gto allows, or without such a list those that are used."""
        with self._open() as session:
            allowed = session.config.stages
            return list(allowed) if allowed is not None else used_stages(session.registry)

    def download(
        self, name: str, out: str = ".", *, dvc_remote: str = "", force: bool = False
    ) -> str:
        """Download the file or directory of a version, as the command get; return its path.

        ``out`` is a file, or a directory that gets the artifact's own name. Something that is there
        is replaced only with ``force``. Raises QueryError, PullError.
        """
        for argument, value in (("name", name), ("out", out), ("dvc_remote", dvc_remote)):
            check_type(argument, value, "str")
        context = DownloadContext(self._cache, _LOGGER.info)
        with self._open(parse_selector(name).name) as session:
            return retrieve(session, name, context, out=out, remote=dvc_remote, force=force)

    def register(
        self,
        name: str,
        ref: str = "HEAD",
        *,
        version: str = "",
        bump: str = "",
        **making: Unpack[Making],
    ) -> tuple[Outputs, ...]:
        """Register a version of an artifact: ``version``, or the next one after a ``bump``.

        ``bump`` is major, minor or patch. Returns what was created, as ``interpret`` does. Raises
        RefusedError, QueryError, ConflictError, PushError and others.
        """
        return self._write(
            Register(name=name, ref=ref, version=version, bump=_bump(bump), **_of_request(making)),
            making,
        )

    def assign(
        self,
        name: str,
        stage: str,
        ref: str = "",
        *,
        version: str = "",
        skip_registration: bool = False,
        **making: Unpack[Making],
    ) -> tuple[Outputs, ...]:
        """Assign a stage to the version at ``ref``, by default HEAD, or to ``version``.

        A commit without a version gets one, called ``version`` if both are given, unless
        ``skip_registration``. Returns and raises as ``register``.
        """
        return self._write(
            Assign(
                name=name,
                stage=stage,
                ref=ref,
                version=version,
                skip_registration=skip_registration,
                **_of_request(making),
            ),
            making,
        )

    def unassign(
        self,
        name: str,
        stage: str,
        *,
        version: str = "",
        delete: bool = False,
        **making: Unpack[Making],
    ) -> tuple[Outputs, ...]:
        """Unassign a stage from ``version``, by default the one shown; or ``delete`` its tags."""
        request = Unassign(
            name=name, stage=stage, version=version, delete=delete, **_of_request(making)
        )
        return self._write(request, making)

    def deregister(
        self, name: str, version: str, *, delete: bool = False, **making: Unpack[Making]
    ) -> tuple[Outputs, ...]:
        """Deregister a version; or ``delete`` its tags."""
        request = Deregister(name=name, version=version, delete=delete, **_of_request(making))
        return self._write(request, making)

    def deprecate(
        self, name: str, *, ref: str = "", delete: bool = False, **making: Unpack[Making]
    ) -> tuple[Outputs, ...]:
        """Deprecate an artifact, at the commit of its last event; or ``delete`` all its tags."""
        request = Deprecate(name=name, ref=ref, delete=delete, **_of_request(making))
        return self._write(request, making)

    def rollback(
        self, name: str, stage: str, *, to: str = "", **making: Unpack[Making]
    ) -> tuple[Outputs, ...]:
        """Assign a stage to the version that it showed before, or to an earlier one."""
        request = Rollback(name=name, stage=stage, to=to, **_of_request(making))
        return self._write(request, making)

    def apply(self, lines: str | Iterable[str], **making: Unpack[Making]) -> tuple[Outputs, ...]:
        """Fulfil many requests, a line each as for the command apply: all of them, or none.

        ``lines`` are one string, or a string for each line. Of the options of a request only
        ``if_needed`` may be given: it is for all lines.
        """
        if {"message", "simple", "force"} & set(making):
            raise QueryError("the message, simple and force are written in the lines")
        each = [lines] if isinstance(lines, str) else lines
        try:
            each = [*each]
            is_text = all(isinstance(line, str) for line in each)
        except TypeError:
            is_text = False
        if not is_text:
            raise QueryError("lines must be one string, or a list of strings")
        requests = parse_lines("\n".join(each))
        if making.get("if_needed"):
            requests = list(map(as_needed, requests))
        return self._write_all(requests, making)

    def annotate(  # noqa: PLR0913 - the options of the command
        self,
        name: str,
        *,
        path: str = "",
        type: str = "",  # noqa: A002 - the name of the field
        description: str = "",
        labels: Sequence[str] = (),
        custom: Value = None,
        file: str = "",
    ) -> str:
        """Describe an artifact in the work tree; return the file that was changed.

        ``path`` is relative to that file. Raises QueryError.
        """
        check_type("name", name, "str")
        check_type("file", file, "str")
        change = AnnotationChange(
            name=name,
            path=path,
            type=type,
            description=description,
            labels=labels,
            custom=custom,
            file=file,
        )
        with self._open(name) as session:
            return annotate(session, change)

    def remove(self, name: str) -> str:
        """Remove an artifact's entry in the work tree; return the file that was changed."""
        check_type("name", name, "str")
        with self._open(name) as session:
            return remove_annotation(session, name)

    def _read(self) -> Registry:
        if self._registry is None:
            with self._open() as session:
                self._registry = session.registry
        return self._registry

    def _write(self, request: AnyRequest, making: Making) -> tuple[Outputs, ...]:
        return self._write_all([NumberedRequest(request)], making)

    def _write_all(
        self, requests: Sequence[NumberedRequest], making: Making
    ) -> tuple[Outputs, ...]:
        for numbered in requests:
            check_types(numbered.request)
        _check_options(making)
        options = WriteOptions(
            dry_run=making.get("dry_run", False),
            allow_future=making.get("allow_future", False),
            interprets=True,
            override=making.get("override", ""),
        )
        with (
            self._target(making, only_artifact(requests)) as target,
            reporting_interruption(target, _LOGGER.warning),
        ):
            written = write(target, requests, options, _LOGGER.warning)
        self.refresh()
        return tuple(map(outputs_of, written.interpretations))

    @contextmanager
    def _target(self, making: Making, artifact: str | None) -> Iterator[Target]:
        options = TagOptions(making.get("sign", False), making.get("key", ""))
        name, each = making.get("remote", ""), making.get("push_each", False)
        commits = making.get("push_commits", False)
        if self._is_remote:
            if name:
                raise QueryError("remote names a remote of a local repository, and this is a URL")
            yield RemoteTarget(
                lambda: self._open(artifact), None, options, observer=_OBSERVER, each=each
            )
            return
        with self._open(artifact) as local:
            if not (making.get("push") or name or each or commits):
                yield LocalTarget(local, options)
                return
            yield RemoteTarget(
                lambda: open_remote_session(local, name, observer=_OBSERVER, artifact=artifact),
                local,
                options,
                observer=_OBSERVER,
                each=each,
                commits=commits,
                remote=name,
            )

    @property
    def _is_remote(self) -> bool:
        return is_remote(self._location)

    @contextmanager
    def _open(self, artifact: str | None = None) -> Iterator[RegistrySession]:
        warnings = Warnings(_warn, _warn)
        if not (self._is_remote and self._token):
            with open_session(
                self._location,
                self._environment,
                self._overrides,
                observer=_OBSERVER,
                warnings=warnings,
                artifact=artifact,
            ) as session:
                yield session
            return
        parts = urlsplit(self._location)
        server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        with open_source(
            "",
            self._environment,
            fetch=True,
            artifact=taggable(artifact),
            run=RunRepository(server, token=self._token, location=self._location),
            is_chosen=False,
            observer=_OBSERVER,
            notice=_LOGGER.info,
        ) as source:
            yield RegistrySession(source, self._environment, self._overrides, warnings)


def _artifact(artifact: Artifact) -> RegisteredArtifact:
    versions = {(each.name, each.commit): _version(each) for each in artifact.versions}
    latest = artifact.latest_version
    return RegisteredArtifact(
        artifact.name,
        artifact.active,
        versions[latest.name, latest.commit] if latest else None,
        tuple(versions.values()),
        {
            stage: versions[name, artifact.stage_commits[stage]]
            for stage, name in artifact.stages.items()
        },
        artifact.history,
    )


def _version(version: Version) -> RegisteredVersion:
    return RegisteredVersion(
        version.name, version.commit, version.registered, version.active, version.stages[::-1]
    )


class _OfRequest(TypedDict):
    message: str
    simple: bool | None
    force: bool
    if_needed: bool


def _of_request(making: Making) -> _OfRequest:
    return {
        "message": making.get("message", ""),
        "simple": making.get("simple"),
        "force": making.get("force", False),
        "if_needed": making.get("if_needed", False),
    }


def _check_options(making: Making) -> None:
    """Raise TypeError for an option that there is not, QueryError for a value of another type."""
    for name, value in making.items():
        if name not in _DECLARED:
            raise TypeError(f"got an unexpected keyword argument '{name}'")
        check_type(name, value, _DECLARED[name])


_DECLARED = {
    name: declared.__name__ if isinstance(declared, type) else str(declared)
    for name, declared in get_type_hints(Making).items()
}


def _bump(text: str) -> Bump | None:
    if not text:
        return None
    try:
        return Bump(text)
    except ValueError as error:
        raise QueryError(f"bump is {text!r}: write one of {', '.join(Bump)}") from error


def _warn(diagnostic: Diagnostic) -> None:
    _LOGGER.warning(diagnostic.located)


_OBSERVER = FetchObserver(_LOGGER.info)
