"""What the repository's files say of an artifact, at one commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gto_action.diagnostics import Diagnostic

ReadFile = Callable[[str], bytes | None]
"""Returns the content of a file, given its path from the root; ``None`` if there is none."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a file says of an artifact; what it leaves out is empty.

    ``file`` is the file that says so. ``path`` is from the repository's root, or a URL; with
    ``virtual`` it is said not to be in the repository. ``meta`` is what YAML made of it: any value.
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
