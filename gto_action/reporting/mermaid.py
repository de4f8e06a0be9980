"""A Mermaid diagram of how an artifact's versions moved through its stages."""

from __future__ import annotations

from gto_action.registry.replay import Artifact
from gto_action.registry.tag_names import EventKind
from gto_action.reporting.sentence import short

MAX_STAGES = 20
MAX_MOVES = 8


def mermaid(artifact: Artifact) -> str:
    """Draw a lane for each stage: the versions it showed, in order; ``""`` without a stage.

    The version that a stage shows now has a thick border. Of a long history the newest moves are
    drawn. Names and versions hold letters, digits and ``-_/.+`` only, so nothing in them is
    Mermaid's.
    """
    lanes: dict[str, list[str]] = {}
    for replayed in artifact.history:
        stage = replayed.event.parts.stage
        if stage:
            is_assigned = replayed.event.kind is EventKind.ASSIGNMENT
            shown = (replayed.version if is_assigned else replayed.previous_version) or ""
            lane = lanes.setdefault(stage, [])
            if lane[-1:] != [shown]:
                lane.append(shown)
    if not lanes:
        return ""
    lines = ["flowchart LR"]
    for number, stage in enumerate(list(lanes)[-MAX_STAGES:]):
        lines.append(f'  subgraph s{number}["{stage}"]')
        lines.append("    direction LR")
        lines += _lane(f"s{number}", lanes[stage], artifact.stages.get(stage))
        lines.append("  end")
    lines.append("  classDef shown stroke-width:4px")
    return "\n".join(lines)


def _lane(lane: str, versions: list[str], shown: str | None) -> list[str]:
    moves = versions[-MAX_MOVES:]
    lines = [
        f'    {lane}v{move}["{short(version) or "none"}"]' for move, version in enumerate(moves)
    ]
    lines += [f"    {lane}v{move} --> {lane}v{move + 1}" for move in range(len(moves) - 1)]
    positions = [move for move, version in enumerate(moves) if version == shown]
    if positions:
        lines.append(f"    class {lane}v{positions[-1]} shown")
    return lines
