"""What a tag did, from all tags and from the files at its commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gto_action import config
from gto_action.annotations import Annotation, Finding
from gto_action.annotations.find import find_annotation
from gto_action.asked import Asked
from gto_action.ci import github
from gto_action.errors import TagMovedError, TagNotFoundError, UnreadableFileError
from gto_action.git.source import Source
from gto_action.registry.events import Tag, read_events
from gto_action.registry.state import Occurrence, Registry, replay
from gto_action.report.outputs import Outputs, outputs_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What a step found out: the registry, and an event or the reason why there is none."""

    registry: Registry
    reason: str = ""
    occurrence: Occurrence | None = None
    outputs: Outputs = field(default_factory=Outputs)


def interpret(
    asked: Asked,
    step: github.Step,
    source: Source,
    environment: Mapping[str, str],
    log: github.Log,
) -> Answer:
    """Find out what a tag did, and warn of what is wrong with it. Raises GtoActionError."""
    tags = {tag.name: tag for tag in source.tags()}
    registry = replay(read_events(tags.values(), lightweight=step.lightweight))
    if asked.parts is None:
        return Answer(registry, asked.reason)
    tag = tags.get(asked.tag)
    if tag is None:
        raise TagNotFoundError(
            f"there is no tag {asked.tag} in {source}: it was deleted, or it was never pushed"
        )
    reason = _why_no_event(tag, step)
    if reason:
        log.warning(reason)
        return Answer(registry, reason)
    if step.triggered and step.sha not in {"", tag.commit}:
        raise TagMovedError(
            f"the tag {tag.name} triggered this run at commit {step.sha} and now points to "
            f"{tag.commit}: someone moved it; look at what it points to, and push a new tag"
        )
    artifact = registry.artifacts[asked.parts.name]
    occurrence = artifact.occurrence(tag.name)
    annotation = _annotation(occurrence, source, environment, log)
    _warn_of_others(occurrence, log)
    return Answer(registry, "", occurrence, outputs_of(occurrence, artifact, annotation))


def _why_no_event(tag: Tag, step: github.Step) -> str:
    if tag.target != "commit":
        return f"the tag {tag.name} points to a {tag.target}; an event is a tag of a commit"
    if tag.annotated or step.lightweight:
        return ""
    if not step.fetch:
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
    occurrence: Occurrence, source: Source, environment: Mapping[str, str], log: github.Log
) -> Annotation | None:
    """Read what the repository says of the artifact, and what it allows."""
    event = occurrence.event
    allowed = config.Config()
    with source.files(event.tag) as read:
        annotation, findings = find_annotation(event.name, read)
        try:
            allowed = config.read_config(read(config.FILE), environment)
        except UnreadableFileError as error:
            findings += (Finding(error.path, error.line, error.reason),)
    for one in findings:
        log.warning(f"{one.file}: {one.message}", one.file, one.line)
    stage, kind = event.parts.stage, annotation.type if annotation else None
    for word, value, values in (("stage", stage, allowed.stages), ("type", kind, allowed.types)):
        if value and values is not None and value not in values:
            allowed_values = ", ".join(values) or "none"
            log.warning(f"the {word} {value} is not allowed; allowed are: {allowed_values}")
    return annotation


def _warn_of_others(occurrence: Occurrence, log: github.Log) -> None:
    if occurrence.also_at_commit:
        event = occurrence.event
        log.warning(
            f"the commit of {event.tag.name} has more than one version of {event.name}: "
            f"{occurrence.version} was taken, and not {', '.join(occurrence.also_at_commit)}; "
            "register one version at a commit"
        )
