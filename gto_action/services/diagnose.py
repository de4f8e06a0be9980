"""`gto-action doctor`: what is wrong with a registry, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from posixpath import dirname

from gto_action.annotations import Annotation, Finding, ReadFile, dvc_lock
from gto_action.annotations.entry import is_url
from gto_action.annotations.find import FILES, entries, find_annotation
from gto_action.cli.commands.printing import print_json, print_lines
from gto_action.cli.console import answer
from gto_action.cli.repository import open_repository
from gto_action.errors import UnreadableFileError
from gto_action.git.commits import ALL_TREES, files_named, find_commit, paths_at
from gto_action.policy import gto_file
from gto_action.registry.checks import Problem, Severity, find_problems
from gto_action.registry.events import read_events
from gto_action.registry.image_names import image_name
from gto_action.registry.replay import Artifact, Registry, Version, replay
from gto_action.registry.selectors import is_artifact_name
from gto_action.services.session import RegistrySession
from gto_action.util.text import escape_control_characters


def doctor(repo: str, *, as_json: bool) -> int:
    """Print what is wrong; give 1 where there is an error, otherwise 0. Raises GtoActionError."""
    findings: list[Finding] = []
    with open_repository(repo, warn_of_files=findings.append) as session:
        session.warn_if_incomplete()
        tags = list(session.source.tags())
        registry = replay(read_events(tags))
        problems = [
            *find_problems(tags, registry, session.config.stages),
            *_annotated(session),
            *_deployed(session, registry),
        ]
    problems += [_file_problem(one) for one in findings]
    problems += [_variable_problem(one) for one in gto_file.find_unknown_variables(os.environ)]
    problems += _shared_image_names(registry)
    told = list(dict.fromkeys(sorted(problems, key=lambda one: one.severity)))
    errors = sum(one.severity is Severity.ERROR for one in told)
    if as_json:
        print_json([asdict(one) for one in told])
    elif told:
        print_lines(line for one in told for line in _lines(one))
        print_lines([f"errors: {errors}, warnings: {len(told) - errors}"])
    else:
        answer("No issues found")
    return 1 if errors else 0


def _annotated(session: RegistrySession) -> Iterator[Problem]:
    """Look at what files at HEAD annotate."""
    head = find_commit(session.source, "HEAD", ALL_TREES)
    if head is None:
        return
    with session.source.files(head, "HEAD") as read:
        for path in files_named(session.source, head, FILES):
            try:
                names = list(entries(path, read))
            except UnreadableFileError as error:
                yield _file_problem(Finding.of(error))
                continue
            for name in names:
                if is_artifact_name(name):
                    yield from _annotation_problems(session, name, find_annotation(name, read))
                else:
                    message = f"no tag can have the artifact's name {name!r}"
                    remedy = "use letters, digits, - _ and /, a letter or a digit at both ends"
                    yield Problem("name", Severity.WARNING, path, message, remedy)


def _annotation_problems(
    session: RegistrySession, name: str, found: tuple[Annotation | None, tuple[Finding, ...]]
) -> Iterator[Problem]:
    annotation, findings = found
    yield from map(_file_problem, findings)
    allowed = session.config.types
    if annotation and annotation.type and allowed is not None and annotation.type not in allowed:
        message = f"{name} has the type {annotation.type}, which is not allowed"
        remedy = f"add it to types in .gto, which has {', '.join(allowed) or 'none'}, or change it"
        yield Problem("type", Severity.ERROR, annotation.file, message, remedy)


def _deployed(session: RegistrySession, registry: Registry) -> Iterator[Problem]:
    """Look at the files of the versions that are the latest, or that a stage shows."""
    by_commit: dict[str, list[tuple[Artifact, Version]]] = {}
    for artifact in registry.artifacts.values():
        names = {artifact.latest, *artifact.stages.values()} if artifact.active else set()
        for version in artifact.versions:
            if version.active and version.name in names:
                by_commit.setdefault(version.commit, []).append((artifact, version))
    if by_commit:
        session.source.fetch_commits(by_commit, ALL_TREES)
    for commit, versions in by_commit.items():
        with session.source.files(commit, f"refs/tags/{versions[0][1].origin.tag.name}") as read:
            for artifact, version in versions:
                annotation, findings = find_annotation(artifact.name, read)
                yield from (_file_problem(one.at(commit)) for one in findings if not one.minor)
                if annotation and not _has_path(session, version, annotation, read):
                    yield _missing(artifact, version, annotation)


def _has_path(
    session: RegistrySession, version: Version, annotation: Annotation, read: ReadFile
) -> bool:
    """Tell whether Git or DVC has an annotation's path at a commit, as far as Git can tell."""
    path = annotation.path
    if not path or annotation.virtual or is_url(path):
        return True
    folders = [path]
    while folders[-1]:
        folders.append(dirname(folders[-1]))
    tracked = (f"{one}.dvc" for one in folders if one)
    if paths_at(session.source, version.commit, [path, *tracked]):
        return True
    outs = _outputs(session, version, read)
    return any(f"{path}/".startswith(f"{out}/") or out.startswith(f"{path}/") for out in outs)


def _outputs(session: RegistrySession, version: Version, read: ReadFile) -> Iterator[str]:
    for lock in files_named(session.source, version.commit, [dvc_lock.FILE]):
        try:
            yield from dvc_lock.outputs(dirname(lock), read)
        except UnreadableFileError:
            continue  # what it made is not known


def _missing(artifact: Artifact, version: Version, annotation: Annotation) -> Problem:
    message = f"{annotation.path} does not exist at {version.commit[:7]}, in Git or by DVC"
    remedy = (
        f"commit it or its .dvc file, correct path in {annotation.file}, and register a version"
    )
    return Problem("path", Severity.ERROR, f"{artifact.name}@{version.name}", message, remedy)


def _file_problem(finding: Finding) -> Problem:
    remedy = "correct the file; versions that are registered keep what they have"
    severity = Severity.WARNING if finding.minor else Severity.ERROR
    return Problem("file", severity, finding.file, finding.message, remedy, finding.line)


def _variable_problem(finding: Finding) -> Problem:
    remedy = "correct its name, or unset it"
    return Problem("variable", Severity.WARNING, "environment", finding.message, remedy)


def _shared_image_names(registry: Registry) -> Iterator[Problem]:
    """Find artifacts whose container images would have one name."""
    names: dict[str, list[str]] = {}
    for artifact in registry.artifacts.values():
        if artifact.active:
            names.setdefault(image_name(artifact.name), []).append(artifact.name)
    for image, artifacts in names.items():
        if len(artifacts) > 1:
            message = f"the artifacts {', '.join(artifacts)} have the image-name {image}"
            remedy = "push their images to different registries, or use the output slug"
            yield Problem("image-name", Severity.WARNING, artifacts[0], message, remedy)


def _lines(problem: Problem) -> Iterable[str]:
    line = f", line {problem.line}" if problem.line else ""
    yield escape_control_characters(
        f"{problem.severity}: {problem.subject}{line}: {problem.message}"
    )
    yield escape_control_characters(f"  {problem.remedy}")
