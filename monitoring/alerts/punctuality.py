"""Which runs people are told of: missed, failed, late, slow. A pure function over the records of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final, Literal
from zoneinfo import ZoneInfo

from monitoring.alerts.message import one_line
from monitoring.findings.judgement import Severity
from monitoring.wording.phrase import Phrase
from storage.records import digest
from storage.runs import RunRecord

Trouble = Literal["missed", "failed", "late", "slow"]

_SEVERITY: Final[dict[Trouble, Severity]] = {
    "missed": "critical",
    "failed": "critical",
    "late": "warning",
    "slow": "warning",
}
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


@dataclass(frozen=True, slots=True)
class RunAlert:
    """What people are told of a run.

    Attributes:
        alert: Its id: the same for the same job, task, date and trouble, whoever finds it.
        task: The task.
        logical_date: The date.
        job: The job.
        trouble: What is wrong.
        severity: How bad.
        run_id: The run's record; empty where there is none.
        message_en: One line in English.
        message_zh: The same in Chinese.
    """

    alert: str
    task: str
    logical_date: date
    job: str
    trouble: Trouble
    severity: Severity
    run_id: str
    message_en: str
    message_zh: str

    @property
    def is_new(self) -> bool:
        """Always: who was told already is for the outbox to know."""
        return True


def judge_runs(
    expected: Sequence[ExpectedRun], records: Sequence[RunRecord], rules: RunRules, now: datetime, zone: ZoneInfo
) -> tuple[RunAlert, ...]:
    """Judge the runs that were to be; at most one alert each, the worst.

    A run is *missed* when it has not started in time, *failed* when its last record says so, none says done, and the
    time for other tries is over, *late* when it is not done in time, or was not, and *slow* when it took much longer
    than the runs before it would have taken for as many rows (their median). One that was interrupted is not failed:
    it is taken up again, and late when it is not.

    Args:
        expected: What was to run; a date may come twice.
        records: Records of runs, in any order, those of earlier nights included: they are what is compared with.
        rules: When it matters.
        now: The present moment, with a zone.
        zone: In which times are told.
    """
    alerts: dict[str, RunAlert] = {}
    for each in expected:
        found = _judge(each, [record for record in records if _is_of(record, each)], rules, now, zone)
        if found is not None:
            alerts[found.alert] = found
    return tuple(alerts.values())


def _is_of(record: RunRecord, expected: ExpectedRun) -> bool:
    return record.job == expected.job and record.task == expected.task


def _judge(
    expected: ExpectedRun, records: Sequence[RunRecord], rules: RunRules, now: datetime, zone: ZoneInfo
) -> RunAlert | None:
    own = sorted(
        (record for record in records if record.logical_date == expected.logical_date),
        key=lambda record: (record.started_at, record.run_id),
    )
    done = next((record for record in own if record.state == "done"), None)
    if done is not None:
        return _late_after_all(expected, done, rules, zone) or _slow(expected, done, records, rules)
    if own and own[-1].state == "failed":
        return _failed(expected, own[-1]) if now > expected.due_at + timedelta(seconds=rules.retry_within_s) else None
    if now > expected.due_at + timedelta(seconds=rules.finish_within_s):
        return _late(expected, own[-1], zone) if own else _missed(expected, zone)
    if not own and now > expected.due_at + timedelta(seconds=rules.start_within_s):
        return _missed(expected, zone)
    return None


def _missed(expected: ExpectedRun, zone: ZoneInfo) -> RunAlert:
    due = _told(expected.due_at, zone)
    return _alert(
        expected,
        "missed",
        "",
        Phrase(
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
        Phrase(
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
        Phrase(
            f"{expected.job} 迟到：应于 {due} 开始，仍未完成（状态 {record.state}）",
            f"{expected.job} late: it was due at {due} and is not done, it is {record.state}",
        ),
    )


def _late_after_all(expected: ExpectedRun, done: RunRecord, rules: RunRules, zone: ZoneInfo) -> RunAlert | None:
    limit = expected.due_at + timedelta(seconds=rules.finish_within_s)
    if done.finished_at is None or done.finished_at <= limit:
        return None
    due, ended = _told(expected.due_at, zone), _told(done.finished_at, zone)
    return _alert(
        expected,
        "late",
        done.run_id,
        Phrase(
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
        Phrase(
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


def _alert(expected: ExpectedRun, trouble: Trouble, run_id: str, message: Phrase) -> RunAlert:
    return RunAlert(
        alert=digest("run", expected.job, expected.task, expected.logical_date, trouble),
        task=expected.task,
        logical_date=expected.logical_date,
        job=expected.job,
        trouble=trouble,
        severity=_SEVERITY[trouble],
        run_id=run_id,
        message_en=message.en,
        message_zh=message.zh,
    )
