"""A plot with two logarithmic axes, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 480
LEFT, RIGHT, TOP, BOTTOM = 70, 200, 20, 50
COLOURS = ("#555555", "#1f77b4", "#2ca02c", "#9467bd", "#d62728", "#ff7f0e")


@dataclass(frozen=True)
class Line:
    """A name and its points, each with both numbers above zero."""

    name: str
    points: tuple[tuple[float, float], ...]


def plot(lines: Sequence[Line], x_title: str, y_title: str) -> str:
    """Draw lines; ticks are at powers of ten."""
    drawn = [line for line in lines if line.points]
    axes = _Axes(
        _decades(x for line in drawn for x, _ in line.points),
        _decades(y for line in drawn for _, y in line.points),
    )
    view = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *axes.grid(),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}">{escape(x_title)}</text>',
        f'<text x="10" y="{TOP + 4}">{escape(y_title)}</text>',
    ]
    for number, line in enumerate(drawn):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in line.points)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += (
            f'<circle cx="{axes.x(x):.1f}" cy="{axes.y(y):.1f}" r="3" fill="{colour}"/>'
            for x, y in line.points
        )
        place = f'x="{WIDTH - RIGHT + 15}" y="{TOP + 20 + 20 * number}"'
        parts.append(f'<text {place} fill="{colour}">{escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


@dataclass(frozen=True)
class _Axes:
    """The powers of ten between which each axis goes."""

    x_range: tuple[int, int]
    y_range: tuple[int, int]

    def x(self, value: float) -> float:
        return LEFT + _share(value, self.x_range) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - _share(value, self.y_range) * (HEIGHT - TOP - BOTTOM)

    def grid(self) -> Iterator[str]:
        for power in range(self.x_range[0], self.x_range[1] + 1):
            at = self.x(10.0**power)
            yield f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#dddddd"/>'
            place = f'x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle"'
            yield f"<text {place}>{_tick(power)}</text>"
        for power in range(self.y_range[0], self.y_range[1] + 1):
            at = self.y(10.0**power)
            yield f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>'
            place = f'x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end"'
            yield f"<text {place}>{_tick(power)}</text>"


def _decades(values: Iterator[float]) -> tuple[int, int]:
    logarithms = [math.log10(value) for value in values]
    low, high = math.floor(min(logarithms)), math.ceil(max(logarithms))
    return low, max(high, low + 1)


def _share(value: float, decades: tuple[int, int]) -> float:
    low, high = decades
    return (math.log10(value) - low) / (high - low)


def _tick(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"
