"""What Evidently is given to show: the metrics of a night in words, with their verdicts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from monitoring.findings.judgement import Judgement, Verdict
from monitoring.findings.record import Findings, Metric
from monitoring.metrics.definition import Unit
from monitoring.metrics.registry import CATALOGUE

State = Literal["unjudged", "fine", "watched", "alert"]

ALERTS: Final = "alerts"
"""A metric beside those of the catalogue: how many alerts the night has raised."""

WORDS: Final[dict[State, str]] = {
    "unjudged": "",
    "fine": "正常 fine",
    "watched": "观察 watched",
    "alert": "警报 ALERT",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One metric as people see it.

    Attributes:
        name: A key of the catalogue, or `ALERTS`.
        item: What of: a class, a word; empty for the whole.
        value: Tonight's level, or the measured value where there is no level; finite.
        title: Its name, Chinese and English.
        cells: Tonight, the reference, the interval, effect and threshold, adjusted p, the verdict, as text.
        state: What is thought of it.
        said: The verdict in a sentence or two; empty when it is not judged.
    """

    name: str
    item: str
    value: float
    title: str
    cells: tuple[str, str, str, str, str, str]
    state: State
    said: str


def shown_metrics(findings: Findings, judgement: Judgement) -> tuple[Shown, ...]:
    """The metrics of all rows that are known, those that need attention first, then in the catalogue's order.

    What is not known is left out: JSON has no NaN, and the dashboard shows the night as a gap.
    """
    alerted = {(each.name, each.slice, each.item) for each in judgement.alerts}
    verdicts = {each.key: each for each in judgement.verdicts}
    rows = [each for each in findings.metrics if not each.slice and math.isfinite(_value(each))]
    shown = [_shown(each, verdicts.get(each.key), each.key in alerted) for each in rows]
    place = {name: place for place, name in enumerate(CATALOGUE)}
    shown.sort(key=lambda each: (-_URGENCY[each.state], place[each.name]))
    return (_alerts(len(judgement.alerts)), *shown)


def title_of(name: str, item: str = "") -> str:
    """Name of a metric in Chinese and English, with what it is of."""
    definition = CATALOGUE[name]
    zh, en = definition.title.zh, definition.title.en
    title = zh if en.casefold() in zh.casefold() else f"{zh} {en}"
    return f"{title}: {item}" if item else title


def as_text(value: float, unit: Unit) -> str:
    """A number with as many digits as a person wants to read."""
    if not math.isfinite(value):
        return ""
    if unit == "rows":
        return f"{value:,.0f}"
    if unit == "share":
        return f"{value:.2%}"
    return f"{value:.1f}" if unit == "tokens" else f"{value:.4f}"


def chance_text(p_value: float) -> str:
    """A p-value; one too small to write out says so."""
    if not math.isfinite(p_value):
        return ""
    return "< 0.0001" if p_value < 1e-4 else f"{p_value:.4f}"


_URGENCY: Final[dict[State, int]] = {"alert": 2, "watched": 1, "fine": 0, "unjudged": 0}


def _value(metric: Metric) -> float:
    return metric.level if math.isfinite(metric.level) else metric.estimate.value


def _alerts(count: int) -> Shown:
    return Shown(ALERTS, "", count, "警报 Alerts", (str(count), "", "", "", "", ""), "unjudged", "")


def _shown(metric: Metric, verdict: Verdict | None, alerted: bool) -> Shown:
    state = _state(verdict, alerted)
    unit = CATALOGUE[metric.name].unit
    cells = (
        as_text(_value(metric), unit),
        as_text(metric.level_before, unit),
        _interval(metric, unit),
        f"{metric.estimate.effect:.3g} / {verdict.threshold:.3g}" if verdict else "",
        chance_text(verdict.adjusted_p) if verdict else "",
        WORDS[state],
    )
    title = title_of(metric.name, metric.item)
    return Shown(metric.name, metric.item, _value(metric), title, cells, state, _said(metric, verdict, cells))


def _state(verdict: Verdict | None, alerted: bool) -> State:
    if verdict is None:
        return "unjudged"
    if not verdict.breached:
        return "fine"
    return "alert" if alerted else "watched"


def _interval(metric: Metric, unit: Unit) -> str:
    """The interval of the level, or of its difference from the reference where that is what was estimate."""
    estimate = metric.estimate
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return ""
    band = f"[{as_text(estimate.low, unit)}, {as_text(estimate.high, unit)}]"
    if estimate.value == _value(metric):
        return band
    return f"Δ {as_text(estimate.value, unit)} {band}" if unit != "rows" else ""  # rows are compared as a ratio


def _said(metric: Metric, verdict: Verdict | None, cells: tuple[str, ...]) -> str:
    if verdict is None:
        return ""
    now, before, _, effect, chance, word = cells
    parts = [f"{word}: {now}"]
    if before:
        parts.append(f"基准 reference {before}")
    parts.append(f"效应/阈值 effect/threshold {effect}")
    if chance:
        parts.append(f"p {chance}")
    if verdict.breached:
        advice = CATALOGUE[metric.name].advice
        parts.append(f"连续 {verdict.nights} 晚 nights in a row")
        return f"{', '.join(parts)}. {advice.zh} {advice.en}"
    return f"{', '.join(parts)}."
