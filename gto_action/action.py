"""The step: which tag, what it did, what the repository says of the artifact, who is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gto_action.ci import github
from gto_action.errors import (
    GtoActionError,
    TagMovedError,
    TagNotFoundError,
    UnreadableFileError,
)
from gto_action.git.source import Source, open_source
from gto_action.registry.tagname import TagName, parse_tag_name
from gto_action.report.outputs import Outputs
from gto_action.report.sentence import sentence

if TYPE_CHECKING:
    from gto_action.annotations import Annotation
    from gto_action.registry.events import Tag
    from gto_action.registry.state import Occurrence, Registry

MOST_ROWS = 1000
"""The most rows of a table in the log."""


def main(environment: Mapping[str, str] | None = None) -> int:
    """Do the step that an environment asks for; give the exit code, 0 or that of an error."""
    environment = os.environ if environment is None else environment
    log = github.Log()
    try:
        run(github.read_step(environment), environment, log)
    except GtoActionError as error:
        log.error(str(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a traceback is no message for a user
        import traceback  # noqa: PLC0415 - start-up: it is for bugs

        log.error(f"a bug in gto-action, please report it: {type(error).__name__}: {error}")
        log.text(traceback.format_exc())
        return GtoActionError.exit_code
    return 0


def run(step: github.Step, environment: Mapping[str, str], log: github.Log) -> None:
    """Interpret the step's ref, and tell what it did. Raises GtoActionError."""
    asked = _asked(step.ref)
    if isinstance(asked, str) and not step.shows_registry:
        answer = Answer(asked, Outputs())
    else:
        opened = open_source(
            step.workspace,
            environment,
            fetch=step.fetch,
            artifact=None if isinstance(asked, str) or step.shows_registry else asked.parts.name,
            server_url=step.server_url,
            repository=step.repository,
            token=step.token,
        )
        with opened as source:
            answer = _answer(asked, step, source, environment, log)
    _tell(answer, step, environment, log)


@dataclass(frozen=True, slots=True)
class Asked:
    """A tag that the step is asked about: its name as written, and the parts of that."""

    tag: str
    parts: TagName


@dataclass(frozen=True, slots=True)
class Answer:
    """What the step found out: an event and its outputs, or the reason why there is none."""

    reason: str
    outputs: Outputs
    registry: Registry | None = None
    occurrence: Occurrence | None = None


def _asked(ref: str) -> Asked | str:
    """Read the ref; where it can be no event, say why."""
    tag = ref.removeprefix("refs/tags/")
    if tag.startswith("refs/"):
        return f"{ref} is no tag, so it is no event of the registry"
    parts = parse_tag_name(tag)
    return Asked(tag, parts) if parts else f"the tag {tag} is not one of the registry's"


def _answer(
    asked: Asked | str,
    step: github.Step,
    source: Source,
    environment: Mapping[str, str],
    log: github.Log,
) -> Answer:
    # imported while the fetch runs
    from gto_action.registry.events import read_events  # noqa: PLC0415
    from gto_action.registry.state import replay  # noqa: PLC0415
    from gto_action.report.outputs import outputs_of  # noqa: PLC0415

    tags = {tag.name: tag for tag in source.tags()}
    registry = replay(read_events(tags.values(), lightweight=step.lightweight))
    if isinstance(asked, str):
        return Answer(asked, Outputs(), registry)
    tag = tags.get(asked.tag)
    if tag is None:
        raise TagNotFoundError(
            f"there is no tag {asked.tag} in {source}: it was deleted, or it was never pushed"
        )
    reason = _why_no_event(tag, step)
    if reason:
        log.warning(reason)
        return Answer(reason, Outputs(), registry)
    if step.triggered and step.sha not in {"", tag.commit}:
        raise TagMovedError(
            f"the tag {tag.name} triggered this run at commit {step.sha} and now points to "
            f"{tag.commit}: someone moved it; look at what it points to, and push a new tag"
        )
    artifact = registry.artifacts[asked.parts.name]
    occurrence = artifact.occurrence(tag.name)
    annotation = _annotation(source, occurrence, environment, log)
    _warn_of_others(occurrence, log)
    return Answer("", outputs_of(occurrence, artifact, annotation), registry, occurrence)


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
    source: Source, occurrence: Occurrence, environment: Mapping[str, str], log: github.Log
) -> Annotation | None:
    """Read what the repository says of the artifact, and what it allows; warn of what is wrong."""
    from gto_action import config  # noqa: PLC0415 - start-up, as above
    from gto_action.annotations import Finding, find_annotation  # noqa: PLC0415

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
            log.warning(f"the {word} {value} is not allowed: .gto allows {', '.join(values)}")
    return annotation


def _warn_of_others(occurrence: Occurrence, log: github.Log) -> None:
    if occurrence.also_at_commit:
        event = occurrence.event
        log.warning(
            f"the commit of {event.tag.name} has more than one version of {event.name}: "
            f"{occurrence.version} was taken, and not {', '.join(occurrence.also_at_commit)}; "
            "register one version at a commit"
        )


def _tell(
    answer: Answer, step: github.Step, environment: Mapping[str, str], log: github.Log
) -> None:
    """Set the outputs; write the summary and the log, as far as they are asked for."""
    texts = answer.outputs.texts()
    github.write_outputs(environment, texts)
    if step.summary and answer.registry:
        from gto_action.report.markdown import summary  # noqa: PLC0415 - start-up

        told = summary(answer.registry, answer.occurrence, answer.outputs, answer.reason)
        github.write_summary(environment, told)
    log.text(sentence(answer.occurrence) if answer.occurrence else answer.reason)
    if step.show and answer.registry:
        _show(answer.registry, answer.occurrence, log)
    if step.history and answer.registry:
        _show_history(answer.registry, answer.occurrence, log)
    if step.print_outputs:
        with log.group("Outputs"):
            log.text("\n".join(f"{name}={text}" for name, text in texts.items()))


def _show(registry: Registry, occurrence: Occurrence | None, log: github.Log) -> None:
    from gto_action.report.rows import artifact_rows, registry_rows  # noqa: PLC0415 - start-up
    from gto_action.report.table import table  # noqa: PLC0415

    if occurrence:
        artifact = registry.artifacts[occurrence.event.name]
        with log.group(f"Versions of {artifact.name}"):
            log.text(table(artifact_rows(artifact, MOST_ROWS)))
    with log.group("Registry"):
        log.text(table(registry_rows(registry, MOST_ROWS)))


def _show_history(registry: Registry, occurrence: Occurrence | None, log: github.Log) -> None:
    from gto_action.report.rows import history_rows  # noqa: PLC0415 - start-up
    from gto_action.report.table import table  # noqa: PLC0415

    if occurrence:
        artifact = registry.artifacts[occurrence.event.name]
        with log.group(f"History of {artifact.name}"):
            log.text(table(history_rows(artifact.history, MOST_ROWS)))
    with log.group("History"):
        log.text(table(history_rows(registry.history(), MOST_ROWS)))
