"""Artifacts that files annotate, whether or not a tag tells of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing

from gto_action.annotations import Finding, artifacts_yaml
from gto_action.annotations.find import FILES, entries
from gto_action.errors import UnreadableFileError
from gto_action.git.files import ObjectReader
from gto_action.git.history import changes, files_named, read_commit
from gto_action.git.source import Source
from gto_action.registry.found import Found
from gto_action.registry.shortcut import is_artifact_name

Warn = Callable[[Finding], None]


def at_head(source: Source, head: str | None, warn: Warn) -> list[Found]:
    """Find what artifacts.yaml at HEAD names, in its order; it is all that gto finds."""
    if head is None:
        return []
    with source.objects() as objects:
        names = root_entries(objects, head, warn)
        commit = read_commit(objects, head) if names else None
    return [Found(name, commit) for name in names if commit]


def last_changes(source: Source, heads: Iterable[str], warn: Warn) -> list[Found]:
    """Find what is annotated at some commits, at the commit that changed it last."""
    with source.objects() as objects:
        found = [
            Found(name, read_commit(objects, commit))
            for head in heads
            for name, commit in _last_changes(source, objects, head, warn)
        ]
    return list(dict.fromkeys(found))


def all_changes(source: Source, heads: Iterable[str], warn: Warn) -> list[Found]:
    """Find all commits before some others that wrote or changed an annotation."""
    wanted = list(heads)
    if not wanted:
        return []
    with source.objects() as objects, closing(changes(source, wanted, FILES)) as changed:
        found = [
            Found(name, read_commit(objects, commit))
            for commit, path in changed
            for name in _changed(objects, commit, path)
        ]
    # what only a merge brought is in no other commit
    return list(dict.fromkeys([*found, *last_changes(source, wanted, warn)]))


def root_entries(objects: ObjectReader, commit: str, warn: Warn) -> Mapping[str, object]:
    """Give the entries of artifacts.yaml at the root of a commit, by the artifacts' names."""
    return _entries(objects, commit, artifacts_yaml.FILE, warn)


def _last_changes(
    source: Source, objects: ObjectReader, head: str, warn: Warn
) -> Iterator[tuple[str, str]]:
    paths = files_named(source, head, FILES)
    pending = {(path, name) for path in paths for name in _entries(objects, head, path, warn)}
    with closing(changes(source, [head], FILES)) as changed:
        for commit, path in changed if pending else ():
            for name in _changed(objects, commit, path):
                if (path, name) in pending:
                    pending.remove((path, name))
                    yield name, commit
            if not pending:
                break
    for _, name in sorted(pending):
        yield name, head


def _changed(objects: ObjectReader, commit: str, path: str) -> Iterator[str]:
    """Name the artifacts whose entry in a file is another than in the commit before."""
    after = _entries(objects, commit, path)
    before = _entries(objects, f"{commit}^", path)
    return (name for name in after if name not in before or after[name] != before[name])


def _entries(
    objects: ObjectReader, commit: str, path: str, warn: Warn | None = None
) -> Mapping[str, object]:
    try:
        found = entries(path, lambda file: objects.read(f"{commit}:{file}"))
    except UnreadableFileError as error:
        if warn:
            warn(Finding(f"{commit[:7]}:{error.path}", error.line, error.reason))
        return {}
    return {name: entry for name, entry in found.items() if is_artifact_name(name)}
