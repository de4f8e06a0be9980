"""Find the problems of a registry: in its tags, its annotations and its configuration."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from posixpath import dirname

from gto_action.annotations import Annotation, ReadFile, dvc_lock
from gto_action.annotations.entry import is_url
from gto_action.annotations.find import FILES, entries, find_annotation
from gto_action.artifacts.download import MAX_PATH, find_location
from gto_action.artifacts.dvc.tracked_output import find_output
from gto_action.artifacts.request import DownloadRequest
from gto_action.diagnostics import Diagnostic, Severity
from gto_action.errors import PullError, UnreadableFileError, UnreadableRepositoryError
from gto_action.git.commits import ALL_TREES, files_named, find_commit, modes_at
from gto_action.git.runner import FSCK
from gto_action.git.source import missing_objects
from gto_action.git.tree import LINK
from gto_action.policy import gto_file
from gto_action.registry.checks import check_tags
from gto_action.registry.events import read_events
from gto_action.registry.image_names import image_name
from gto_action.registry.replay import Artifact, Registry, Version, replay
from gto_action.registry.selectors import is_artifact_name
from gto_action.services.policy_report import check_policy
from gto_action.services.session import RegistrySession
from gto_action.util.text import quote_inline


def diagnose(session: RegistrySession) -> list[Diagnostic]:
    """Return the problems of a registry and how to fix them, errors before warnings.

    All tags are checked, the files at HEAD, and the files of the versions that are the latest or
    in a stage. Raises GtoActionError.
    """
    session.warn_if_incomplete()
    tags = list(session.source.tags())
    registry = replay(read_events(tags))
    missing = _missing_commits(session, registry)
    deployed = _deployed(registry, missing)
    diagnostics = [
        *_check_objects(registry, missing),
        *check_tags(
            tags,
            registry,
            session.config.stages,
            "GTO_STAGES" if session.overrides.stages else "stages in .gto",
        ),
        *_check_head(session, deployed),
        *_check_deployed(session, deployed),
        *map(_of_file, session.config.diagnostics),
        *map(_of_variable, gto_file.find_unknown_variables(session.overrides)),
        *_check_image_names(registry),
        *check_policy(session, registry),
    ]
    return list(dict.fromkeys(sorted(diagnostics, key=lambda diagnostic: diagnostic.severity)))


_Deployed = Mapping[str, Sequence[tuple[Artifact, Version]]]
"""Active versions that are the latest, or that a stage shows, by the SHAs of their commits."""


def _deployed(registry: Registry, missing: Collection[str]) -> _Deployed:
    by_commit: dict[str, list[tuple[Artifact, Version]]] = {}
    for artifact in registry.artifacts.values():
        names = {artifact.latest, *artifact.stages.values()} if artifact.active else set()
        for version in artifact.versions:
            if version.active and version.name in names and version.commit not in missing:
                by_commit.setdefault(version.commit, []).append((artifact, version))
    return by_commit


def _missing_commits(session: RegistrySession, registry: Registry) -> Collection[str]:
    """Return the tagged commits that a local repository lacks; of a remote none is fetched."""
    if session.source.fetch:
        return ()
    commits = dict.fromkeys(replayed.event.commit for replayed in registry.history())
    return frozenset(missing_objects(session.source.repository, commits))


def _check_objects(registry: Registry, missing: Collection[str]) -> Iterator[Diagnostic]:
    """Find events whose commit is missing."""
    for replayed in registry.history():
        event = replayed.event
        if event.commit in missing:
            yield Diagnostic(
                f"its commit {event.commit} is missing or broken",
                kind="no-commit",
                subject=event.tag.name,
                remedy=FSCK,
            )


def _check_head(session: RegistrySession, deployed: _Deployed) -> Iterator[Diagnostic]:
    """Check what files at HEAD annotate; the paths of versions there are checked with them."""
    head = find_commit(session.source, "HEAD", ALL_TREES)
    if head is None:
        return
    checked = {artifact.name for artifact, _ in deployed.get(head, ())}
    with session.source.files(head, "HEAD") as read:
        at = _CheckedCommit(session, head, read)
        for path in files_named(session.source, head, FILES):
            try:
                names = list(entries(path, read))
            except UnreadableFileError as error:
                yield _of_file(Diagnostic.of(error))
                continue
            for name in names:
                if is_artifact_name(name):
                    annotation = yield from _check_annotation(session, name, read)
                    if annotation and name not in checked:
                        # it may not be made yet, and nothing is deployed of it
                        for problem in _check_path(at, name, annotation):
                            yield replace(problem, severity=Severity.WARNING)
                else:
                    yield Diagnostic(
                        f"no tag can have the artifact's name {quote_inline(name)}",
                        severity=Severity.WARNING,
                        kind="name",
                        subject=path,
                        remedy="use letters, digits, - _ and /, a letter or a digit at both ends",
                    )


def _check_annotation(
    session: RegistrySession, name: str, read: ReadFile
) -> Generator[Diagnostic, None, Annotation | None]:
    """Check an artifact's annotation, and return it."""
    annotation, diagnostics = find_annotation(name, read)
    yield from map(_of_file, diagnostics)
    allowed = session.config.types
    if annotation and annotation.type and allowed is not None and annotation.type not in allowed:
        listed = ", ".join(allowed) or "none"
        listed_in = "GTO_TYPES" if session.overrides.types else "types in .gto"
        yield Diagnostic(
            f"{name} has the type {annotation.type}, which is not allowed",
            kind="type",
            subject=annotation.file,
            remedy=f"add it to {listed_in}, which has {listed}, or change it",
        )
    return annotation


def _check_deployed(session: RegistrySession, deployed: _Deployed) -> Iterator[Diagnostic]:
    """Check the files of the versions that are the latest, or that a stage shows."""
    if deployed:
        session.source.fetch_commits(deployed, ALL_TREES)
    for commit, versions in deployed.items():
        with session.source.files(commit, f"refs/tags/{versions[0][1].origin.tag.name}") as read:
            at = _CheckedCommit(session, commit, read)
            for artifact, version in versions:
                annotation, diagnostics = find_annotation(artifact.name, read)
                for diagnostic in diagnostics:
                    if diagnostic.severity is Severity.ERROR:
                        is_head = commit == session.head  # its files are checked as they are
                        yield _of_file(diagnostic if is_head else diagnostic.at(commit))
                if annotation:
                    subject = f"{artifact.name}@{version.name}"
                    yield from _check_path(at, subject, annotation)


@dataclass(frozen=True)
class _CheckedCommit:
    """A commit of which the paths of several artifacts are checked, and what reads its files."""

    session: RegistrySession
    sha: str
    read: ReadFile

    @cached_property
    def outputs(self) -> list[str]:
        """The paths of the outputs in every dvc.lock."""
        outputs: list[str] = []
        for lock in files_named(self.session.source, self.sha, [dvc_lock.FILE]):
            with suppress(UnreadableFileError):  # its outputs are unknown
                outputs += dvc_lock.outputs(dirname(lock), self.read)
        return outputs


def _check_path(at: _CheckedCommit, subject: str, annotation: Annotation) -> Iterator[Diagnostic]:
    file = annotation.file
    remedy = f"commit it or its .dvc file, correct path in {file}, and register a version"
    try:
        if annotation.path == ".":
            message = "the path . is the whole repository"
            remedy = f"name a file or a directory in {file}, and register a version"
        elif _has_path(at, annotation):
            return
        else:
            message = f"{annotation.path} does not exist at {at.sha[:7]}, in Git or by DVC"
    except PullError as error:
        message = str(error)
    except UnreadableFileError as error:
        message = f"it is unknown whether {annotation.path} exists at {at.sha[:7]}: {error}"
        remedy = f"correct {error.path}, and register a version"
    except UnreadableRepositoryError as error:
        message, remedy = str(error), FSCK
    yield Diagnostic(message, kind="path", subject=subject, remedy=remedy)


def _has_path(at: _CheckedCommit, annotation: Annotation) -> bool:
    """Return whether Git or DVC has an annotation's path at a commit, as far as Git can tell.

    Raises PullError for a link that can't be followed.
    """
    path = annotation.path
    if not path or annotation.virtual or is_url(path):
        return True
    if len(path) > MAX_PATH:
        return False
    paths = [path]
    while parent := dirname(paths[-1]):
        paths.append(parent)
    stage_files = [f"{path_or_parent}.dvc" for path_or_parent in paths]
    present = modes_at(at.session.source, at.sha, [path, *stage_files])
    if present.get(path) != LINK and path in present:
        return True
    if _is_tracked(path, [file for file in stage_files if file in present], at.read):
        return True
    if LINK in modes_at(at.session.source, at.sha, paths).values():
        # followed as a download follows it
        request = DownloadRequest(path, at.sha, at.sha, None, at.session.environment)
        find_location(at.session.source, request)
        return True
    return any(
        f"{path}/".startswith(f"{output}/") or output.startswith(f"{path}/")
        for output in at.outputs
    )


def _is_tracked(path: str, stage_files: Iterable[str], read: ReadFile) -> bool:
    """Return whether a .dvc file has a path as an output, or a directory above it."""
    for file in stage_files:
        with suppress(PullError):
            find_output({file: read(file) or b""}, path)
            return True
    return False


def _of_file(diagnostic: Diagnostic) -> Diagnostic:
    return replace(
        diagnostic,
        kind="file",
        subject=diagnostic.file,
        remedy=(
            "correct the file; versions that are registered keep what they have"
            if diagnostic.severity is Severity.ERROR
            else "correct it, or remove it"
        ),
    )


def _of_variable(diagnostic: Diagnostic) -> Diagnostic:
    return replace(
        diagnostic,
        kind="variable",
        subject="environment",
        remedy="correct its name, or unset it",
    )


def _check_image_names(registry: Registry) -> Iterator[Diagnostic]:
    """Find artifacts whose container images would have the same name."""
    names: dict[str, list[str]] = {}
    for artifact in registry.artifacts.values():
        if artifact.active:
            names.setdefault(image_name(artifact.name), []).append(artifact.name)
    for image, artifacts in names.items():
        if len(artifacts) > 1:
            yield Diagnostic(
                f"the artifacts {', '.join(artifacts)} have the image-name {image}",
                severity=Severity.WARNING,
                kind="image-name",
                subject=artifacts[0],
                remedy="push their images to different registries, or use the output slug",
            )
