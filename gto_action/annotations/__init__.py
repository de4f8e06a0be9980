"""Annotations: what the files of a repository state about an artifact, at one commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gto_action.diagnostics import Diagnostic

ReadFile = Callable[[str], bytes | None]
"""Returns the content of a file, given its path from the root; ``None`` if there is none."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """An artifact's annotation; fields that the file omits are empty.

    ``file`` is the file that annotates. ``path`` is from the repository's root, or a URL; with
    ``virtual`` the artifact is declared to be elsewhere. ``meta`` is any value of YAML.
    """

    file: str
    path: str = ""
    type: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    meta: object = None
    virtual: bool = False


Warn = Callable[[Diagnostic], None]
"""Receives what is wrong in a file."""
