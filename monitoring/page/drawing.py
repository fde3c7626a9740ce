"""Where things lie in the drawings of the page. Units are CSS pixels; numbers are rounded to keep the page small."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from monitoring.findings.morning import TrendPoint
from monitoring.findings.record import ClassSide
from monitoring.statistics.estimate import Estimate
from storage.profiles.counts import CONFIDENCE_BINS

BAND_WIDTH: Final = 150
BAND_HEIGHT: Final = 20
TREND_WIDTH: Final = 126
TREND_HEIGHT: Final = 28
TREND_NIGHTS: Final = 30
PANEL_WIDTH: Final = 200
PANEL_HEIGHT: Final = 64

_EDGE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Band:
    """An estimate beside its null band: x positions, NaN for what is not known.

    Attributes:
        null_low: Left end of the band of unchanged nights.
        null_width: Its width.
        low: Left end of the interval.
        high: Right end of the interval.
        point: The value.
        zero: Where "no change" lies.
    """

    null_low: float
    null_width: float
    low: float
    high: float
    point: float
    zero: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The last nights as a line.

    Attributes:
        path: SVG path; it has a gap where a night is missing.
        breaches: SVG path with a dot for each night that was a breach.
        breached: How many those are.
        last: Position of the last known night.
        nights: How many nights are known.
    """

    path: str
    breaches: str
    breached: int
    last: tuple[float, float]
    nights: int


@dataclass(frozen=True, slots=True)
class Panel:
    """The confidence histogram of one class.

    Attributes:
        bars: SVG path of tonight's bars, empty if the class was never predicted.
        outline: SVG path of the reference's steps, empty without one.
        lowest: Confidence at the left edge: a winner cannot have less.
    """

    bars: str
    outline: str
    lowest: float


def band(estimate: Estimate, unchanged: float) -> Band | None:
    """Lay an estimate out on a scale of its own, with the value that means no change; None without anything to draw."""
    ends = (estimate.low, estimate.high, estimate.null_low, estimate.null_high)
    known = [x for x in (estimate.value, *ends, unchanged) if math.isfinite(x)]
    if not math.isfinite(estimate.value) or len(known) < 2:
        return None
    low, high = min(known), max(known)
    scale = (BAND_WIDTH - 2 * _EDGE) / ((high - low) or 1.0)

    def place(value: float) -> float:
        return round(_EDGE + scale * (value - low), 1) if math.isfinite(value) else math.nan

    width = estimate.null_high - estimate.null_low
    width = round(max(2.0, scale * width), 1) if math.isfinite(width) else math.nan
    return Band(
        null_low=place(estimate.null_low),
        null_width=width,
        low=place(estimate.low),
        high=place(estimate.high),
        point=place(estimate.value),
        zero=place(unchanged),
    )


def trend(points: Sequence[TrendPoint], tonight: date) -> Trend | None:
    """Draw the nights up to tonight, placed by their dates; None where fewer than two are known."""
    first = tonight - timedelta(days=TREND_NIGHTS - 1)
    known = [p for p in points if first <= p.logical_date <= tonight and math.isfinite(p.value)]
    if len(known) < 2:
        return None
    low, high = min(p.value for p in known), max(p.value for p in known)
    height = TREND_HEIGHT - 2 * _EDGE
    across = (TREND_WIDTH - 2 * _EDGE) / (TREND_NIGHTS - 1)

    def place(point: TrendPoint) -> tuple[float, float]:
        share = (point.value - low) / (high - low) if high > low else 0.5
        return (
            round(_EDGE + across * (point.logical_date - first).days, 1),
            round(TREND_HEIGHT - _EDGE - height * share, 1),
        )

    steps, previous = [], None
    for point in known:
        joined = previous is not None and (point.logical_date - previous).days == 1
        steps.append(f"{' ' if joined else 'M'}{place(point)[0]:g} {place(point)[1]:g}")
        previous = point.logical_date
    dots = [place(point) for point in known if point.breached]
    return Trend(
        path="".join(steps),
        breaches="".join(f"M{x:g} {y:g}h0" for x, y in dots),
        breached=len(dots),
        last=place(known[-1]),
        nights=len(known),
    )


def panel(now: ClassSide, before: ClassSide | None, classes: int) -> Panel:
    """Draw a class's histogram over that of the reference: shares of its own rows, so that shapes compare."""
    first = lowest_bin(classes)
    shares = bin_shares(now, first)
    earlier = bin_shares(before, first) if before else []
    tallest = max([*shares, *earlier], default=0.0) or 1.0
    step = PANEL_WIDTH / (CONFIDENCE_BINS - first)
    heights = [round(PANEL_HEIGHT * share / tallest, 1) for share in shares]
    bars = "".join(
        f"M{round(k * step + 0.5, 1):g} {PANEL_HEIGHT}v{-height:g}h{round(step - 1, 1):g}v{height:g}z"
        for k, height in enumerate(heights)
        if height
    )
    levels = [round(PANEL_HEIGHT * (1 - share / tallest), 1) for share in earlier]
    steps = "".join(f"V{level:g}H{round((k + 1) * step, 1):g}" for k, level in enumerate(levels))
    outline = f"M0 {PANEL_HEIGHT}{steps}V{PANEL_HEIGHT}" if any(earlier) else ""
    return Panel(bars, outline, first / CONFIDENCE_BINS)


def lowest_bin(classes: int) -> int:
    """The first bin that a winning class's confidence can be in."""
    return int(CONFIDENCE_BINS / max(1, classes))


def bin_shares(side: ClassSide, first: int) -> list[float]:
    """Share of the class's rows in each bin from `first` on; zeros where it was never predicted."""
    counts = side.confidences[first:]
    total = sum(counts) or 1
    return [count / total for count in counts]
