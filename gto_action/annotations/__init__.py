"""What the repository's files say of an artifact, at one commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gto_action.errors import UnreadableFileError

ReadFile = Callable[[str], bytes | None]
"""Gives a file's content by its path from the repository's root; ``None`` if there is none."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a file says of an artifact; what it leaves out is empty.

    ``file`` is the file that says so. ``path`` is from the repository's root, or a URL. ``meta`` is
    what YAML made of it: any value.
    """

    file: str
    path: str = ""
    type: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    meta: object = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a file, for the user; ``line`` counts from 1."""

    file: str
    line: int | None
    message: str


def find_annotation(name: str, read: ReadFile) -> tuple[Annotation | None, tuple[Finding, ...]]:
    """Find an artifact's annotation (``NAME`` or ``DIR:NAME``), and what is wrong with it.

    The first file that has the artifact wins: DIR/dvc.yaml, artifacts.yaml, DIR/artifacts.yaml. At
    a file that can't be read the search ends without an annotation, for that file may be the one
    that has it: a wrong path would be worse than none.
    """
    from gto_action.annotations import artifacts_yaml, dvc_yaml  # noqa: PLC0415 - they import this

    findings: list[Finding] = []
    folder, _, short = name.rpartition(":")
    for find in (dvc_yaml.find, artifacts_yaml.find_at_root, artifacts_yaml.find_in_folder):
        try:
            annotation = find(folder, short, read, findings.append)
        except UnreadableFileError as error:
            findings.append(Finding(error.path, error.line, error.reason))
            return None, tuple(findings)
        if annotation is not None:
            return annotation, tuple(findings)
    return None, tuple(findings)
