"""The job summary of the step that interprets a tag."""

from __future__ import annotations

from gto_action.registry.replay import Artifact, Registry, ReplayedEvent
from gto_action.registry.tag_names import EventKind
from gto_action.reporting.markdown import (
    NO_LINKS,
    Links,
    code,
    escape,
    folded,
    link,
    markdown_table,
    table_of,
    within_limit,
)
from gto_action.reporting.mermaid import mermaid
from gto_action.reporting.outputs import Outputs
from gto_action.reporting.rows import artifact_rows, history_rows, in_table, registry_rows
from gto_action.reporting.sentence import short

MAX_ROWS = 100
"""The most rows of each table."""


def summary(
    registry: Registry,
    replayed: ReplayedEvent | None,
    outputs: Outputs,
    reason: str,
    links: Links = NO_LINKS,
) -> str:
    """Return the job summary; ``reason`` is why there is no event, if there is none."""
    history = markdown_table(history_rows(registry.newest(MAX_ROWS), len(registry)))
    all_artifacts = markdown_table(registry_rows(registry, MAX_ROWS))
    if replayed:
        artifact = registry.artifacts[replayed.event.name]
        parts = [
            f"### {headline(replayed)}",
            _facts(replayed, artifact, outputs, links),
            *_policy(outputs),
            *_message(outputs),
            *_diagram(artifact),
            f"#### {code(artifact.name)}",
            markdown_table(artifact_rows(artifact, MAX_ROWS)),
            folded("Outputs", _outputs(outputs)),
            folded("Registry", all_artifacts),
        ]
    else:
        parts = [escape(reason), "#### Registry", all_artifacts]
    return "\n\n".join(within_limit([*parts, folded("History", history)])) + "\n"


def headline(replayed: ReplayedEvent) -> str:
    """Return what happened: `churn` `v1.0.0` → `v1.1.0` in `prod`."""
    event = replayed.event
    name, version = code(event.name), code(short(replayed.version or ""))
    previous = code(short(replayed.previous_version or ""))
    stage = code(event.parts.stage or "")
    match event.kind:
        case EventKind.ASSIGNMENT:
            moved = f"{previous} → {version}" if previous not in {"", version} else version
            return f"{name} {moved} in {stage}{' again' if previous == version else ''}"
        case EventKind.UNASSIGNMENT:
            is_moved = previous not in {"", version}
            outcome = f" → {previous} in {stage}" if is_moved else f" removed from {stage}"
        case EventKind.DEREGISTRATION:
            outcome = " deregistered"
        case EventKind.REGISTRATION:
            outcome = f" registered{f', after {previous}' if previous else ''}"
        case _:
            return f"{name} deprecated"
    return f"{name} {version}{outcome}"


def _facts(replayed: ReplayedEvent, artifact: Artifact, outputs: Outputs, links: Links) -> str:
    """Return a line about the event: whether it is current, its author and time, and links."""
    event = replayed.event
    commit = links.to(code(short(event.commit)), "commit", event.commit)
    facts = [
        "**Current**" if outputs.current else f"**Stale**: {_replacement(replayed, artifact)}",
        f"by {escape(event.tag.author or 'unknown')}, {in_table(event.created_at)}",
        f"tag {links.to(code(event.tag.name), 'tree', event.tag.name)}",
        f"commit {commit}",
    ]
    if outputs.annotation_file:
        file = outputs.annotation_file
        facts.append(f"annotation {links.to(code(file), 'blob', event.commit, file)}")
    facts += [
        link(page, url)
        for page, url in (("release", outputs.release_url), ("deployment", outputs.deployment_url))
        if url
    ]
    return " · ".join(facts)


def _replacement(replayed: ReplayedEvent, artifact: Artifact) -> str:
    stage = replayed.event.parts.stage
    if not artifact.active:
        return "the artifact is deprecated"
    if not stage:
        return "a newer event has undone or replaced it"
    shown = artifact.stages.get(stage)
    return f"{code(stage)} shows {code(short(shown)) if shown else 'nothing'} now"


def _policy(outputs: Outputs) -> list[str]:
    if outputs.violations:
        refused = "\n".join(f"- {escape(sentence)}" for sentence in outputs.violations)
        return [f"**The policy does not allow it**\n\n{refused}"]
    return ["**It overrides the policy**, with a reason in its message."] * bool(outputs.overridden)


def _message(outputs: Outputs) -> list[str]:
    return [f"Message: {escape(outputs.message)}"] if outputs.message else []


def _diagram(artifact: Artifact) -> list[str]:
    diagram = mermaid(artifact)
    return [f"```mermaid\n{diagram}\n```"] if diagram else []


def _outputs(outputs: Outputs) -> str:
    texts = outputs.texts()
    del texts["json"]
    cells = (
        (name, code(text) if name in _NAME_OUTPUTS else escape(text))
        for name, text in texts.items()
        if text
    )
    return table_of(("output", "value"), cells)


_NAME_OUTPUTS = frozenset(
    {
        *("name", "version", "stage", "tag", "commit", "annotation-file", "previous-version"),
        *("slug", "image-name", "image-tag"),
    }
)
