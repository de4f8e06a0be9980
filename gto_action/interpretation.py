"""The interpretation of a tag: the registry, the tag's event, and the artifact's annotation."""

from __future__ import annotations

from dataclasses import dataclass

from gto_action.annotations import Annotation
from gto_action.diagnostics import Diagnostic
from gto_action.registry.replay import Artifact, Registry, ReplayedEvent


@dataclass(frozen=True, slots=True)
class Interpretation:
    """The interpretation of a tag: its event, or the ``reason`` why it is not one.

    ``annotation`` is the artifact's, at the event's commit. ``warnings`` are about
    the tag and those files, ``refusals`` are those of them that the input ``strict`` makes errors,
    and ``notices`` are about what need not be wrong. ``source_url`` is where people find the
    repository, empty if unknown; ``storage_url`` is where the artifact's bytes are, empty if it was
    not looked for. ``pulled_files`` are the paths of the files that were downloaded, from the root
    of the work tree; ``None`` if nothing was. ``release_url``, ``deployment_id`` and
    ``deployment_url`` are of what was published at the host, if anything was. ``violations`` are
    the sentences about the rules of the policy that the event violates, and ``overridden`` is
    whether it overrides the policy.
    """

    registry: Registry
    reason: str = ""
    replayed: ReplayedEvent | None = None
    annotation: Annotation | None = None
    warnings: tuple[Diagnostic, ...] = ()
    refusals: tuple[Diagnostic, ...] = ()
    notices: tuple[Diagnostic, ...] = ()
    source_url: str = ""
    storage_url: str = ""
    pulled_files: tuple[str, ...] | None = None
    release_url: str = ""
    deployment_id: str = ""
    deployment_url: str = ""
    violations: tuple[str, ...] = ()
    overridden: bool = False

    @property
    def artifact(self) -> Artifact | None:
        """The artifact of the event; ``None`` if there is none."""
        if self.replayed is None:
            return None
        return self.registry.artifacts[self.replayed.event.name]

    @property
    def path(self) -> str:
        """The path of the artifact, from the repository's root or a URL; empty if none is known."""
        return self.annotation.path if self.annotation else ""
