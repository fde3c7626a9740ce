"""The gate's report as one small HTML page that needs nothing but itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from models.evaluation.comparison import Change
from models.evaluation.gate_record import Evidence, GateReport
from models.evaluation.record import Interval
from models.pages.environment import page_environment, shorten
from models.pages.localized_text import Language, LocalizedText

_MAX_CHANGES: Final = 40
_MAX_CHARS: Final = 60
_TITLES: Final = {
    "rows": LocalizedText("样本数", "Rows"),
    "golden": LocalizedText("黄金集不变差", "Golden set not worse"),
    "recent": LocalizedText("近期随机集更好", "Recent random rows better"),
    "classes": LocalizedText("没有类别变差", "No class worse"),
    "slices": LocalizedText("没有分组变差", "No slice worse"),
    "calibration": LocalizedText("置信度可信", "Calibrated"),
    "flips": LocalizedText("由对变错不多", "Few right answers lost"),
    "leakage": LocalizedText("测试集没有泄漏", "Test sets not seen in training"),
    "speed": LocalizedText("不更慢", "Not slower"),
}


@dataclass(frozen=True, slots=True)
class _Bar:
    """An interval on a scale that is symmetric about 0: places in percent of the width."""

    low: float
    value: float
    high: float


@dataclass(frozen=True, slots=True)
class _Row:
    """A class or slice as the table shows it."""

    where: LocalizedText
    change: Change
    bar: _Bar


def render_gate(task: str, report: GateReport, evidence: Evidence, *, lang: Language = "zh") -> str:
    """Render each check with what was measured, its limit and what to do, then every class and slice.

    No script, nothing loaded; all that comes from data is escaped and cut.

    Args:
        task: The task's name.
        report: The verdicts.
        evidence: What they rest on.
        lang: The language that leads; headings and sentences carry both.
    """
    template = page_environment("models.evaluation", points=_points, shorten=_shorten).get_template("gate.html")
    tables = [
        ("classes", LocalizedText("各类别 F1", "F1 by class"), _table(evidence, "classes")),
        ("slices", LocalizedText("各分组准确率", "Accuracy by slice"), _table(evidence, "slices")),
    ]
    return template.render(
        task=task, r=report, e=evidence, titles=_TITLES, tables=[each for each in tables if each[2]], lang=lang
    )


def _table(evidence: Evidence, kind: Literal["classes", "slices"]) -> list[_Row]:
    """Worst first."""
    sets = ((LocalizedText("黄金集", "golden"), evidence.golden), (LocalizedText("近期", "recent"), evidence.recent))
    found = [(where, change) for where, each in sets for change in getattr(each, kind) if change.rows]
    found.sort(key=lambda each: each[1].difference.value)
    found = found[:_MAX_CHANGES]
    ends = [abs(end) for _, change in found for end in (change.difference.low, change.difference.high)]
    widest = max(ends, default=0.0) or 1.0
    return [_Row(where, change, _bar(change.difference, widest)) for where, change in found]


def _bar(interval: Interval, widest: float) -> _Bar:
    low, value, high = (50 + 48 * end / widest for end in (interval.low, interval.value, interval.high))
    return _Bar(low, value, high)


def _points(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:+.1f}"


def _shorten(text: str, limit: int = _MAX_CHARS) -> str:
    return shorten(text, limit)
