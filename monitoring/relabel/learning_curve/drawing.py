"""Learning curves as SVG: a score by the number of labels, with intervals. No script, nothing loaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from models.evaluation.record import Interval

WIDTH: Final = 460
HEIGHT: Final = 300
COLOURS: Final = ("#1d2433", "#2f5d8a", "#c2553a", "#5b8c5a", "#8a6d3b", "#6b4c9a")
"""Of curves, in their order."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 24, 46, 42
_STEPS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_MAX_LINES: Final = 7
_NUMBER: Final = 36
_LINE: Final = "#e3e6ec"
_SOFT: Final = "#667085"


@dataclass(frozen=True, slots=True)
class Curve:
    """A score by labels.

    Attributes:
        name: What the legend calls it.
        points: Labels and scores, the fewest labels first.
        colour: Of its line.
        dashed: A line that leads to what is not measured but expected.
    """

    name: str
    points: tuple[tuple[float, Interval], ...]
    colour: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class _Scale:
    """From labels and scores to pixels."""

    left: float
    right: float
    low: float
    high: float

    def x(self, labels: float) -> float:
        share = (labels - self.left) / ((self.right - self.left) or 1.0)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, score: float) -> float:
        return round(HEIGHT - _BOTTOM - (score - self.low) / (self.high - self.low) * (HEIGHT - _TOP - _BOTTOM), 1)


def draw_panel(title: str, x_title: str, curves: Sequence[Curve]) -> str:
    """A panel of `WIDTH` times `HEIGHT` pixels, an SVG group.

    Args:
        title: What is measured.
        x_title: What the numbers below count.
        curves: At least one with a point; ends of intervals that are NaN are not drawn.
    """
    found = [point for curve in curves for point in curve.points]
    ends = [end for _, figure in found for end in (figure.low, figure.value, figure.high) if math.isfinite(end)]
    step = next((each for each in _STEPS if (max(ends) - min(ends)) / each <= _MAX_LINES - 2), _STEPS[-1])
    low, high = math.floor(min(ends) / step) * step, math.ceil(max(ends) / step) * step
    scale = _Scale(min(x for x, _ in found), max(x for x, _ in found), low, high if high > low else low + step)
    parts = [f'<text x="{_LEFT}" y="16" font-weight="600">{escape(title)}</text>', *_legend(curves)]
    parts += _lines(scale, step)
    parts += [
        f'<text x="{scale.x(x)}" y="{HEIGHT - 24}" text-anchor="middle" fill="{_SOFT}">{x:,.0f}</text>'
        for x in _apart(sorted({x for x, _ in found}), scale)
    ]
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle" fill="{_SOFT}">{escape(x_title)}</text>')
    for place, curve in enumerate(curves):
        parts += _curve(curve, scale, 2.5 * (place - (len(curves) - 1) / 2))
    return "\n".join(parts)


def draw_picture(panels: Sequence[str]) -> str:
    """Panels side by side, as a whole SVG document."""
    groups = "\n".join(
        f'<g transform="translate({WIDTH * place} 0)">\n{each}\n</g>' for place, each in enumerate(panels)
    )
    width = WIDTH * len(panels)
    font = 'font-family="system-ui, -apple-system, PingFang SC, Noto Sans CJK SC, Microsoft YaHei, sans-serif"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" '
        f'{font} font-size="12" fill="#1d2433" role="img">\n<rect width="{width}" height="{HEIGHT}" fill="#fff"/>\n'
        f"{groups}\n</svg>\n"
    )


def _apart(sizes: Sequence[float], scale: _Scale) -> list[float]:
    """Sizes whose numbers don't touch: the last one, and what has room before it."""
    shown = [sizes[-1]]
    for size in sizes[-2::-1]:
        if scale.x(shown[-1]) - scale.x(size) >= _NUMBER:
            shown.append(size)
    return shown


def _legend(curves: Sequence[Curve]) -> list[str]:
    parts, x = [], float(_LEFT)
    for curve in curves:
        if not curve.name:
            continue
        parts.append(f'<rect x="{x:.0f}" y="26" width="12" height="3" fill="{curve.colour}"/>')
        parts.append(f'<text x="{x + 16:.0f}" y="32" fill="{_SOFT}">{escape(curve.name)}</text>')
        x += 30 + sum(12 if ord(letter) > 0x2E7F else 6.5 for letter in curve.name)
    return parts


def _lines(scale: _Scale, step: float) -> list[str]:
    parts = []
    for number in range(round((scale.high - scale.low) / step) + 1):
        score = scale.low + number * step
        y = scale.y(score)
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="{_LINE}"/>')
        digits = 3 if step < 0.01 else 2
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end" fill="{_SOFT}">{abs(score):.{digits}f}</text>'
        )
    return parts


def _curve(curve: Curve, scale: _Scale, aside: float) -> list[str]:
    """The line, and for each point a dot and its interval, a little aside so that curves don't hide each other."""
    places = [(scale.x(x) + aside, scale.y(figure.value), figure) for x, figure in curve.points]
    path = " ".join(f"{x:.1f},{y}" for x, y, _ in places)
    dash = ' stroke-dasharray="4 4"' if curve.dashed else ""
    parts = [f'<polyline points="{path}" fill="none" stroke="{curve.colour}" stroke-width="1.6"{dash}/>']
    for x, y, figure in places:
        if math.isfinite(figure.low) and math.isfinite(figure.high):
            ends = f'y1="{scale.y(figure.low)}" y2="{scale.y(figure.high)}"'
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" {ends} stroke="{curve.colour}" stroke-width="1.2" '
                'stroke-opacity=".55"/>'
            )
        parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="2.8" fill="{curve.colour}"/>')
    return parts
