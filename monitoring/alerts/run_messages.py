"""The alerts on runs, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from models.pages.localized_text import LocalizedText
from monitoring.alerts.message import one_line
from monitoring.alerts.run_alert import RunAlert, Trouble, run_alert
from monitoring.alerts.run_durations import expected_seconds, seconds_of
from monitoring.alerts.run_rules import ExpectedRun, RunRules
from storage.runs.log import RunRecord

_MINUTE_S: Final = 60.0
_SHOWN: Final = 200
"""Characters of a failure in a message."""


def missed(expected: ExpectedRun, zone: ZoneInfo) -> RunAlert:
    """An alert on a run that has not started."""
    due = _moment(expected.due_at, zone)
    return _alert(
        expected,
        "missed",
        "",
        LocalizedText(
            f"{expected.job} 未运行：应于 {due} 开始，至今没有记录",
            f"{expected.job} missed: it was due at {due} and has not started",
        ),
    )


def failed(expected: ExpectedRun, record: RunRecord) -> RunAlert:
    """An alert on a run whose last try failed."""
    why = one_line(record.failures[0].partition("\n")[0])[:_SHOWN] if record.failures else ""
    return _alert(
        expected,
        "failed",
        record.run_id,
        LocalizedText(
            f"{expected.job} 失败" + (f"：{why}" if why else ""),
            f"{expected.job} failed" + (f": {why}" if why else ""),
        ),
    )


def late(expected: ExpectedRun, record: RunRecord, zone: ZoneInfo) -> RunAlert:
    """An alert on a run that has started and is not done."""
    due = _moment(expected.due_at, zone)
    return _alert(
        expected,
        "late",
        record.run_id,
        LocalizedText(
            f"{expected.job} 迟到：应于 {due} 开始，仍未完成（状态 {record.state}）",
            f"{expected.job} late: it was due at {due} and is not done, it is {record.state}",
        ),
    )


def late_after_all(expected: ExpectedRun, done: RunRecord, finish_by: datetime, zone: ZoneInfo) -> RunAlert | None:
    """An alert on a run that is done and was late; None where it was not."""
    if done.finished_at is None or done.finished_at <= finish_by:
        return None
    due, ended = _moment(expected.due_at, zone), _moment(done.finished_at, zone)
    return _alert(
        expected,
        "late",
        done.run_id,
        LocalizedText(
            f"{expected.job} 迟到：应于 {due} 开始，{ended} 才完成",
            f"{expected.job} late: it was due at {due} and was done at {ended}",
        ),
    )


def slow(expected: ExpectedRun, done: RunRecord, records: Sequence[RunRecord], rules: RunRules) -> RunAlert | None:
    """An alert on a run that took much longer than those before it; None where it did not."""
    usual_s = expected_seconds(done, records, rules)
    took_s = seconds_of(done)
    if usual_s is None or took_s <= max(usual_s * rules.slow_times, usual_s + rules.slow_margin_s):
        return None
    took, usual = took_s / _MINUTE_S, usual_s / _MINUTE_S
    return _alert(
        expected,
        "slow",
        done.run_id,
        LocalizedText(
            f"{expected.job} 变慢：{done.rows:,} 行用了 {took:.0f} 分钟，按以往应为 {usual:.0f} 分钟",
            f"{expected.job} slow: {done.rows:,} rows took {took:.0f} min, usually {usual:.0f} min",
        ),
    )


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _alert(expected: ExpectedRun, trouble: Trouble, run_id: str, message: LocalizedText) -> RunAlert:
    return run_alert(expected.job, expected.task, expected.logical_date, trouble, run_id, message)
