"""A night on a terminal: what to do, the confidence histograms and the drift table, in plain characters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from rich.cells import cell_len

from models.pages.localized_text import Language, LocalizedText
from monitoring.findings.judgement import Alert
from monitoring.findings.morning import Morning, TrendPoint
from monitoring.findings.record import ClassSide, Metric, Side
from monitoring.metrics.definition import FAMILIES
from monitoring.metrics.registry import CATALOGUE
from monitoring.terminal.bars import bar_line, fit, fold, trend_line
from monitoring.wording.headline import State, headline, notices, state_of
from monitoring.wording.metric_text import (
    metric_title,
    now_and_before,
    size_of_change,
    span,
    unit_of_change,
    usual_range,
)
from monitoring.wording.number_format import percent
from storage.profiles.counts import CONFIDENCE_BINS

_MARKS: Final[dict[State, str]] = {"alert": "!", "watch": "~", "ok": " "}
_MIN_WIDTH: Final = 72
_WIDE: Final = 110
"""From here on there is room for the level before and for 30 nights."""
_MIN_LABEL_WIDTH: Final = 8
_MOST_WATCHED: Final = 10


def render_terminal(morning: Morning, *, width: int = 80, lang: Language = "en") -> str:
    """Draw a night in plain text: alerts first, then the histograms and the drift table.

    Marks stand for colours: `!` is an alert, `~` is watched. Columns are aligned by cells, so names of
    full-width characters do not shift them.

    Args:
        morning: What to show.
        width: Cells of the terminal; below 72 lines get longer than it.
        lang: The language.
    """
    width, findings = max(width, _MIN_WIDTH), morning.findings
    title = f"{findings.task} {findings.logical_date}, {LocalizedText('模型包', 'bundle').read(lang)} {findings.bundle}"
    parts = [
        [title, headline(morning).text.read(lang)],
        list(_urgent(morning, width, lang)),
        _histograms(findings.now, findings.before, width, lang),
        list(_drift(morning, width, lang)),
        list(_missing(morning, width, lang)),
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in part) for part in parts if part) + "\n"


def class_lines(now: Side, before: Side | None = None, width: int = 80, lang: Language = "en") -> list[str]:
    """One line for each class: rows, share, share by probability, confidences; a second line for the reference.

    Bars are shares of the class's own rows, on one scale for both lines.
    """
    first = int(CONFIDENCE_BINS / max(1, len(now.classes)))
    earlier = {each.label: each for each in before.classes} if before else {}
    longest = max((cell_len(each.label) for each in now.classes), default=0)
    longest = max(longest, cell_len(_BEFORE.read(lang))) if earlier else longest
    names = min(longest, max(_MIN_LABEL_WIDTH, width - 43 - (CONFIDENCE_BINS - first)))
    lines = []
    for each in now.classes:
        sides = [(each, now, each.label)]
        if before and each.label in earlier:
            sides.append((earlier[each.label], before, _BEFORE.read(lang)))
        tallest = max((share for side, _, _ in sides for share in _shares(side, first)), default=0.0)
        for side, whole, name in sides:
            lines.append(
                f"{fit(name, names)}  {side.rows:>11,}  {_share(side.rows, whole.labelled):>6}"
                f"  {_share(side.expected, whole.labelled):>6}"
                f"  {first / CONFIDENCE_BINS:.2f} {bar_line(_shares(side, first), tallest)} 1.00"
            )
    return lines


_BEFORE: Final = LocalizedText("  基准", "  before")
_CLASSES: Final = LocalizedText(
    "各类别：行数、占比、按概率的占比、置信度分布", "classes: rows, share, share by probability, confidence"
)
_LEGEND: Final = LocalizedText(
    "! 警报  ~ 观察  ÷阈值：变化是应留意幅度的几倍  平常：什么都没变时 100 晚中 95 晚的范围",
    "! alert  ~ watched  ÷limit: change over what matters  usual: 95 of 100 unchanged nights",
)


def _histograms(now: Side, before: Side | None, width: int, lang: Language) -> list[str]:
    if not now.classes:
        return []
    return [_CLASSES.read(lang), *class_lines(now, before, width, lang)]


def _urgent(morning: Morning, width: int, lang: Language) -> Iterator[str]:
    for notice in notices(morning.findings, morning.runs):
        yield from _item(_MARKS[notice.state], notice.what.read(lang), notice.action.read(lang), width)
    for alert in morning.judgement.alerts:
        definition = CATALOGUE[alert.name]
        text = f"{_grade(alert, lang)} {alert.message.read(lang)}"
        yield from _item("!", text, definition.advice.read(lang), width)
    waiting = [metric_title(*each.key).read(lang) for each in morning.judgement.watched]
    if waiting:
        shown = LocalizedText("、", ", ").read(lang).join(waiting[:_MOST_WATCHED])
        more = f" +{len(waiting) - _MOST_WATCHED}" if len(waiting) > _MOST_WATCHED else ""
        yield from _item("~", f"{LocalizedText('观察中：', 'being watched: ').read(lang)}{shown}{more}", "", width)


def _grade(alert: Alert, lang: Language) -> str:
    severity = LocalizedText("严重", "critical") if alert.severity == "critical" else LocalizedText("警告", "warning")
    return f"[{severity.read(lang)}]"


def _item(mark: str, text: str, action: str, width: int) -> Iterator[str]:
    for number, line in enumerate(fold(text, width, "  ")):
        yield f"{mark} {line[2:]}" if number == 0 else line
    if action:
        for number, line in enumerate(fold(action, width, "     ")):
            yield f"  -> {line[5:]}" if number == 0 else line


def _drift(morning: Morning, width: int, lang: Language) -> Iterator[str]:
    order = {name: place for place, name in enumerate(CATALOGUE)}
    metrics = [m for m in morning.findings.metrics if not m.slice and CATALOGUE[m.name].on_terminal and _is_shown(m)]
    metrics.sort(key=lambda m: (list(FAMILIES).index(CATALOGUE[m.name].family), order[m.name]))
    if not metrics:
        return
    columns = _columns(width)
    heads = _HEADS if width >= _WIDE else [head for head in _HEADS if head.en != "before"]
    yield "  " + " ".join(
        fit(head.read(lang), size, right=0 < k < 6) for k, (head, size) in enumerate(zip(heads, columns, strict=True))
    )
    for family, members in groupby(metrics, key=lambda m: CATALOGUE[m.name].family):
        yield FAMILIES[family].read(lang)
        for metric in members:
            yield _line(morning, metric, columns, lang)
    yield from fold(_LEGEND.read(lang), width)


_HEADS: Final = (
    LocalizedText("指标", "figure"),
    LocalizedText("今晚", "tonight"),
    LocalizedText("基准", "before"),
    LocalizedText("95% 区间", "95% interval"),
    LocalizedText("平常", "usual"),
    LocalizedText("÷阈值", "÷limit"),
    LocalizedText("走势", "trend"),
)


def _columns(width: int) -> list[int]:
    """Widths of title, now, (before,) interval, usual range, multiple of the threshold, trend."""
    if width >= _WIDE:
        return [width - 2 - 6 - 8 - 8 - 20 - 16 - 6 - 30, 8, 8, 20, 16, 6, 30]
    return [width - 2 - 5 - 8 - 15 - 13 - 6 - 10, 8, 15, 13, 6, 10]


def _line(morning: Morning, metric: Metric, columns: Sequence[int], lang: Language) -> str:
    unit = CATALOGUE[metric.name].unit
    verdict = morning.judgement.verdict(metric.key)
    size = size_of_change(metric, verdict.threshold if verdict else None)
    now, before = now_and_before(metric, unit)
    estimate = metric.estimate
    interval = span(estimate.low, estimate.high, metric, unit).replace(" ~ ", "~")
    counted = unit_of_change(metric).read(lang) if columns[-1] >= 30 and interval != "–" else ""
    cells = [
        now,
        *([before] if len(columns) == len(_HEADS) else []),
        f"{interval} {counted}".rstrip(),
        usual_range(metric, unit).replace(" ~ ", "~"),
        f"{size:.1f}x" if math.isfinite(size) else "",
    ]
    title = metric_title(metric.name, item=metric.item).read(lang)
    mark = _MARKS[state_of(metric.key, morning.judgement)]
    shown = [
        fit(title, columns[0]),
        *(fit(cell, size, right=True) for cell, size in zip(cells, columns[1:-1], strict=True)),
    ]
    return f"{mark} {' '.join(shown)} {_trend(morning, metric, columns[-1])}"


def _is_shown(metric: Metric) -> bool:
    """Without a reference there is still the level of tonight."""
    return metric.estimate.known or math.isfinite(metric.level)


def _trend(morning: Morning, metric: Metric, nights: int) -> str:
    tonight = morning.findings.logical_date
    points: dict[object, TrendPoint] = {each.logical_date: each for each in morning.trends.get(metric.key, ())}
    days = [tonight - timedelta(days=back) for back in range(nights - 1, -1, -1)]
    return trend_line([points[day].value if day in points else math.nan for day in days])


def _missing(morning: Morning, width: int, lang: Language) -> Iterator[str]:
    for each in morning.findings.missing:
        yield from _item("?", f"{each.what}: {each.why.read(lang)}", each.action.read(lang), width)


def _shares(side: ClassSide, first: int) -> list[float]:
    counts = side.confidences[first:]
    total = sum(counts) or 1
    return [count / total for count in counts]


def _share(part: float, whole: int) -> str:
    return percent(part / whole) if whole else "–"
