"""Stacked bars, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from bench.plot import COLOURS

WIDTH, LEFT, RIGHT = 760, 250, 70
BAR, GAP, TOP = 22, 12, 40


def stacked_bars(bars: Mapping[str, Mapping[str, float]], parts: Sequence[str]) -> str:
    """Draw a bar for each name, of the seconds that each of its parts takes."""
    longest = max(sum(bar.values()) for bar in bars.values())
    scale = (WIDTH - LEFT - RIGHT) / longest
    height = TOP + len(bars) * (BAR + GAP)
    view = f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    for number, part in enumerate(parts):
        drawn.append(_text(LEFT + 150 * number, 18, part, COLOURS[number + 1]))
    for row, (name, bar) in enumerate(bars.items()):
        top = TOP + row * (BAR + GAP)
        drawn.append(_text(10, top + 15, name))
        at = float(LEFT)
        for number, part in enumerate(parts):
            width = bar.get(part, 0) * scale
            place = f'x="{at:.1f}" y="{top}" width="{width:.1f}" height="{BAR}"'
            drawn.append(f'<rect {place} fill="{COLOURS[number + 1]}"/>')
            at += width
        drawn.append(_text(at + 6, top + 15, f"{sum(bar.values()):.1f} s"))
    return "\n".join([*drawn, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, colour: str = "#333333") -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{colour}">{escape(text)}</text>'
