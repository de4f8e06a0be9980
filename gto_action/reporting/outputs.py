"""The step outputs of an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from gto_action.annotations import Annotation
from gto_action.interpretation import Interpretation
from gto_action.registry.image_names import image_labels, image_name, image_tag, slug
from gto_action.registry.replay import Artifact, ReplayedEvent
from gto_action.registry.tag_names import EventKind


@dataclass(frozen=True, slots=True)
class Outputs:
    """The step outputs, with native types; ``None`` is one that does not apply."""

    event: str | None = None
    name: str | None = None
    version: str | None = None
    stage: str | None = None
    tag: str | None = None
    commit: str | None = None
    author: str | None = None
    author_email: str | None = None
    created_at: str | None = None
    message: str | None = None
    path: str | None = None
    type: str | None = None
    description: str | None = None
    labels: tuple[str, ...] | None = None
    meta: object = None
    annotation_file: str | None = None
    previous_version: str | None = None
    latest: bool | None = None
    current: bool | None = None
    registered: bool | None = None
    slug: str | None = None
    image_name: str | None = None
    image_tag: str | None = None
    image_labels: str | None = None
    storage_url: str | None = None
    stages: Mapping[str, str] | None = field(default=None)
    pulled: bool | None = None
    files: tuple[str, ...] | None = None

    def texts(self) -> dict[str, str]:
        """Return every step output by its name, as text; ``json`` holds all the others.

        A boolean is ``true`` or ``false``, a list or a mapping JSON, and what does not apply is
        empty; but on an event the outputs that are JSON always are, so that fromJSON never fails.
        """
        values = self.values()
        texts = {name: _text(value) for name, value in values.items()}
        if self.event:
            texts["meta"] = _json(values["meta"])
        return {**texts, "json": _json(values) if self.event else ""}

    def values(self) -> dict[str, object]:
        """Give every output but ``json`` by its name, as a value that JSON can hold."""
        return {one.name.replace("_", "-"): plain(getattr(self, one.name)) for one in fields(self)}


def outputs_of(interpretation: Interpretation) -> Outputs:
    """Return the step outputs of an interpretation; all are ``None`` if there is no event."""
    occurrence, artifact = interpretation.occurrence, interpretation.artifact
    if occurrence is None or artifact is None:
        return Outputs()
    event, version = occurrence.event, occurrence.version
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
        previous_version=occurrence.previous_version,
        latest=version == artifact.latest if version else None,
        current=artifact.is_current(occurrence),
        registered=_is_registered(occurrence, artifact),
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
    )


def _is_registered(occurrence: ReplayedEvent, artifact: Artifact) -> bool | None:
    """Return whether an event is about a registered version; ``None`` for a deprecation."""
    match occurrence.event.kind:
        case EventKind.DEPRECATION:
            return None
        case EventKind.REGISTRATION | EventKind.DEREGISTRATION as kind:
            return kind is EventKind.REGISTRATION
        case _:
            return artifact.is_registered(occurrence.version, occurrence.event.commit)


def plain(value: object) -> object:
    """Make a value that JSON can hold of one that YAML made; what JSON lacks becomes text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if value - value == 0 else str(value)
        case Mapping():
            return {_key(key): plain(member) for key, member in value.items()}
        case list() | tuple() | set():
            return [plain(member) for member in value]
        case bytes():
            return value.decode(errors="replace")
        case _:
            return str(value)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return _json(value)


def _json(value: object) -> str:
    """Write what ``plain`` gave as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _key(key: object) -> str:
    return _json(key) if key is None or isinstance(key, bool) else str(plain(key))
