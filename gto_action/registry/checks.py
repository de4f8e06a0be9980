"""What can be wrong with the tags of a registry, and how each is mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from shlex import quote

from gto_action.registry.events import Event, Tag
from gto_action.registry.near_misses import near_miss, resembles_tag_name
from gto_action.registry.replay import Artifact, Registry
from gto_action.registry.tag_names import EventKind, TagName, parse_tag_name


class Severity(StrEnum):
    """An error makes an answer wrong or missing; a warning is of what may be meant so."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong: ``subject`` is a tag, an artifact or a file, ``remedy`` is what to do.

    ``line`` is a file's, from 1.
    """

    kind: str
    severity: Severity
    subject: str
    message: str
    remedy: str
    line: int | None = None


def find_problems(
    tags: Iterable[Tag], registry: Registry, stages: tuple[str, ...] | None
) -> list[Problem]:
    """Find all that is wrong with tags; ``stages`` are those that are allowed, ``None`` for all."""
    named = [(tag, parse_tag_name(tag.name)) for tag in tags]
    names = {tag.name for tag, _ in named}
    artifacts = registry.artifacts.values()
    return [
        *(one for tag, parts in named if parts for one in _no_event(tag)),
        *(one for tag, parts in named if parts is None for one in _near_miss(tag, names)),
        *(one for artifact in artifacts for one in _two_versions(artifact, names)),
        *(one for artifact in artifacts for one in _unregistered(artifact)),
        *(one for artifact in artifacts for one in _not_allowed(artifact, stages)),
        *_out_of_order(one.event for one in registry.history()),
    ]


def _no_event(tag: Tag) -> Iterator[Problem]:
    if tag.target != "commit":
        message = f"the tag points to a {tag.target}, and an event is a tag of a commit"
        name = quote(tag.name)
        remedy = f"git tag -d -- {name}; git push --delete origin {_ref(tag)}; then tag a commit"
        yield Problem("no-commit", Severity.ERROR, tag.name, message, remedy)
    elif not tag.annotated:
        name = quote(tag.name)
        message = "the tag is lightweight, so it is no event"
        remedy = f"git tag -f -a -m 'a message' -- {name} {name} && git push -f origin {_ref(tag)}"
        yield Problem("lightweight", Severity.ERROR, tag.name, message, remedy)


def _near_miss(tag: Tag, names: set[str]) -> Iterator[Problem]:
    """Find a tag that is not one of the registry, and was meant to be one."""
    found = near_miss(tag.name)
    if found:
        meant = str(found.tag)
        message = f"the tag is not a registry tag: {found.rule} (did you mean {quote(meant)}?)"
        remedy = f"if it was: {_tagging(meant, f'{tag.name}^{{}}')}"
        if meant in names:
            remedy = (
                f"{meant} exists too; if this one is of no use: git tag -d -- {quote(tag.name)}"
            )
        yield Problem("near-miss", Severity.WARNING, tag.name, message, remedy)
    elif resembles_tag_name(tag.name):
        message = "the tag is not a registry tag, although it looks like one"
        remedy = "write NAME@v1.2.3, NAME@v1.2.3!, NAME#STAGE#1 or NAME#STAGE!#2; README.md, Tags"
        yield Problem("near-miss", Severity.WARNING, tag.name, message, remedy)


def _two_versions(artifact: Artifact, names: set[str]) -> Iterator[Problem]:
    at_commit: dict[str, list[str]] = {}
    for version in artifact.versions:
        if version.registered and version.active:
            at_commit.setdefault(version.commit, []).append(version.name)
    for commit, versions in at_commit.items():
        if len(versions) > 1:
            message = f"the commit {commit[:7]} has the versions {', '.join(versions)}"
            undone = TagName(EventKind.DEREGISTRATION, artifact.name, versions[-1])
            remedy = f"keep one: {_tagging(_free(str(undone), names), commit)}"
            yield Problem("two-versions", Severity.ERROR, artifact.name, message, remedy)


def _unregistered(artifact: Artifact) -> Iterator[Problem]:
    for version in artifact.versions:
        if not version.registered and version.stages:
            stages = ", ".join(version.stages)
            message = f"the commit {version.commit[:7]} is in {stages} and is no version"
            name = str(TagName(EventKind.REGISTRATION, artifact.name, "vX.Y.Z"))
            remedy = f"register it, with a version of yours: {_tagging(name, version.commit)}"
            yield Problem("no-version", Severity.WARNING, artifact.name, message, remedy)


def _not_allowed(artifact: Artifact, stages: tuple[str, ...] | None) -> Iterator[Problem]:
    for stage, version in artifact.stages.items():
        if stages is not None and stage not in stages:
            allowed = ", ".join(stages) or "none"
            message = f"{version} is in the stage {stage}, which is not allowed"
            remedy = f"add it to stages in .gto, which has {allowed}, or take the stage away"
            yield Problem("stage", Severity.ERROR, artifact.name, message, remedy)


def _out_of_order(journal: Iterable[Event]) -> Iterator[Problem]:
    """Find counters that are less than that of an earlier event of the same stage or version."""
    highest: dict[tuple[str, str], tuple[int, Tag]] = {}
    for event in journal:
        counter = event.parts.counter
        if counter is None:
            continue
        key = event.name, event.parts.stage or event.parts.version or ""
        before = highest.get(key)
        if before and counter < before[0] and event.tag.time > before[1].time:
            message = f"the tag is newer than {before[1].name}, and its counter is less"
            remedy = "the order of time counts; if that is wrong, tag anew with a higher counter"
            yield Problem("counter", Severity.WARNING, event.tag.name, message, remedy)
        else:
            highest[key] = counter, event.tag


def _tagging(name: str, target: str) -> str:
    """Write the command that makes a tag, and makes it known."""
    tag = f"git tag -a -m 'a message' -- {quote(name)} {quote(target)}"
    return f"{tag} && git push origin {quote(f'refs/tags/{name}')}"


def _free(name: str, names: set[str]) -> str:
    """Give a name that no tag has, with a counter if it must be."""
    counters = (f"{name}#{counter}" for counter in range(1, len(names) + 2))
    return next(one for one in (name, *counters) if one not in names)


def _ref(tag: Tag) -> str:
    return quote(f"refs/tags/{tag.name}")
