"""Which changes of a night matter, and which of them raise an alert: a pure function."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitoring.alerts.history import History, Key, PastNight
from monitoring.alerts.message import alert_message
from monitoring.alerts.rules import MAX_ALERTS, Rules
from monitoring.findings.judgement import Alert, Judgement, Verdict
from monitoring.findings.record import Findings, Metric
from monitoring.metrics.registry import CATALOGUE
from monitoring.statistics.multiple import adjust_p_values
from storage.records import digest

_NAMED_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class _Judged:
    """A metric with its verdict.

    Attributes:
        metric: The metric.
        verdict: The verdict.
        size: Its effect in thresholds; negative when it goes the way that does not matter.
    """

    metric: Metric
    verdict: Verdict
    size: float

    @property
    def is_whole(self) -> bool:
        return not self.metric.slice

    @property
    def order(self) -> tuple[bool, bool, bool, float, Key]:
        """The worst first; causes before symptoms, what concerns all rows before what concerns some."""
        names_cause = CATALOGUE[self.metric.name].names_cause
        return self.verdict.severity != "critical", not names_cause, not self.is_whole, -self.size, self.metric.key


def judge(findings: Findings, rules: Rules, history: Sequence[PastNight]) -> Judgement:
    """Judge a night.

    A metric is breached when its effect reaches its threshold in the direction that matters, its p-value,
    adjusted for all tests of the night (Benjamini & Hochberg), is at most the false discovery rate, and each side
    has enough rows. It raises an alert after some nights in a row, or at once when the effect is urgent. A metric
    raises one alert: on all rows, or else on the worst slice; the other slices that show the same are named in it.

    Args:
        findings: The night.
        rules: What to go by.
        history: Nights of the same task and bundle that were monitored, at least the last
            `rules.history_nights` before this one. Later dates are passed over, and so are nights that were
            compared with another reference: it begins anew with each.
    """
    reference = findings.reference.reference if findings.reference else ""
    past = History([night for night in history if night.judgement.reference == reference], findings.logical_date)
    judged = _judged(findings, rules, past)
    groups: dict[tuple[str, str], list[_Judged]] = defaultdict(list)
    for each in sorted(judged, key=lambda each: each.order):
        if each.verdict.breached:
            groups[each.metric.name, each.metric.item].append(each)
    alerts = [(lead, group) for group in groups.values() if (lead := _lead(group, rules)) is not None]
    alerts.sort(key=lambda alert: alert[0].order)
    return Judgement(
        reference=reference,
        verdicts=tuple(each.verdict for each in judged),
        alerts=tuple(_alert(lead, group, findings, rules, past) for lead, group in _most(alerts)),
    )


def _lead(group: Sequence[_Judged], rules: Rules) -> _Judged | None:
    """What an alert is raised on: all rows if they fire, else the worst slice that does."""
    fired = [each for each in group if _fires(each, rules)]
    return next((each for each in fired if each.is_whole), fired[0] if fired else None)


def _judged(findings: Findings, rules: Rules, past: History) -> list[_Judged]:
    metrics = [
        each
        for each in findings.metrics
        if rules.threshold(each.name) is not None
        and math.isfinite(each.estimate.p_value)
        and math.isfinite(each.estimate.effect)
    ]
    own = np.array([each.estimate.p_value for each in metrics], np.float64)
    done = np.array([CATALOGUE[each.name].adjusted for each in metrics], np.bool_)
    adjusted = np.where(done, own, adjust_p_values(np.where(done, np.nan, own)))
    rows = _rows(findings)
    return [
        _verdict(metric, float(p), rules, past, _enough(metric, rules, rows))
        for metric, p in zip(metrics, adjusted, strict=True)
    ]


def _verdict(metric: Metric, adjusted_p: float, rules: Rules, past: History, enough: bool) -> _Judged:
    threshold = rules.threshold(metric.name) or math.inf
    effect, direction = metric.estimate.effect, CATALOGUE[metric.name].direction
    size = (abs(effect) if direction == "both" else effect if direction == "up" else -effect) / threshold
    breached = size >= 1 and adjusted_p <= rules.false_discovery_rate and enough
    nights, since = past.streak(metric.key) if breached else (0, None)
    verdict = Verdict(
        *metric.key,
        adjusted_p=adjusted_p,
        threshold=threshold,
        breached=breached,
        nights=nights + breached,
        severity=("critical" if size >= CATALOGUE[metric.name].critical else "warning") if breached else None,
        since=since,
    )
    return _Judged(metric, verdict, size)


def _rows(findings: Findings) -> Mapping[str, tuple[float, float]]:
    """Reference and current rows of each slice, as far as a metric counts them."""
    before = findings.before.rows if findings.before else 0
    rows: dict[str, tuple[float, float]] = {"": (before, findings.now.rows)}
    for each in findings.metrics:
        counts = each.name != "slice_share"  # that counts the rows of all slices
        if each.slice and counts and CATALOGUE[each.name].family in ("volume", "text"):
            n, m = rows.get(each.slice, (0.0, 0.0))
            rows[each.slice] = max(n, each.estimate.n), max(m, each.estimate.m)
    return rows


def _enough(metric: Metric, rules: Rules, rows: Mapping[str, tuple[float, float]]) -> bool:
    """Whether both sides have the rows; a sample that stands alone has no second one.

    Tokens come many to a row: there the rows of the slice have to be enough as well.
    """
    least = rules.least(metric.name)
    sides = [metric.estimate.n]
    if metric.name != "rows":  # one night has no number of nights
        sides.append(metric.estimate.m or metric.estimate.n)
    if CATALOGUE[metric.name].family == "tokens":
        sides.extend(rows.get(metric.slice, ()))
    return min(sides) >= least


def _fires(each: _Judged, rules: Rules) -> bool:
    return each.verdict.breached and (each.verdict.nights >= rules.nights or each.size >= rules.urgent)


def _most(alerts: Sequence[tuple[_Judged, list[_Judged]]]) -> list[tuple[_Judged, list[_Judged]]]:
    """At most `MAX_ALERTS` of one metric, the first ones."""
    count: dict[str, int] = defaultdict(int)
    kept = []
    for lead, group in alerts:
        count[lead.metric.name] += 1
        if count[lead.metric.name] <= MAX_ALERTS:
            kept.append((lead, group))
    return kept


def _alert(lead: _Judged, group: Sequence[_Judged], findings: Findings, rules: Rules, past: History) -> Alert:
    metric, verdict = lead.metric, lead.verdict
    others = [each for each in group if each is not lead and not each.is_whole]
    slices = tuple(each.metric.slice for each in others)
    # Slices that no alert was sent on are news, even where a worse one is known.
    news = [lead] if lead.is_whole else [lead, *(each for each in others if _fires(each, rules))]
    words = tuple(word.text for word in findings.words[:_NAMED_WORDS]) if metric.name == "new_words" else ()
    return Alert(
        id=digest(findings.task, findings.logical_date.isoformat(), findings.bundle, *metric.key),
        task=findings.task,
        logical_date=findings.logical_date,
        bundle=findings.bundle,
        name=metric.name,
        slice=metric.slice,
        item=metric.item,
        severity=verdict.severity or "warning",
        since=verdict.since or findings.logical_date,
        nights=verdict.nights,
        is_new=any(_is_new(each.verdict, rules, past) for each in news),
        effect=metric.estimate.effect,
        adjusted_p=verdict.adjusted_p,
        slices=slices,
        message=alert_message(metric, verdict, slices, words),
    )


def _is_new(verdict: Verdict, rules: Rules, past: History) -> bool:
    """Whether no alert on it was sent, only a less severe one, or one so long ago that it is time for a reminder."""
    last = past.last_alert(verdict.key)
    if last is None:
        return True
    worse = verdict.severity == "critical" and last.severity == "warning"
    return worse or last.nights >= rules.remind_nights
