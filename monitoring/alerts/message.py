"""An alert in one line: what, how much, how sure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from monitoring.findings.catalogue import CATALOGUE, Unit
from monitoring.findings.judgement import Verdict
from monitoring.findings.record import Metric

_UNITS_ZH: Final = {"tokens": "词元", "nats": "纳特", "bits": "比特", "rows": "行"}


def message_en(metric: Metric, verdict: Verdict, slices: Sequence[str], words: Sequence[str] = ()) -> str:
    """The line in English.

    Args:
        metric: The metric.
        verdict: What is thought of it.
        slices: Slices that show the same.
        words: Words that it is about.
    """
    definition = CATALOGUE[metric.name]
    what = definition.title_en + (f" “{_one_line(metric.item)}”" if metric.item else "")
    what += f" [{_one_line(metric.slice)}]" if metric.slice else ""
    parts = [
        f"{what}: {_figure_en(metric, definition.unit)}",
        f"rising: {', '.join(_one_line(each) for each in words)}" if words else "",
        f"effect {_number(metric.measured.effect)}, threshold {_number(verdict.threshold)}",
        _band_en(metric, definition.unit),
        f"adjusted p {_chance(verdict.adjusted_p)}",
        f"{verdict.nights} nights in a row" if verdict.nights > 1 else "tonight for the first time",
        f"also in {', '.join(_one_line(each) for each in slices)}" if slices else "",
    ]
    return "; ".join(part for part in parts if part)


def message_zh(metric: Metric, verdict: Verdict, slices: Sequence[str], words: Sequence[str] = ()) -> str:
    """The line in Chinese.

    Args:
        metric: The metric.
        verdict: What is thought of it.
        slices: Slices that show the same.
        words: Words that it is about.
    """
    definition = CATALOGUE[metric.name]
    what = definition.title_zh + (f"“{_one_line(metric.item)}”" if metric.item else "")
    what += f"[{_one_line(metric.slice)}]" if metric.slice else ""
    parts = [
        f"{what}：{_figure_zh(metric, definition.unit)}",
        f"上升的词：{'、'.join(_one_line(each) for each in words)}" if words else "",
        f"效应量 {_number(metric.measured.effect)}，阈值 {_number(verdict.threshold)}",
        _band_zh(metric, definition.unit),
        f"校正后 p {_chance(verdict.adjusted_p)}",
        f"已连续 {verdict.nights} 晚" if verdict.nights > 1 else "今晚首次出现",
        f"同样出现于 {'、'.join(_one_line(each) for each in slices)}" if slices else "",
    ]
    return "；".join(part for part in parts if part)


def _figure_en(metric: Metric, unit: Unit) -> str:
    now, before = (_with_unit(x, unit) for x in (metric.level, metric.level_before))
    if not now:
        return _with_unit(metric.measured.value, unit)
    return f"{now} now, {before} before" if before else f"{now} now"


def _figure_zh(metric: Metric, unit: Unit) -> str:
    now, before = (_with_unit(x, unit, _UNITS_ZH) for x in (metric.level, metric.level_before))
    if not now:
        return _with_unit(metric.measured.value, unit, _UNITS_ZH)
    return f"现为 {now}，此前 {before}" if before else f"现为 {now}"


def _band_en(metric: Metric, unit: Unit) -> str:
    low, high = _band(metric, unit, " points")
    if not high:
        return ""
    what = "a change" if _is_difference(metric) else "the figure"
    return f"chance alone keeps {what} {f'between {low} and' if low else 'under'} {high}"


def _band_zh(metric: Metric, unit: Unit) -> str:
    low, high = _band(metric, unit, " 个百分点", _UNITS_ZH)
    if not high:
        return ""
    what = "变化" if _is_difference(metric) else "该值"
    return f"若无变化，{what}应" + (f"在 {low} 至 {high}之间" if low else f"低于 {high}")


def _is_difference(metric: Metric) -> bool:
    """Whether the value is the level now less the level before; that of the number of rows is their ratio."""
    return metric.name != "rows" and math.isfinite(metric.level_before)


def _band(metric: Metric, unit: Unit, points: str, names: dict[str, str] | None = None) -> tuple[str, str]:
    """Ends of the null band as text; the lower one empty where only large values speak of change."""
    low, high = metric.measured.null_low, metric.measured.null_high
    if not math.isfinite(high):
        return "", ""
    one_sided = not math.isfinite(low) or (low == 0.0 and not _is_difference(metric))
    if metric.name == "rows":
        low, high = low * metric.level_before, high * metric.level_before
    if not _is_difference(metric):
        return ("" if one_sided else _with_unit(low, unit, names)), _with_unit(high, unit, names)
    ends = ["" if one_sided else _difference(low, unit), _difference(high, unit)]
    of = points if unit == "share" else "" if unit == "score" else f" {(names or {}).get(unit, unit)}"
    return ends[0], ends[1] + of


def _difference(value: float, unit: Unit) -> str:
    if unit == "share":
        return _signed(100 * value, 2)
    return _signed(value, 2 if unit == "tokens" else 3)


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text


def _with_unit(value: float, unit: Unit, names: dict[str, str] | None = None) -> str:
    """A level with its unit; empty when there is none."""
    if not math.isfinite(value):
        return ""
    if unit == "share":
        return f"{100 * value:.{1 if abs(value) >= 0.01 else 2}f}%"
    if unit == "score":
        return f"{value:.3f}"
    name = (names or {}).get(unit, unit)
    return f"{value:,.0f} {name}" if unit == "rows" else f"{value:.{1 if unit == 'tokens' else 3}f} {name}"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 0.1 else f"{value:.2f}"


def _chance(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.2g}"


def _one_line(text: str) -> str:
    """What the data says, fit for a log: no line ends, no control characters."""
    return "".join(each if each.isprintable() else " " for each in text)
