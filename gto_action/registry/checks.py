"""Find the problems of the tags of a registry, and how to fix them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gto_action.diagnostics import Diagnostic, Severity
from gto_action.registry.events import Event, Tag
from gto_action.registry.near_misses import near_miss, resembles_tag_name
from gto_action.registry.replay import Artifact, Registry
from gto_action.registry.tag_names import parse_tag_name
from gto_action.util.text import quote_for_shell as quote


def check_tags(
    tags: Iterable[Tag],
    registry: Registry,
    stages: tuple[str, ...] | None,
    stages_in: str = "stages in .gto",
) -> list[Diagnostic]:
    """Return the problems of tags; ``stages`` are those that are allowed, ``None`` for all.

    ``stages_in`` is where they are listed. The subject of a diagnostic is a tag or an artifact.
    """
    parsed = [(tag, parse_tag_name(tag.name)) for tag in tags]
    names = {tag.name for tag, _ in parsed}
    artifacts = registry.artifacts.values()
    return [
        *(found for tag, parts in parsed if parts for found in _check_target(tag)),
        *(found for tag, parts in parsed if not parts for found in _check_near_miss(tag, names)),
        *(found for artifact in artifacts for found in _check_commits(artifact)),
        *(found for artifact in artifacts for found in _check_unregistered(artifact)),
        *(found for artifact in artifacts for found in _check_stages(artifact, stages, stages_in)),
        *_check_counters(replayed.event for replayed in registry.history()),
    ]


def _check_target(tag: Tag) -> Iterator[Diagnostic]:
    """Find a registry tag that is not an event."""
    name = quote(tag.name)
    if tag.target != "commit":
        yield Diagnostic(
            f"the tag points to a {tag.target}, and an event is a tag of a commit",
            kind="no-commit",
            subject=tag.name,
            remedy=(
                f"git tag -d -- {name}; git push --delete origin {_ref(tag)}; then tag a commit"
            ),
        )
    elif not tag.annotated:
        yield Diagnostic(
            "the tag is lightweight, so it is not an event",
            kind="lightweight",
            subject=tag.name,
            remedy=(
                f"git tag -f -a -m 'a message' -- {name} {name} && git push -f origin {_ref(tag)}"
            ),
        )


def _check_near_miss(tag: Tag, names: set[str]) -> Iterator[Diagnostic]:
    """Find a tag that is not a registry tag, and was intended to be one."""
    found = near_miss(tag.name)
    if found:
        intended = str(found.tag)
        message = f"the tag is not a registry tag: {found.rule} (did you mean {quote(intended)}?)"
        remedy = f"if so: {_tag_command(intended, f'{tag.name}^{{}}')}"
        if intended in names:
            remedy = (
                f"{intended} exists too; if this one is of no use: git tag -d -- {quote(tag.name)}"
            )
    elif resembles_tag_name(tag.name):
        message = "the tag is not a registry tag, although it looks like one"
        remedy = "write NAME@v1.2.3, NAME@v1.2.3!, NAME#STAGE#1 or NAME#STAGE!#2; README.md, Tags"
    else:
        return
    yield Diagnostic(
        message, severity=Severity.WARNING, kind="near-miss", subject=tag.name, remedy=remedy
    )


def _check_commits(artifact: Artifact) -> Iterator[Diagnostic]:
    """Find commits with more than one version."""
    at_commit: dict[str, list[str]] = {}
    for version in artifact.versions:
        if version.registered and version.active:
            at_commit.setdefault(version.commit, []).append(version.name)
    for commit, versions in at_commit.items():
        if len(versions) > 1:
            kept, *others = versions
            commands = [
                f"gto-action deregister {quote(artifact.name)} {version} --push"
                for version in others
            ]
            yield Diagnostic(
                f"the commit {commit[:7]} has the versions {', '.join(versions)}",
                kind="two-versions",
                subject=artifact.name,
                remedy=f"keep one; to keep {kept}: {' && '.join(commands)}",
            )


def _check_unregistered(artifact: Artifact) -> Iterator[Diagnostic]:
    """Find commits that are in a stage without being a version."""
    for version in artifact.versions:
        if not version.registered and version.stages:
            stages = ", ".join(version.stages)
            yield Diagnostic(
                f"the commit {version.commit[:7]} is in {stages} and is not a version",
                severity=Severity.WARNING,
                kind="no-version",
                subject=artifact.name,
                remedy=(f"gto-action register {quote(artifact.name)} {version.commit[:12]} --push"),
            )


def _check_stages(
    artifact: Artifact, stages: tuple[str, ...] | None, stages_in: str
) -> Iterator[Diagnostic]:
    """Find versions in stages that are not allowed."""
    for stage, version in artifact.stages.items():
        if stages is not None and stage not in stages:
            allowed = ", ".join(stages) or "none"
            yield Diagnostic(
                f"{version} is in the stage {stage}, which is not allowed",
                kind="stage",
                subject=artifact.name,
                remedy=f"add it to {stages_in}, which has {allowed}, or unassign the stage",
            )


def _check_counters(history: Iterable[Event]) -> Iterator[Diagnostic]:
    """Find counters that are less than that of an earlier event of the same stage or version."""
    highest: dict[tuple[str, str], tuple[int, Tag]] = {}
    for event in history:
        counter = event.parts.counter
        if counter is None:
            continue
        key = event.name, event.parts.stage or event.parts.version or ""
        before = highest.get(key)
        if before and counter < before[0] and event.tag.time > before[1].time:
            yield Diagnostic(
                f"the tag is newer than {before[1].name}, and its counter is less",
                severity=Severity.WARNING,
                kind="counter",
                subject=event.tag.name,
                remedy=(
                    "the order of time counts; if that is wrong, tag again with a higher counter"
                ),
            )
        else:
            highest[key] = counter, event.tag


def _tag_command(name: str, target: str) -> str:
    """Return the command that creates a tag and pushes it."""
    tag = f"git tag -a -m 'a message' -- {quote(name)} {quote(target)}"
    return f"{tag} && git push origin {quote(f'refs/tags/{name}')}"


def _ref(tag: Tag) -> str:
    return quote(f"refs/tags/{tag.name}")
