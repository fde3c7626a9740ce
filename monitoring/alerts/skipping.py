"""Runs that will not be made any more: one alert for a whole span of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.pages.localized_text import LocalizedText
from monitoring.alerts.run_alert import RunAlert, run_alert


@dataclass(frozen=True, slots=True)
class SkippedRuns:
    """Runs in a row that were given up.

    Attributes:
        job: Which job, as its record would say.
        task: The task.
        first: The date with which the span begins, made up for or not: it names the alert, so one that grows or
            shrinks is no new alert.
        logical_dates: Dates that are missing, ascending; not empty.
        kept: Missed runs that are caught up with, beside the newest.
    """

    job: str
    task: str
    first: date
    logical_dates: tuple[date, ...]
    kept: int


def judge_skipped(spans: Sequence[SkippedRuns]) -> tuple[RunAlert, ...]:
    """One alert for each span, and in it the command that makes up for it."""
    return tuple(
        run_alert(each.job, each.task, each.first, "skipped", "", _message(each, make_up_command(each)))
        for each in spans
    )


def make_up_command(span: SkippedRuns) -> str:
    """The command that runs them after all."""
    first, last = span.logical_dates[0], span.logical_dates[-1]
    if first == last:
        return f"yeban nightly {span.task} --date {first}"
    return f"yeban backfill {span.task} --from {first} --to {last}"


def _message(span: SkippedRuns, command: str) -> LocalizedText:
    first, last, count = span.logical_dates[0], span.logical_dates[-1], len(span.logical_dates)
    dates = (
        LocalizedText(str(first), str(first))
        if count == 1
        else LocalizedText(f"{first} 至 {last}", f"{first} to {last}")
    )
    return LocalizedText(
        f"{span.job} 已放弃：{dates.zh}（{count} 晚）不会再补跑，其后已超过 {span.kept} 晚（catch_up_nights）；"
        f"请运行 {command}",
        f"{span.job} given up: {dates.en} ({count} night{'s' * (count > 1)}) will not be run any more, because more "
        f"than {span.kept} (catch_up_nights) came after; run {command}",
    )
