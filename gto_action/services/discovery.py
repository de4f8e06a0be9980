"""Artifacts that files annotate, whether or not they have tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress

from gto_action.annotations import Warn, artifacts_yaml
from gto_action.annotations.find import FILES, entries
from gto_action.diagnostics import Diagnostic
from gto_action.errors import UnreadableFileError
from gto_action.git.commits import (
    anywhere,
    changes,
    exactly,
    files_in_checkout,
    files_named,
    has_merges,
    read_commit,
)
from gto_action.git.objects import ObjectReader
from gto_action.git.source import Source
from gto_action.registry.annotated_commits import AnnotatedCommit
from gto_action.registry.selectors import is_artifact_name
from gto_action.util.text import quote_inline


def at_head(source: Source, head: str | None, warn: Warn) -> list[AnnotatedCommit]:
    """Find the artifacts in artifacts.yaml at HEAD, in its order; gto finds no others."""
    if head is None:
        return []
    with source.objects() as objects:
        names = root_entries(objects, head, warn)
        commit = read_commit(objects, head) if names else None
    return [AnnotatedCommit(name, commit) for name in names if commit]


def last_changes(source: Source, heads: Iterable[str], warn: Warn) -> list[AnnotatedCommit]:
    """Find the artifacts annotated at some commits, at the commit that changed each last."""
    by_head: dict[str, list[str]] = {}
    for head, path in _files(source, heads):
        by_head.setdefault(head, []).append(path)
    with source.objects() as objects:
        found = [
            AnnotatedCommit(name, read_commit(objects, commit))
            for head, paths in by_head.items()
            for group in _walked_together(source, head, paths)
            for name, commit in _last_changes(source, objects, head, group, warn)
        ]
    return list(dict.fromkeys(found))


def _walked_together(source: Source, head: str, paths: list[str]) -> list[list[str]]:
    """Return groups of paths, of which one walk through the history finds the last changes.

    With merges there is a walk for each: Git leaves out the side of a merge that a path did not
    come from, and for several paths that may be another one. Source: git-log(1), "History
    Simplification".
    """
    return [[path] for path in paths] if has_merges(source, head) else [paths]


def all_changes(source: Source, heads: Iterable[str], warn: Warn) -> list[AnnotatedCommit]:
    """Find all ancestors of some commits that added or changed an annotation."""
    commits = list(heads)
    with (
        source.objects() as objects,
        closing(changes(source, commits, map(anywhere, FILES))) as changed,
    ):
        found = [
            AnnotatedCommit(name, read_commit(objects, commit))
            for commit, path, before in changed
            for name in _changed(objects, commit, path, before)
        ]
        # what only a merge brought is in no other commit
        names = {annotated.name for annotated in found}
        found += [
            AnnotatedCommit(name, read_commit(objects, head))
            for head, path in _files(source, commits)
            for name in _entries(objects, head, path, warn)
            if name not in names
        ]
    return list(dict.fromkeys(found))


def find_annotated(source: Source, commit: str, read: Callable[[str], bytes | None]) -> list[str]:
    """Return the names of the artifacts that files at a commit annotate, in order.

    Nothing is fetched: without the commit in the checkout only the root is searched. Files
    that cannot be read, and more than MAX_FILES, are ignored.
    """
    paths = files_in_checkout(source, commit, FILES) or FILES
    names: set[str] = set()
    for path in list(paths)[:MAX_FILES]:
        with suppress(UnreadableFileError):
            names.update(filter(is_artifact_name, entries(path, read)))
    return sorted(names)


MAX_FILES = 200


def _files(source: Source, heads: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the files that annotate at some commits; a shared one at the first."""
    seen: set[tuple[str, str]] = set()
    for head in heads:
        for path, content in files_named(source, head, FILES).items():
            if (path, content) not in seen:
                seen.add((path, content))
                yield head, path


def root_entries(objects: ObjectReader, commit: str, warn: Warn) -> Mapping[str, object]:
    """Return the entries of artifacts.yaml at the root of a commit, by the artifacts' names."""
    return _entries(objects, commit, artifacts_yaml.FILE, warn)


def _last_changes(
    source: Source, objects: ObjectReader, head: str, paths: Iterable[str], warn: Warn
) -> Iterator[tuple[str, str]]:
    """Yield the artifacts that files at a commit annotate, each with its last change."""
    unknown = {path: dict.fromkeys(_entries(objects, head, path, warn)) for path in paths}
    found: dict[str, list[tuple[str, str]]] = {path: [] for path in unknown}
    pending = {path for path, names in unknown.items() if names}
    with closing(changes(source, [head], map(exactly, sorted(pending)))) as changed:
        for commit, path, before in changed if pending else ():
            names = unknown[path]
            for name in [each for each in _changed(objects, commit, path, before) if each in names]:
                del names[name]
                found[path].append((name, commit))
            if not names:
                pending.discard(path)
            if not pending:
                break
    for path, names in unknown.items():
        yield from found[path]
        yield from ((name, head) for name in names)


def _changed(objects: ObjectReader, commit: str, path: str, before: str | None) -> Iterator[str]:
    """Return the names of the artifacts whose entry in a file differs from that ``before``."""
    after = _entries(objects, commit, path)
    was = _entries(objects, commit, path, content=before) if before else {}
    return (name for name in after if name not in was or after[name] != was[name])


def _entries(
    objects: ObjectReader,
    commit: str,
    path: str,
    warn: Warn | None = None,
    content: str | None = None,
) -> Mapping[str, object]:
    """Return the entries of a file at a commit, or those of another ``content`` in its place."""

    def read(file: str) -> bytes | None:
        return objects.read(content if content and file == path else f"{commit}:{file}")

    try:
        found = entries(path, read)
    except UnreadableFileError as error:
        if warn:
            warn(Diagnostic.of(error).at(commit))
        return {}
    for name in found:
        if warn and not is_artifact_name(name):
            warn(Diagnostic(f"no tag can have the name {quote_inline(name)}", path).at(commit))
    return {name: entry for name, entry in found.items() if is_artifact_name(name)}
