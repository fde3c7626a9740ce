"""Which runs people are told of: missed, failed, late, slow. A pure function over the records of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

from models.pages.localized_text import LocalizedText
from monitoring.alerts.message import one_line
from monitoring.alerts.run_alert import RunAlert, Trouble, run_alert
from storage.runs.log import RunRecord

_MINUTE_S: Final = 60.0
_SHOWN: Final = 200
"""Characters of a failure in a message."""


@dataclass(frozen=True, slots=True)
class RunRules:
    """When a run is worth an alert.

    Attributes:
        start_within_s: After so long a run that was due and has not started is missed, seconds.
        retry_within_s: After so long a run that was due and failed is told, seconds: another try may mend it before.
        finish_within_s: After so long a run that was due and is not done is late, seconds.
        slow_times: A run is slow when it took more than so many times what the runs before let one expect ...
        slow_margin_s: ... and so many seconds longer, so that small nights don't count.
        past_runs: So many runs before it are compared with.
        least_past: With fewer of them nothing is said.
    """

    start_within_s: float = 3600.0
    retry_within_s: float = 3600.0
    finish_within_s: float = 6 * 3600.0
    slow_times: float = 2.0
    slow_margin_s: float = 600.0
    past_runs: int = 14
    least_past: int = 5


@dataclass(frozen=True, slots=True)
class ExpectedRun:
    """A run that was to be.

    Attributes:
        job: Which job, as its record says: `nightly`, `score`, ...
        task: The task.
        logical_date: The date of the dump.
        due_at: When it was to start, with a time zone.
    """

    job: str
    task: str
    logical_date: date
    due_at: datetime


def judge_runs(
    expected: Sequence[ExpectedRun],
    records: Sequence[RunRecord],
    rules: RunRules,
    now: datetime,
    zone: ZoneInfo,
    watched_since: datetime | None = None,
) -> tuple[RunAlert, ...]:
    """Judge the runs that were to be; at most one alert each, the worst.

    A run counts as *done* when a record says so that was begun, or looked at again, when it was due or later; with two
    hours a night, the second look is one, too. What is wrong with the others depends on how long one could wait for
    them, from the moment when they were due, or from that at which somebody began to watch where that came later: a
    machine that slept is not late before it woke.

    - *missed*: it has not started within `start_within_s`, and the queue before it stands still. The queue moves while
      an older run of the job and task is under way (for `finish_within_s` at most, so that one that hangs hides no
      other) or ended less than `start_within_s` ago.
    - *failed*: its last record says so, none says done, and its first one is `retry_within_s` old: until then another
      try may mend it.
    - *late*: it has started and is not done within `finish_within_s`, or was not. One that was interrupted is not
      failed: it is taken up again, and late when it is not.
    - *slow*: it took much longer than the runs before it would have taken for as many rows (their median).

    Args:
        expected: What was to run; a date may come twice.
        records: Records of runs, in any order, those of earlier nights included: they are what is compared with.
        rules: When it matters.
        now: The present moment, with a zone.
        zone: In which times are told.
        watched_since: When the scheduler woke last; None where there is none.
    """
    alerts: dict[str, RunAlert] = {}
    for each in expected:
        own = [record for record in records if _is_of(record, each)]
        patient_from = max(each.due_at, watched_since) if watched_since else each.due_at
        waiting = _queue_moves(each, expected, own, rules, now)
        found = _judge(each, own, rules, now, zone, patient_from, waiting=waiting)
        if found is not None:
            alerts[found.alert] = found
    return tuple(alerts.values())


def _is_of(record: RunRecord, expected: ExpectedRun) -> bool:
    return record.job == expected.job and record.task == expected.task


def _judge(
    expected: ExpectedRun,
    records: Sequence[RunRecord],
    rules: RunRules,
    now: datetime,
    zone: ZoneInfo,
    patient_from: datetime,
    *,
    waiting: bool,
) -> RunAlert | None:
    own = _attempts(expected, records)
    finish_by = patient_from + timedelta(seconds=rules.finish_within_s)
    done = next((record for record in own if record.state == "done"), None)
    if done is not None:
        return _late_after_all(expected, done, finish_by, zone) or _slow(expected, done, records, rules)
    if not own:
        start_by = patient_from + timedelta(seconds=min(rules.start_within_s, rules.finish_within_s))
        return _missed(expected, zone) if now > start_by and not waiting else None
    if own[-1].state == "failed":
        mend_by = max(expected.due_at, own[0].started_at) + timedelta(seconds=rules.retry_within_s)
        return _failed(expected, own[-1]) if now > mend_by else None
    return _late(expected, own[-1], zone) if now > finish_by else None


def _attempts(expected: ExpectedRun, records: Sequence[RunRecord]) -> list[RunRecord]:
    """The records of a run, the oldest first, without what had come to a good end before it was due."""
    whole = (record for record in records if record.state != "done" or record.done_at is not None)
    own = sorted(
        (record for record in whole if record.logical_date == expected.logical_date),
        key=lambda record: (record.started_at, record.run_id),
    )
    counts = [each.done_at is not None and each.done_at >= expected.due_at for each in own]
    early = [place for place, each in enumerate(own) if each.state == "done" and not counts[place]]
    return [each for place, each in enumerate(own) if counts[place] or place > max(early, default=-1)]


def _queue_moves(
    expected: ExpectedRun,
    others: Sequence[ExpectedRun],
    records: Sequence[RunRecord],
    rules: RunRules,
    now: datetime,
) -> bool:
    """Whether older runs of the same job and task, that were to be, are at work or were a while ago."""
    older = {
        each.logical_date
        for each in others
        if (each.job, each.task) == (expected.job, expected.task) and each.logical_date < expected.logical_date
    }
    return any(_was_at_work(record, rules, now) for record in records if record.logical_date in older)


def _was_at_work(record: RunRecord, rules: RunRules, now: datetime) -> bool:
    if record.state == "running":
        return now <= record.started_at + timedelta(seconds=rules.finish_within_s)
    ended = record.finished_at or record.started_at
    return now <= ended + timedelta(seconds=rules.start_within_s)


def _missed(expected: ExpectedRun, zone: ZoneInfo) -> RunAlert:
    due = _told(expected.due_at, zone)
    return _alert(
        expected,
        "missed",
        "",
        LocalizedText(
            f"{expected.job} 未运行：应于 {due} 开始，至今没有记录",
            f"{expected.job} missed: it was due at {due} and has not started",
        ),
    )


def _failed(expected: ExpectedRun, record: RunRecord) -> RunAlert:
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


def _late(expected: ExpectedRun, record: RunRecord, zone: ZoneInfo) -> RunAlert:
    due = _told(expected.due_at, zone)
    return _alert(
        expected,
        "late",
        record.run_id,
        LocalizedText(
            f"{expected.job} 迟到：应于 {due} 开始，仍未完成（状态 {record.state}）",
            f"{expected.job} late: it was due at {due} and is not done, it is {record.state}",
        ),
    )


def _late_after_all(expected: ExpectedRun, done: RunRecord, finish_by: datetime, zone: ZoneInfo) -> RunAlert | None:
    if done.finished_at is None or done.finished_at <= finish_by:
        return None
    due, ended = _told(expected.due_at, zone), _told(done.finished_at, zone)
    return _alert(
        expected,
        "late",
        done.run_id,
        LocalizedText(
            f"{expected.job} 迟到：应于 {due} 开始，{ended} 才完成",
            f"{expected.job} late: it was due at {due} and was done at {ended}",
        ),
    )


def _slow(expected: ExpectedRun, done: RunRecord, records: Sequence[RunRecord], rules: RunRules) -> RunAlert | None:
    usual_s = expected_seconds(done, records, rules)
    took_s = _seconds(done)
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


def expected_seconds(record: RunRecord, records: Sequence[RunRecord], rules: RunRules) -> float | None:
    """How long the runs before one let expect it to take, seconds; None where there are too few.

    Runs with rows are compared by seconds per row, so that a large dump is not slow; runs without, as they are.

    Args:
        record: A run that is done.
        records: Others, in any order; only earlier ones of the same job and task that are done count.
        rules: How many of them.
    """
    past = [
        each
        for each in records
        if each.state == "done"
        and (each.job, each.task) == (record.job, record.task)
        and each.started_at < record.started_at
        and bool(each.rows) == bool(record.rows)
    ]
    past = sorted(past, key=lambda each: each.started_at)[-rules.past_runs :]
    if len(past) < rules.least_past:
        return None
    if not record.rows:
        return median(_seconds(each) for each in past)
    return median(_seconds(each) / each.rows for each in past) * record.rows


def _seconds(record: RunRecord) -> float:
    return (record.finished_at - record.started_at).total_seconds() if record.finished_at else 0.0


def _told(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _alert(expected: ExpectedRun, trouble: Trouble, run_id: str, message: LocalizedText) -> RunAlert:
    return run_alert(expected.job, expected.task, expected.logical_date, trouble, run_id, message)
