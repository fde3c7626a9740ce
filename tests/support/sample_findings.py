"""Findings and judgements made up for tests."""

from __future__ import annotations

import math
from datetime import date, timedelta

from monitoring.alerts.history import PastNight
from monitoring.alerts.judge import judge
from monitoring.alerts.rules import Rules
from monitoring.findings.judgement import Alert, Judgement
from monitoring.findings.record import Findings, Metric, Side
from monitoring.statistics.measured import Estimate

FIRST = date(2026, 1, 5)
SIDE = Side(1000, {"scored": 1000}, ())


def metric(
    name: str = "class_psi",
    rows: str = "",
    item: str = "",
    *,
    effect: float = 0.15,
    p: float = 1e-9,
    n: float = 1000,
    m: float = 1000,
    level: float = math.nan,
    before: float = math.nan,
) -> Metric:
    return Metric(name, rows, item, Estimate(effect, 0.1, 0.2, effect, p, -0.01, 0.01, n, m), level, before)


def findings(*metrics: Metric, night: int = 0) -> Findings:
    return Findings("comment", FIRST + timedelta(days=night), "b1", None, SIDE, SIDE, metrics)


def judged_nights(rules: Rules, *nights: tuple[Metric, ...]) -> list[Judgement]:
    """Judge nights one after the other, each with those before it as its history."""
    past: list[PastNight] = []
    for number, metrics in enumerate(nights):
        found = findings(*metrics, night=number)
        past.append(PastNight(found.logical_date, judge(found, rules, past)))
    return [night.judgement for night in past]


def alert(number: int = 0, *, is_new: bool = True, message: str = "Empty rows: 4.1% now") -> Alert:
    return Alert(
        alert=f"{number:016x}",
        task="comment",
        logical_date=FIRST + timedelta(days=number),
        bundle="b1",
        name="empty_share",
        slice="",
        item="",
        severity="warning",
        since=FIRST,
        nights=2,
        is_new=is_new,
        effect=0.21,
        adjusted_p=1e-9,
        slices=("source=应用",),
        message_en=message,
        message_zh="空文本:现为 4.1%",
    )
