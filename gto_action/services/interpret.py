"""What a tag did, from all tags and from the files at its commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gto_action.annotations import Finding
from gto_action.annotations.find import find_annotation
from gto_action.errors import TagMovedError, TagNotFoundError, UnreadableFileError
from gto_action.git.source import CommitFiles, Source
from gto_action.interpretation import Interpretation
from gto_action.policy import gto_file
from gto_action.registry.events import Event, Tag, read_events
from gto_action.registry.references import ParsedRef, near_miss_sentence
from gto_action.registry.replay import ReplayedEvent, replay
from gto_action.registry.tag_names import EventKind


def interpret(  # noqa: PLR0913 - what a step knows of its tag
    asked: ParsedRef,
    source: Source,
    environment: Mapping[str, str],
    *,
    lightweight: bool = False,
    from_checkout: bool = False,
    expected: str = "",
    source_url: str = "",
) -> Interpretation:
    """Find out what a tag did, and what the files at its commit say of the artifact.

    ``from_checkout`` says that a step reads the tags as actions/checkout left them; ``expected`` is
    the commit that the tag must point to, or the tag object, if one is known; ``source_url`` is
    where people find the repository, by default the remote. Raises GtoActionError.
    """
    found = find_event(
        asked,
        source,
        lightweight=lightweight,
        from_checkout=from_checkout,
        expected=expected,
    )
    occurrence = found.occurrence
    if occurrence is None:
        return found
    event = occurrence.event
    with source.files(event.commit, f"refs/tags/{event.tag.name}") as read:
        annotation, findings = find_annotation(event.name, read)
        allowed = _read_config(read, environment)
        notices = () if annotation or findings else _not_annotated(event, source, read)
    not_allowed = gto_file.refused(
        allowed, stage=event.parts.stage, kind=annotation.type if annotation else ""
    )
    unknown = gto_file.find_unknown_variables(environment)
    return replace(
        found,
        annotation=annotation,
        source_url=source_url or source.public_url,
        warnings=(*findings, *allowed.findings, *not_allowed, *unknown, *found.warnings),
        refusals=_refusals(event, allowed, not_allowed),
        notices=notices,
    )


def find_event(
    asked: ParsedRef,
    source: Source,
    *,
    lightweight: bool = False,
    from_checkout: bool = False,
    expected: str = "",
) -> Interpretation:
    """Find out what a tag did, without a look at any file; otherwise as ``interpret``."""
    tags: list[Tag] = []
    tapped = _tap(source.tags(asked.tag), asked.tag, tags)
    registry = replay(read_events(tapped, lightweight=lightweight))
    if asked.parts is None:
        sentence = near_miss_sentence(asked)
        misses = (Finding("", None, sentence),) if sentence else ()
        return Interpretation(registry, asked.reason, warnings=misses, refusals=misses)
    if not tags:
        raise TagNotFoundError(
            f"there is no tag '{asked.tag}' in {source}: it was deleted, or it was never pushed"
        )
    tag = tags[0]
    reason = _why_no_event(tag, lightweight=lightweight, from_checkout=from_checkout)
    if reason:
        return Interpretation(registry, reason, warnings=(Finding("", None, reason),))
    if expected not in {"", tag.commit} and expected != source.object_of(tag.name):
        raise TagMovedError(
            f"tag '{tag.name}' triggered this run at {expected} and now points to "
            f"{tag.commit}: someone moved it; look at what it points to, and push a new tag"
        )
    occurrence = registry.artifacts[asked.parts.name].occurrence(tag.name)
    return Interpretation(registry, "", occurrence, warnings=_others(occurrence))


def _tap(tags: Iterable[Tag], name: str, found: list[Tag]) -> Iterator[Tag]:
    """Hand tags on, and keep the one of a name: there may be too many to keep them all."""
    for tag in tags:
        if tag.name == name:
            found.append(tag)
        yield tag


def _why_no_event(tag: Tag, *, lightweight: bool, from_checkout: bool) -> str:
    if tag.target != "commit":
        return f"tag '{tag.name}' points to a {tag.target}; an event is a tag of a commit"
    if tag.annotated or lightweight:
        return ""
    if from_checkout:
        return (
            f"tag '{tag.name}' is lightweight in the checkout, so it is not an event; "
            "actions/checkout may have made it so: leave fetch on"
        )
    return (
        f"tag '{tag.name}' is lightweight, so it is not an event; make it annotated: "
        f"git tag -f -a -m 'a message' '{tag.name}' '{tag.name}' && "
        f"git push -f origin 'refs/tags/{tag.name}'"
    )


def _refusals(
    event: Event, allowed: gto_file.RegistryConfig, not_allowed: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """Return what is an error if the step is strict.

    What takes something away is never refused. If it can't be read what is allowed, nothing is.
    """
    if event.kind not in {EventKind.REGISTRATION, EventKind.ASSIGNMENT}:
        return ()
    return (*(one for one in allowed.findings if not one.minor), *not_allowed)


def _read_config(read: CommitFiles, environment: Mapping[str, str]) -> gto_file.RegistryConfig:
    """Read what a commit's .gto and the environment allow; an unreadable file is a finding."""
    try:
        return gto_file.read_config(read.read_only_file(gto_file.FILE), environment)
    except UnreadableFileError as error:
        found = gto_file.read_config(None, environment)
        return replace(found, findings=(*found.findings, Finding.of(error)))


def _not_annotated(event: Event, source: Source, read: CommitFiles) -> tuple[Finding, ...]:
    """Find that a commit annotates other artifacts than the one of an event."""
    from gto_action.services.discovery import find_annotated  # noqa: PLC0415 - few events need it

    others = find_annotated(source, event.commit, read)
    if not others:
        return ()
    short = event.name.rpartition(":")[2].lower()
    meant = next((name for name in others if name.rpartition(":")[2].lower() == short), "")
    tag = event.parts._replace(name=meant) if meant else ""
    hint = f" (did you mean {meant}, with the tag '{tag}'?)" if meant else ""
    message = (
        f"no file at {event.commit[:7]} annotates {event.name}{hint}; annotated are: "
        f"{_some(others)}"
    )
    return (Finding("", None, message),)


def _others(occurrence: ReplayedEvent) -> tuple[Finding, ...]:
    if not occurrence.also_at_commit:
        return ()
    event = occurrence.event
    message = (
        f"the commit of {event.tag.name} has more than one version of {event.name}: "
        f"{occurrence.version} was taken, and not {_some(occurrence.also_at_commit)}; "
        "register one version at a commit"
    )
    return (Finding("", None, message),)


def _some(names: Sequence[str]) -> str:
    most = 10
    listed = ", ".join(names[:most])
    return f"{listed} and more" if len(names) > most else listed
