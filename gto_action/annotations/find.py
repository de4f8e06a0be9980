"""Find an artifact's annotation in the files that may have it."""

from __future__ import annotations

import posixpath

from gto_action.annotations import Annotation, ReadFile, artifacts_yaml, dvc_yaml
from gto_action.diagnostics import Diagnostic
from gto_action.errors import UnreadableFileError

FILES = (dvc_yaml.FILE, artifacts_yaml.FILE)
"""The names of files that annotate, in any directory."""

_FORMATS = (dvc_yaml.find, artifacts_yaml.find_at_root, artifacts_yaml.find_in_directory)
"""The places to look, in this order: a new format is a module, and a name here."""


def find_annotation(name: str, read: ReadFile) -> tuple[Annotation | None, tuple[Diagnostic, ...]]:
    """Find an artifact's annotation (``NAME`` or ``DIR:NAME``), and its problems.

    The first file that has the artifact wins: DIR/dvc.yaml, artifacts.yaml, DIR/artifacts.yaml. At
    a file that can't be read the search ends without an annotation, for that file may be the one
    that has it: a wrong path would be worse than none.
    """
    diagnostics: list[Diagnostic] = []
    directory, _, short = name.rpartition(":")
    if directory and not _is_directory(directory):
        return None, ()  # Git has no such directory, but could take it for a relative one
    for find in _FORMATS:
        try:
            annotation = find(directory, short, read, diagnostics.append)
        except UnreadableFileError as error:
            diagnostics.append(Diagnostic.of(error))
            return None, tuple(diagnostics)
        if annotation is not None:
            return annotation, tuple(diagnostics)
    return None, tuple(diagnostics)


def _is_directory(path: str) -> bool:
    is_normal = path == posixpath.normpath(path) and path not in {".", ".."}
    return is_normal and not path.startswith(("../", "/"))


def entries(path: str, read: ReadFile) -> dict[str, object]:
    """Return the entry of each artifact in a file, one of FILES, as written, by its full name.

    Raises UnreadableFileError.
    """
    directory, _, file = path.rpartition("/")
    return _ENTRIES[file](directory, read)


_ENTRIES = {dvc_yaml.FILE: dvc_yaml.entries, artifacts_yaml.FILE: artifacts_yaml.entries}
