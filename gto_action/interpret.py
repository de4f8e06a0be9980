"""What a tag did, from all tags and from the files at its commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gto_action import config
from gto_action.annotations import Annotation, Finding
from gto_action.annotations.find import find_annotation
from gto_action.asked import Asked
from gto_action.errors import TagMovedError, TagNotFoundError, UnreadableFileError
from gto_action.git.source import Source
from gto_action.registry.events import Tag, read_events
from gto_action.registry.state import Occurrence, Registry, replay
from gto_action.report.outputs import Outputs, outputs_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found out: the registry, and an event or the reason why there is none.

    ``warnings`` are about the tag and the files at its commit.
    """

    registry: Registry
    reason: str = ""
    occurrence: Occurrence | None = None
    outputs: Outputs = field(default_factory=Outputs)
    warnings: tuple[Finding, ...] = ()


def interpret(  # noqa: PLR0913 - what a step knows of its tag
    asked: Asked,
    source: Source,
    environment: Mapping[str, str],
    *,
    lightweight: bool = False,
    from_checkout: bool = False,
    expected: str = "",
) -> Answer:
    """Find out what a tag did, and what the files at its commit say of the artifact.

    ``from_checkout`` says that a step reads the tags as actions/checkout left them; ``expected`` is
    the commit that the tag must point to, or the tag object, if one is known. Raises
    GtoActionError.
    """
    found = find_event(
        asked,
        source,
        lightweight=lightweight,
        from_checkout=from_checkout,
        expected=expected,
    )
    if found.occurrence is None:
        return found
    annotation, warnings = _annotation(found.occurrence, source, environment)
    artifact = found.registry.artifacts[found.occurrence.event.name]
    outputs = outputs_of(found.occurrence, artifact, annotation)
    return replace(found, outputs=outputs, warnings=warnings + found.warnings)


def find_event(
    asked: Asked,
    source: Source,
    *,
    lightweight: bool = False,
    from_checkout: bool = False,
    expected: str = "",
) -> Answer:
    """Find out what a tag did, without a look at any file; otherwise as ``interpret``."""
    tags: list[Tag] = []
    tapped = _tap(source.tags(asked.tag), asked.tag, tags)
    registry = replay(read_events(tapped, lightweight=lightweight))
    if asked.parts is None:
        return Answer(registry, asked.reason)
    if not tags:
        raise TagNotFoundError(
            f"there is no tag {asked.tag} in {source}: it was deleted, or it was never pushed"
        )
    tag = tags[0]
    reason = _why_no_event(tag, lightweight=lightweight, from_checkout=from_checkout)
    if reason:
        return Answer(registry, reason, warnings=(Finding("", None, reason),))
    if expected not in {"", tag.commit} and expected != source.object_of(tag.name):
        raise TagMovedError(
            f"the tag {tag.name} triggered this run at {expected} and now points to "
            f"{tag.commit}: someone moved it; look at what it points to, and push a new tag"
        )
    occurrence = registry.artifacts[asked.parts.name].occurrence(tag.name)
    return Answer(registry, "", occurrence, warnings=_others(occurrence))


def _tap(tags: Iterable[Tag], name: str, found: list[Tag]) -> Iterator[Tag]:
    """Hand tags on, and keep the one of a name: there may be too many to keep them all."""
    for tag in tags:
        if tag.name == name:
            found.append(tag)
        yield tag


def _why_no_event(tag: Tag, *, lightweight: bool, from_checkout: bool) -> str:
    if tag.target != "commit":
        return f"the tag {tag.name} points to a {tag.target}; an event is a tag of a commit"
    if tag.annotated or lightweight:
        return ""
    if from_checkout:
        return (
            f"the tag {tag.name} is lightweight in the checkout, so it is no event; "
            "actions/checkout may have made it so: leave fetch on"
        )
    return (
        f"the tag {tag.name} is lightweight, so it is no event; make it annotated: "
        f"git tag -f -a -m 'a message' '{tag.name}' '{tag.name}' && "
        f"git push -f origin 'refs/tags/{tag.name}'"
    )


def _annotation(
    occurrence: Occurrence, source: Source, environment: Mapping[str, str]
) -> tuple[Annotation | None, tuple[Finding, ...]]:
    """Read what the repository says of the artifact, and what it allows."""
    event = occurrence.event
    allowed = config.Config()
    with source.files(event.commit, f"refs/tags/{event.tag.name}") as read:
        annotation, findings = find_annotation(event.name, read)
        try:
            allowed = config.read_config(read(config.FILE), environment)
        except UnreadableFileError as error:
            findings += (Finding.of(error),)
    kind = annotation.type if annotation else ""
    return annotation, findings + config.refused(allowed, stage=event.parts.stage, kind=kind)


def _others(occurrence: Occurrence) -> tuple[Finding, ...]:
    if not occurrence.also_at_commit:
        return ()
    event = occurrence.event
    message = (
        f"the commit of {event.tag.name} has more than one version of {event.name}: "
        f"{occurrence.version} was taken, and not {_some(occurrence.also_at_commit)}; "
        "register one version at a commit"
    )
    return (Finding("", None, message),)


def _some(names: tuple[str, ...]) -> str:
    most = 10
    listed = ", ".join(names[:most])
    return f"{listed} and more" if len(names) > most else listed
