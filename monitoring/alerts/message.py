"""An alert in one line: what, how much, how sure."""

from __future__ import annotations

from collections.abc import Sequence

from models.pages.localized_text import NO_TEXT, LocalizedText
from monitoring.findings.judgement import Verdict
from monitoring.findings.record import Metric
from monitoring.metrics.registry import CATALOGUE
from monitoring.wording.metric_text import metric_title, now_and_before, size_of_change, unit_of_change, usual_range
from monitoring.wording.number_format import DASH, p_value


def alert_message(metric: Metric, verdict: Verdict, slices: Sequence[str], words: Sequence[str] = ()) -> LocalizedText:
    """Put an alert into words.

    Args:
        metric: The metric.
        verdict: Its verdict.
        slices: Slices that show the same.
        words: Words that it is about.
    """
    title = metric_title(metric.name, one_line(metric.slice), one_line(metric.item))
    chance = p_value(verdict.adjusted_p)
    chance = chance if chance.startswith("<") else f"= {chance}"
    parts = [
        _figure(metric, title),
        _listed(LocalizedText("上升的词：", "rising: "), words),
        _size(metric, verdict),
        _usual(metric),
        LocalizedText(f"校正后 p {chance}", f"adjusted p {chance}"),
        _nights(verdict.nights),
        _listed(LocalizedText("同样出现于 ", "also in "), slices),
    ]
    shown = [part for part in parts if part.en]
    return LocalizedText("；".join(part.zh for part in shown), "; ".join(part.en for part in shown))


def one_line(text: str) -> str:
    """A text from the data, fit for a log: no line ends, no control characters."""
    return "".join(each if each.isprintable() else " " for each in text)


def _figure(metric: Metric, title: LocalizedText) -> LocalizedText:
    now, before = now_and_before(metric, CATALOGUE[metric.name].unit)
    was = LocalizedText(f"，此前 {before}", f", {before} before") if before else NO_TEXT
    return LocalizedText(f"{title.zh}：现为 {now}{was.zh}", f"{title.en}: {now} now{was.en}")


def _size(metric: Metric, verdict: Verdict) -> LocalizedText:
    times = f"{size_of_change(metric, verdict.threshold):.1f}"
    return LocalizedText(f"变化为阈值的 {times} 倍", f"the change is {times} times its threshold")


def _usual(metric: Metric) -> LocalizedText:
    usual, unit = usual_range(metric, CATALOGUE[metric.name].unit), unit_of_change(metric)
    if usual == DASH:
        return NO_TEXT
    zh, en = (f" {each}" if each else "" for each in (unit.zh, unit.en))
    return LocalizedText(f"平常 {usual}{zh}", f"usually {usual}{en}")


def _nights(nights: int) -> LocalizedText:
    if nights > 1:
        return LocalizedText(f"已连续 {nights} 晚", f"{nights} nights in a row")
    return LocalizedText("今晚首次出现", "tonight for the first time")


def _listed(what: LocalizedText, names: Sequence[str]) -> LocalizedText:
    shown = [one_line(name) for name in names]
    return LocalizedText(what.zh + "、".join(shown), what.en + ", ".join(shown)) if shown else NO_TEXT
