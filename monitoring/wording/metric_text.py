"""Metrics as people read them: names, levels, ranges, sizes of changes."""

from __future__ import annotations

import math

from models.pages.localized_text import NO_TEXT, LocalizedText
from monitoring.findings.record import Metric
from monitoring.metrics.definition import Unit
from monitoring.metrics.registry import CATALOGUE
from monitoring.wording.number_format import DASH, amount


def metric_title(name: str, rows: str = "", item: str = "") -> LocalizedText:
    """What a metric is called, with the class or word and the slice that it is of."""
    known = CATALOGUE.get(name)
    title = known.title if known else LocalizedText(name, name)
    tail = (f" · {item}" if item else "") + (f" · {rows}" if rows else "")
    return LocalizedText(title.zh + tail, title.en + tail)


def now_and_before(metric: Metric, unit: Unit) -> tuple[str, str]:
    """The level of tonight and of the reference; the value alone where there is no level."""
    if math.isfinite(metric.level):
        before = amount(metric.level_before, unit)
        return amount(metric.level, unit), "" if before == DASH else before
    return amount(metric.estimate.value, unit), ""


def span(low: float, high: float, metric: Metric, unit: Unit) -> str:
    """A range of the metric's value: of differences with their signs, in percentage points for shares."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return DASH
    if CATALOGUE[metric.name].value == "ratio":
        return f"{low:.2f} ~ {high:.2f}"
    if not is_difference(metric):
        return f"{amount(low, unit)} ~ {amount(high, unit)}"
    low, high = (100 * low, 100 * high) if unit == "share" else (low, high)
    largest = max(abs(low), abs(high))
    digits = 1 if largest >= 1 else 2 if largest >= 0.1 else 3
    if abs(low + high) < 0.5 * 10**-digits:
        return f"±{largest:.{digits}f}" if largest else "0"
    return f"{_signed(low, digits)} ~ {_signed(high, digits)}"


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return text if float(text) else "0"


def is_difference(metric: Metric) -> bool:
    """Whether the metric's value is a difference of two levels, rather than a level or a distance."""
    is_change = CATALOGUE[metric.name].value == "change"
    return is_change and math.isfinite(metric.level) and math.isfinite(metric.level_before)


def unit_of_change(metric: Metric) -> LocalizedText:
    """What the ranges of a metric's value are counted in, empty where they are plain numbers."""
    definition = CATALOGUE[metric.name]
    if definition.value == "ratio":
        return LocalizedText("倍", "times")
    is_share = is_difference(metric) and definition.unit == "share"
    return LocalizedText("百分点", "pp") if is_share else NO_TEXT


def unchanged(metric: Metric) -> float:
    """The value that says that nothing has changed; NaN where no value does."""
    definition = CATALOGUE[metric.name]
    return math.nan if definition.value == "level" else definition.unchanged


def usual_range(metric: Metric, unit: Unit) -> str:
    """Where the value lies on 95 of 100 unchanged nights; only the upper end where the lower one is 0."""
    estimate = metric.estimate
    if estimate.null_low == 0 and math.isfinite(estimate.null_high) and not is_difference(metric):
        return f"≤ {amount(estimate.null_high, unit)}"
    return span(estimate.null_low, estimate.null_high, metric, unit)


def size_of_change(metric: Metric, threshold: float | None) -> float:
    """The effect as a multiple of its threshold, 0 where it goes the way that does not matter; NaN if unknown."""
    known = CATALOGUE.get(metric.name)
    threshold = threshold if threshold is not None else known.threshold if known else None
    effect = metric.estimate.effect
    if not threshold or not math.isfinite(effect):
        return math.nan
    direction = known.direction if known else "both"
    sign = {"both": abs(effect), "up": effect, "down": -effect}[direction]
    return max(0.0, sign) / threshold
