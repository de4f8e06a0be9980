"""Interpret a tag: its event, from all tags, and its annotation, from the files at its commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gto_action.annotations.find import find_annotation
from gto_action.diagnostics import Diagnostic, Severity
from gto_action.errors import TagMovedError, TagNotFoundError
from gto_action.git.source import CommitFiles, Source
from gto_action.interpretation import Interpretation
from gto_action.policy import gto_file
from gto_action.policy.overrides import Overrides
from gto_action.registry.events import Event, Tag, read_events
from gto_action.registry.references import ParsedRef, near_miss_sentence
from gto_action.registry.replay import ReplayedEvent, replay
from gto_action.registry.tag_names import EventKind


def interpret(  # noqa: PLR0913 - what a step knows of its tag
    reference: ParsedRef,
    source: Source,
    overrides: Overrides,
    *,
    lightweight: bool = False,
    from_checkout: bool = False,
    expected: str = "",
    source_url: str = "",
) -> Interpretation:
    """Interpret a tag, and find the artifact's annotation at its commit.

    ``overrides`` are those of the run's variables GTO_…; ``from_checkout`` states that a step reads
    the tags as actions/checkout left them; ``expected`` is the commit that the tag must point to,
    or the tag object, if one is known; ``source_url`` is the URL of the repository for people, by
    default that of the remote. Raises GtoActionError.
    """
    found = find_event(
        reference,
        source,
        lightweight=lightweight,
        from_checkout=from_checkout,
        expected=expected,
    )
    source.prepare_beside(gto_file.FILE)  # the policy, if it is looked for
    return with_annotation(found, source, overrides, source_url)


def with_annotation(
    found: Interpretation,
    source: Source,
    overrides: Overrides,
    source_url: str = "",
    *,
    is_planned: bool = False,
) -> Interpretation:
    """Add to an interpretation what the files at the commit of its event say.

    The remote does not know the commit by the tag yet if ``is_planned``.
    """
    replayed = found.replayed
    if replayed is None:
        return found
    event = replayed.event
    ref = event.commit if is_planned else f"refs/tags/{event.tag.name}"
    with source.files(event.commit, ref) as read:
        annotation, diagnostics = find_annotation(event.name, read)
        config = gto_file.read_config_by(lambda: read.read_only_file(gto_file.FILE), overrides)
        notices = () if annotation or diagnostics else _not_annotated(event, source, read)
    forbidden = gto_file.find_forbidden(
        config, stage=event.parts.stage, kind=annotation.type if annotation else ""
    )
    unknown = gto_file.find_unknown_variables(overrides)
    return replace(
        found,
        annotation=annotation,
        source_url=source_url or source.public_url,
        warnings=(*diagnostics, *config.diagnostics, *forbidden, *unknown, *found.warnings),
        refusals=_refusals(event, config, forbidden),
        notices=notices,
    )


def find_event(
    reference: ParsedRef,
    source: Source,
    *,
    lightweight: bool = False,
    from_checkout: bool = False,
    expected: str = "",
) -> Interpretation:
    """Interpret a tag as ``interpret`` does, without reading any file."""
    tags: list[Tag] = []
    tapped = _tap(source.tags(reference.tag), reference.tag, tags)
    registry = replay(read_events(tapped, lightweight=lightweight))
    if reference.parts is None:
        sentence = near_miss_sentence(reference)
        misses = (Diagnostic(sentence),) if sentence else ()
        return Interpretation(registry, reference.reason, warnings=misses, refusals=misses)
    if not tags:
        raise TagNotFoundError(
            f"there is no tag '{reference.tag}' in {source}"
            f"{_why_no_tag(source, from_checkout=from_checkout)}"
        )
    tag = tags[0]
    reason = _why_no_event(tag, lightweight=lightweight, from_checkout=from_checkout)
    if reason:
        return Interpretation(registry, reason, warnings=(Diagnostic(reason),))
    if expected not in {"", tag.commit} and expected != source.object_of(tag.name):
        raise TagMovedError(
            f"tag '{tag.name}' triggered this run at {expected} and now points to "
            f"{tag.commit}: someone moved it; look at what it points to, and push a new tag"
        )
    replayed = registry.artifacts[reference.parts.name].find_event(tag.name)
    incomplete = _incomplete(replayed, source) if from_checkout else ()
    return Interpretation(registry, "", replayed, warnings=(*_others(replayed), *incomplete))


def _why_no_tag(source: Source, *, from_checkout: bool) -> str:
    if source.fetch:
        return ": it was deleted, or it was never pushed"
    advice = "leave fetch on, or fetch the tags" if from_checkout else "fetch the tags"
    return f": it was deleted, or it was never fetched: {advice}"


def _tap(tags: Iterable[Tag], name: str, found: list[Tag]) -> Iterator[Tag]:
    """Yield tags, and keep the one of a name: there may be too many to keep them all."""
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
    event: Event, config: gto_file.RegistryConfig, forbidden: tuple[Diagnostic, ...]
) -> tuple[Diagnostic, ...]:
    """Return what is an error if the step is strict.

    Only a registration and an assignment are refused. If .gto cannot be read, nothing is allowed.
    """
    if event.kind not in {EventKind.REGISTRATION, EventKind.ASSIGNMENT}:
        return ()
    return (
        *(error for error in config.diagnostics if error.severity is Severity.ERROR),
        *forbidden,
    )


def _not_annotated(event: Event, source: Source, read: CommitFiles) -> tuple[Diagnostic, ...]:
    """Return a notice if a commit annotates other artifacts than that of an event."""
    from gto_action.services.discovery import find_annotated  # noqa: PLC0415 - few events need it

    others = find_annotated(source, event.commit, read)
    if not others:
        return ()
    short = event.name.rpartition(":")[2].lower()
    nearest = next((name for name in others if name.rpartition(":")[2].lower() == short), "")
    tag = event.parts._replace(name=nearest) if nearest else ""
    hint = f" (did you mean {nearest}, with the tag '{tag}'?)" if nearest else ""
    message = (
        f"no file at {event.commit[:7]} annotates {event.name}{hint}; annotated are: "
        f"{_some(others)}"
    )
    return (Diagnostic(message),)


def _others(replayed: ReplayedEvent) -> tuple[Diagnostic, ...]:
    if not replayed.also_at_commit:
        return ()
    event = replayed.event
    message = (
        f"the commit of {event.tag.name} has more than one version of {event.name}: "
        f"{replayed.version} was taken, and not {_some(replayed.also_at_commit)}; "
        "register one version at a commit"
    )
    return (Diagnostic(message),)


def _incomplete(replayed: ReplayedEvent, source: Source) -> tuple[Diagnostic, ...]:
    """Return a warning if the checkout may lack tags that would change the result."""
    checkout = source.checkout
    if checkout is None:
        return ()
    from gto_action.services import missing_tags  # noqa: PLC0415 - few steps need it

    event = replayed.event
    message = missing_tags.incomplete_checkout(checkout, _FETCH)
    if not message and replayed.version == event.commit:
        message = missing_tags.unregistered_commit(checkout, event.name, event.commit, _FETCH)
    return (Diagnostic(message),) if message else ()


_FETCH = ": leave fetch on, or fetch the tags"


def _some(names: Sequence[str]) -> str:
    limit = 10
    listed = ", ".join(names[:limit])
    return f"{listed} and more" if len(names) > limit else listed
