"""The step outputs of an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from gto_action.registry.tag_names import EventKind
from gto_action.util.json_values import json_text, plain

if TYPE_CHECKING:  # start-up: a ref that is not an event needs none of these
    from gto_action.interpretation import Interpretation
    from gto_action.registry.replay import Artifact, ReplayedEvent


def _output(description: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare an output: for the program, action.yml and the documentation."""
    return field(default=None, metadata={"description": description})


@dataclass(frozen=True, slots=True)
class Outputs:
    """The step outputs, with native types; ``None`` is one that does not apply.

    An output is declared here, computed in ``outputs_of``, and documented by `make docs`.
    """

    event: str | None = _output(
        "`registration`, `deregistration`, `assignment`, `unassignment` or `deprecation`. Empty "
        "if the ref is not an event."
    )
    name: str | None = _output(
        "The artifact's name, `DIR:NAME` for an artifact in a directory of a monorepo."
    )
    version: str | None = _output(
        "The version of the event. The commit SHA if the commit has no registered version."
    )
    stage: str | None = _output("The stage of an assignment or unassignment.")
    tag: str | None = _output("The tag's name.")
    commit: str | None = _output("The full SHA of the tagged commit.")
    author: str | None = _output("The tagger's name.")
    author_email: str | None = _output("The tagger's e-mail address.")
    created_at: str | None = _output("The time of the tag in ISO 8601, with its offset.")
    message: str | None = _output("The tag's message.")
    path: str | None = _output("The artifact's path from the repository's root, or its URL.")
    type: str | None = _output("The artifact's type.")
    description: str | None = _output("The artifact's description.")
    labels: tuple[str, ...] | None = _output(
        "The artifact's labels as a JSON array, `[]` without an annotation."
    )
    meta: object = _output(
        "The annotation's `meta` (`custom` in artifacts.yaml) as JSON, `null` without one."
    )
    annotation_file: str | None = _output("The file that annotates the artifact.")
    previous_version: str | None = _output(
        "The latest version before a registration, or the stage's version before an assignment. "
        "For a deregistration or unassignment, the version that remains."
    )
    latest: bool | None = _output(
        "`true` if the version is the greatest active version now, by SemVer."
    )
    current: bool | None = _output(
        "`true` while no newer event has undone or replaced this event. Gate deployments on it."
    )
    registered: bool | None = _output(
        "`true` for a registration, `false` for a deregistration. For an assignment or "
        "unassignment, whether the version is registered and active now."
    )
    allowed: bool | None = _output(
        "`false` if the event violates the policy, otherwise `true`, also without a policy."
    )
    violations: tuple[str, ...] | None = _output(
        "The rules that the event violates, as a JSON array of sentences."
    )
    overridden: bool | None = _output(
        "`true` if the event overrides the policy with a reason, as the policy allows it."
    )
    slug: str | None = _output(
        "The artifact's name as a DNS label that no other artifact has, for example for Kubernetes."
    )
    image_name: str | None = _output("The artifact's name as the path of a container image.")
    image_tag: str | None = _output("The version as the tag of a container image.")
    image_labels: str | None = _output(
        "Labels for a container image (OCI annotations), one on each line."
    )
    storage_url: str | None = _output(
        "Where the artifact's bytes are stored, if the input `storage-url` is `true`. Empty with "
        "a notice if that is uncertain."
    )
    stages: Mapping[str, str] | None = _output(
        "The version that each stage of the artifact shows now, as a JSON object."
    )
    pulled: bool | None = _output(
        "`true` after `pull` has downloaded the artifact's file, otherwise `false`."
    )
    files: tuple[str, ...] | None = _output(
        "The files that `pull` left, as a JSON array of paths from the repository's root."
    )

    release_url: str | None = _output(
        "The page of the release that `release` has published or updated."
    )
    deployment_id: str | None = _output(
        "The number of the deployment that `deployment` has created or found."
    )
    deployment_url: str | None = _output("The page of that deployment's environment.")

    def texts(self) -> dict[str, str]:
        """Return every step output by its name, as text; ``json`` holds all the others.

        A boolean is ``true`` or ``false``, a list or a mapping JSON, and what does not apply is
        empty; but on an event the outputs that are JSON always are, so that fromJSON never fails.
        """
        values = self.values()
        texts = {name: _text(value) for name, value in values.items()}
        if self.event:
            texts["meta"] = json_text(values["meta"])
        return {**texts, "json": json_text(values) if self.event else ""}

    def values(self) -> dict[str, object]:
        """Return every output but ``json`` by its name, as a value that JSON can hold."""
        return {
            _name(declared.name): plain(getattr(self, declared.name)) for declared in fields(self)
        }


def declared_outputs() -> dict[str, str]:
    """Return the descriptions of all step outputs by their names, in their order."""
    descriptions = {
        _name(declared.name): declared.metadata["description"] for declared in fields(Outputs)
    }
    return {**descriptions, "json": _JSON_DESCRIPTION}


def outputs_of(interpretation: Interpretation) -> Outputs:
    """Return the step outputs of an interpretation; all are ``None`` if there is no event."""
    replayed, artifact = interpretation.replayed, interpretation.artifact
    if replayed is None or artifact is None:
        return Outputs()
    # start-up, as above
    from gto_action.annotations import Annotation  # noqa: PLC0415
    from gto_action.registry.image_names import (  # noqa: PLC0415
        image_labels,
        image_name,
        image_tag,
        slug,
    )

    event, version = replayed.event, replayed.version
    annotated = interpretation.annotation or Annotation("")
    return Outputs(
        event=str(event.kind),
        name=event.name,
        version=version,
        stage=event.parts.stage,
        tag=event.tag.name,
        commit=event.commit,
        author=event.tag.author,
        author_email=event.tag.author_email,
        created_at=event.created_at,
        message=event.tag.message,
        path=annotated.path or None,
        type=annotated.type or None,
        description=annotated.description or None,
        labels=annotated.labels,
        meta=annotated.meta,
        annotation_file=annotated.file or None,
        previous_version=replayed.previous_version,
        latest=version == artifact.latest if version else None,
        current=artifact.is_current(replayed),
        registered=_is_registered(replayed, artifact),
        allowed=not interpretation.violations,
        violations=interpretation.violations,
        overridden=interpretation.overridden,
        slug=slug(event.name),
        image_name=image_name(event.name),
        image_tag=image_tag(version) if version else None,
        image_labels=image_labels(
            [
                ("title", event.name),
                ("version", version),
                ("revision", event.commit),
                ("created", event.created_at),
                ("description", annotated.description),
                ("source", interpretation.source_url),
            ]
        ),
        storage_url=interpretation.storage_url or None,
        stages=artifact.stages,
        pulled=interpretation.pulled_files is not None,
        files=interpretation.pulled_files or (),
        release_url=interpretation.release_url or None,
        deployment_id=interpretation.deployment_id or None,
        deployment_url=interpretation.deployment_url or None,
    )


def _is_registered(replayed: ReplayedEvent, artifact: Artifact) -> bool | None:
    """Return whether an event is about a registered version; ``None`` for a deprecation."""
    match replayed.event.kind:
        case EventKind.DEPRECATION:
            return None
        case EventKind.REGISTRATION | EventKind.DEREGISTRATION as kind:
            return kind is EventKind.REGISTRATION
        case _:
            return artifact.is_registered(replayed.version, replayed.event.commit)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return json_text(value)


def _name(attribute: str) -> str:
    return attribute.replace("_", "-")


_JSON_DESCRIPTION = (
    "All other outputs as one JSON object with native types, for `fromJSON`. Outputs that do not "
    "apply are `null`."
)
