"""Metrics as people read them: names, levels, ranges, sizes of changes."""

from __future__ import annotations

import math
from typing import Final

from monitoring.findings.catalogue import CATALOGUE, Family, Unit
from monitoring.findings.record import Metric
from monitoring.wording.localized_text import LocalizedText

DASH: Final = "–"
"""Stands for what is not known."""

FAMILIES: Final[dict[Family, LocalizedText]] = {
    "volume": LocalizedText("数据量", "Volume"),
    "text": LocalizedText("文本形态", "Shape of the texts"),
    "tokens": LocalizedText("用词", "Tokens"),
    "content": LocalizedText("内容", "Content"),
    "predictions": LocalizedText("预测结果", "Predictions"),
    "confidence": LocalizedText("置信度", "Confidence"),
    "labels": LocalizedText("对照标注", "Against labels"),
}

_LEAST_SHARE: Final = 1e-5
"""The least share that is told in figures."""

_LEVELS: Final = frozenset(
    (
        *("accuracy", "macro_f1", "ece", "ece_equal_mass", "ece_classwise", "ece_debiased", "ece_smooth"),
        *("expected_accuracy", "expected_macro_f1", "class_share_em", "class_share_bbse", "rows"),
    )
)
"""Metrics whose value is a level, or a ratio, even where the level before is known."""


def metric_title(name: str, rows: str = "", item: str = "") -> LocalizedText:
    """What a metric is called, with the class or word and the slice that it is of."""
    known = CATALOGUE.get(name)
    zh, en = (known.title_zh, known.title_en) if known else (name, name)
    tail = (f" · {item}" if item else "") + (f" · {rows}" if rows else "")
    return LocalizedText(zh + tail, en + tail)


def number(value: float, digits: int = 3) -> str:
    """A plain number; small ones keep another digit, and none is shown as 0 that is not."""
    if not math.isfinite(value):
        return DASH
    if value == 0:
        return "0"
    if abs(value) < 0.5 * 10 ** -(digits + 1):
        return f"<0.{'0' * digits}1"
    return f"{value:.{digits if abs(value) >= 10 ** (1 - digits) else digits + 1}f}"


def percent(value: float) -> str:
    """A share as per cent; small ones keep more digits."""
    if not math.isfinite(value):
        return DASH
    if value == 0:
        return "0%"
    if abs(value) < _LEAST_SHARE:
        return "<0.001%" if value > 0 else ">-0.001%"
    digits = 1 if abs(value) >= 0.01 else 2 if abs(value) >= 0.001 else 3
    return f"{100 * value:.{digits}f}%"


def p_value(value: float) -> str:
    """A probability of chance."""
    if not math.isfinite(value):
        return DASH
    return "<0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def amount(value: float, unit: Unit) -> str:
    """A level in its unit."""
    if not math.isfinite(value):
        return DASH
    if unit == "rows":
        return f"{value:,.0f}"
    if unit == "share":
        return percent(value)
    return f"{value:,.1f}" if unit == "tokens" else number(value)


def now_and_before(metric: Metric, unit: Unit) -> tuple[str, str]:
    """The level of tonight and of the reference; the value alone where there is no level."""
    if math.isfinite(metric.level):
        before = amount(metric.level_before, unit)
        return amount(metric.level, unit), "" if before == DASH else before
    return amount(metric.measured.value, unit), ""


def span(low: float, high: float, metric: Metric, unit: Unit) -> str:
    """A range of the metric's value: of differences with their signs, in percentage points for shares."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return DASH
    if metric.name == "rows":
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
    return metric.name not in _LEVELS and math.isfinite(metric.level) and math.isfinite(metric.level_before)


def unit_of_change(metric: Metric) -> LocalizedText:
    """What the ranges of a metric's value are counted in, empty where they are plain numbers."""
    if metric.name == "rows":
        return LocalizedText("倍", "times")
    is_share = is_difference(metric) and CATALOGUE[metric.name].unit == "share"
    return LocalizedText("百分点", "pp") if is_share else LocalizedText("", "")


def unchanged(metric: Metric) -> float:
    """The value that says that nothing has changed; NaN where no value does."""
    if metric.name == "rows":
        return 1.0
    return 0.5 if metric.name in ("text_auc", "embedding_auc") else math.nan if metric.name in _LEVELS else 0.0


def usual_range(metric: Metric, unit: Unit) -> str:
    """Where the value lies on 95 of 100 unchanged nights; only the upper end where the lower one is 0."""
    measured = metric.measured
    if measured.null_low == 0 and math.isfinite(measured.null_high) and not is_difference(metric):
        return f"≤ {amount(measured.null_high, unit)}"
    return span(measured.null_low, measured.null_high, metric, unit)


def size_of_change(metric: Metric, threshold: float | None) -> float:
    """The effect as a multiple of its threshold, 0 where it goes the way that does not matter; NaN if unknown."""
    known = CATALOGUE.get(metric.name)
    threshold = threshold if threshold is not None else known.threshold if known else None
    effect = metric.measured.effect
    if not threshold or not math.isfinite(effect):
        return math.nan
    direction = known.direction if known else "both"
    sign = {"both": abs(effect), "up": effect, "down": -effect}[direction]
    return max(0.0, sign) / threshold
