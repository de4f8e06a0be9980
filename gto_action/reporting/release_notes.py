"""The text of a release, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from gto_action.annotations import Annotation
from gto_action.interpretation import Interpretation
from gto_action.reporting.markdown import Links, code, escape, within_limit


def release_notes(interpretation: Interpretation, changes: Sequence[tuple[str, str]]) -> str:
    """Return the text of the release of a registration.

    ``changes`` are the SHAs and subjects of the commits that changed its path.
    """
    replayed = interpretation.replayed
    assert replayed
    event, annotated = replayed.event, interpretation.annotation or Annotation("")
    links = Links.of(interpretation.source_url)
    facts = [
        ("type", escape(annotated.type)),
        ("path", code(annotated.path) if annotated.path else ""),
        ("labels", ", ".join(map(escape, annotated.labels))),
        ("previous version", code(replayed.previous_version or "")),
        ("tag", links.to(code(event.tag.name), "tree", event.tag.name)),
        ("commit", links.to(code(event.commit[:7]), "commit", event.commit)),
    ]
    parts = [
        *(
            f"{title}: {escape(text, _LONGEST_TEXT)}"
            for title, text in (
                ("Description", annotated.description),
                ("Message", event.tag.message),
            )
            if text
        ),
        "\n".join(f"- {name}: {value}" for name, value in facts if value),
    ]
    if changes:
        lines = (
            f"- {links.to(code(sha[:7]), 'commit', sha)} {escape(subject)}"
            for sha, subject in changes
        )
        parts.append("\n".join(["### Commits", "", *lines]))
    return "\n\n".join(within_limit(parts, MAX_BODY)) + "\n"


_LONGEST_TEXT = 20_000
MAX_BODY = 120_000
"""The most bytes of the notes; GitHub allows 125,000 characters."""
