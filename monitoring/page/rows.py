"""The rows of the page's tables: metrics with all that is shown beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from models.pages.localized_text import LocalizedText
from monitoring.findings.judgement import Verdict
from monitoring.findings.morning import MetricKey, Morning
from monitoring.findings.record import Metric
from monitoring.metrics.definition import FAMILIES, Family
from monitoring.metrics.registry import CATALOGUE
from monitoring.page.drawing import Band, Trend, band, trend
from monitoring.wording.headline import State
from monitoring.wording.metric_text import (
    metric_title,
    now_and_before,
    size_of_change,
    span,
    unchanged,
    unit_of_change,
    usual_range,
)
from monitoring.wording.number_format import number, p_value

_GAUGE_END: Final = 2.0
"""The bar of a change ends at this multiple of the threshold."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric as it is shown.

    Attributes:
        title: What it is called.
        rows: Which slice, empty for all.
        explanation: What it means, where the title does not say it.
        state: What is thought of it; None for metrics that never raise an alert.
        now: Level tonight.
        before: Level of the reference.
        ratio: The change as a multiple of what matters, in words; a dash if unknown.
        gauge: Length of its bar, 0 to 100; the threshold is at 50.
        sizes: Effect and threshold.
        has_threshold: Whether there is a size from which a change matters.
        unit: Of the ranges that follow.
        interval: 95 % interval of the change.
        usual: Band of unchanged nights.
        p: Chance of it, adjusted where it was judged.
        band: The drawing.
        trend: The last nights.
        nights: How many nights in a row it has been a breach.
    """

    title: LocalizedText
    rows: str
    explanation: LocalizedText | None
    state: State | None
    now: str
    before: str
    ratio: str
    gauge: float
    sizes: str
    has_threshold: bool
    unit: LocalizedText
    interval: str
    usual: str
    p: str
    band: Band | None
    trend: Trend | None
    nights: int


@dataclass(frozen=True, slots=True)
class Group:
    """Metrics of one family."""

    title: LocalizedText
    rows: tuple[Row, ...]
    unknown: tuple[tuple[str, tuple[LocalizedText, ...]], ...]
    """Why something could not be measured, and what."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows of which only some are shown."""

    rows: tuple[Row, ...]
    hidden: int
    quiet: int
    """How many of the hidden ones are no breach."""


class RowMaker:
    """Makes rows from metrics; looks verdicts up once, for there may be thousands."""

    def __init__(self, morning: Morning) -> None:
        self._morning = morning
        self._verdicts: dict[MetricKey, Verdict] = {each.key: each for each in morning.judgement.verdicts}
        self._told = {each.key for each in morning.judgement.alerts}

    def families(self) -> tuple[Group, ...]:
        """The metrics of all rows, by family, in the order of the catalogue."""
        order = {name: place for place, name in enumerate(CATALOGUE)}
        shown = [m for m in self._morning.findings.metrics if not m.slice and m.name in order]
        shown = sorted((m for m in shown if "table" in CATALOGUE[m.name].sections), key=lambda m: order[m.name])
        return tuple(self._groups(shown))

    def slices(self, most: int, most_quiet: int) -> Cut:
        """The slices that breach, worst first, then the largest changes of the others."""
        ranked = sorted(
            ((self._size(m), m) for m in self._morning.findings.metrics if m.slice and m.estimate.known),
            key=lambda pair: (-self._breached(pair[1]), -pair[0], pair[1].key),
        )
        known = [m for size, m in ranked if size > 0]
        breached = [m for m in known if self._breached(m)]
        quiet = known[len(breached) :]
        shown = breached[:most] + quiet[: min(most_quiet, max(0, most - len(breached)))]
        hidden_quiet = len(quiet) - max(0, len(shown) - min(most, len(breached)))
        return Cut(tuple(self.row(m) for m in shown), len(known) - len(shown), hidden_quiet)

    def row(self, metric: Metric) -> Row:
        """One metric as it is shown."""
        estimate, verdict = metric.estimate, self._verdicts.get(metric.key)
        definition = CATALOGUE[metric.name]
        threshold = verdict.threshold if verdict else definition.threshold
        now, before = now_and_before(metric, definition.unit)
        size = size_of_change(metric, threshold)
        points = self._morning.trends.get(metric.key, ())
        return Row(
            title=metric_title(metric.name, item=metric.item),
            rows=metric.slice,
            explanation=definition.explanation,
            state=self._state(metric, threshold),
            now=now,
            before=before,
            ratio=times(size),
            gauge=round(100 * min(size, _GAUGE_END) / _GAUGE_END, 1) if math.isfinite(size) else 0.0,
            sizes=f"{number(estimate.effect)} / {number(threshold)}" if threshold else "",
            has_threshold=threshold is not None,
            unit=unit_of_change(metric),
            interval=span(estimate.low, estimate.high, metric, definition.unit),
            usual=usual_range(metric, definition.unit),
            p=p_value(verdict.adjusted_p if verdict else estimate.p_value),
            band=band(estimate, unchanged(metric)),
            trend=trend(points, self._morning.findings.logical_date),
            nights=verdict.nights if verdict else 0,
        )

    def _groups(self, metrics: list[Metric]) -> Iterator[Group]:
        def family(metric: Metric) -> Family:
            return CATALOGUE[metric.name].family

        for name, members in groupby(sorted(metrics, key=lambda m: list(FAMILIES).index(family(m))), family):
            each = list(members)
            unknown: dict[str, list[LocalizedText]] = {}
            for metric in each:
                if not _is_shown(metric):
                    unknown.setdefault(metric.estimate.reason, []).append(metric_title(*metric.key))
            rows = tuple(self.row(m) for m in each if _is_shown(m))
            yield Group(FAMILIES[name], rows, tuple((why, tuple(titles)) for why, titles in unknown.items()))

    def _state(self, metric: Metric, threshold: float | None) -> State | None:
        if metric.key in self._told:
            return "alert"
        if self._breached(metric):
            return "watch"
        return None if threshold is None or not metric.estimate.known else "ok"

    def _breached(self, metric: Metric) -> bool:
        verdict = self._verdicts.get(metric.key)
        return verdict is not None and verdict.breached

    def _size(self, metric: Metric) -> float:
        verdict = self._verdicts.get(metric.key)
        size = size_of_change(metric, verdict.threshold if verdict else None)
        return size if math.isfinite(size) else 0.0


def times(size: float) -> str:
    """A multiple of a threshold."""
    return "" if not math.isfinite(size) else f"{size:.1f}×" if size < 100 else ">99×"


def _is_shown(metric: Metric) -> bool:
    """Without a reference there is still the level of tonight."""
    return metric.estimate.known or math.isfinite(metric.level)
