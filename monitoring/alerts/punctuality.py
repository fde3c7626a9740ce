"""Which runs are worth an alert: missed, failed, late, slow. A pure function over the records of runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitoring.alerts import run_messages
from monitoring.alerts.run_alert import RunAlert
from monitoring.alerts.run_rules import ExpectedRun, RunRules
from storage.runs.log import RunRecord


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
    them, from the moment when they were due, or when the scheduler began to watch where that came later: a machine
    that slept is not late before it woke.

    - *missed*: it has not started within `start_within_s`, and the queue before it stands still. The queue moves while
      an older run of the job and task is under way (for `finish_within_s` at most, so that one that hangs hides no
      other) or ended less than `start_within_s` ago.
    - *failed*: its last record says so, none says done, and its first one is `retry_within_s` old: until then another
      try may do better.
    - *late*: it has started and is not done within `finish_within_s`, or was not. One that was interrupted is not
      failed: it is taken up again, and late when it is not.
    - *slow*: it took much longer than the runs before it would have taken for as many rows (their median).

    Args:
        expected: What was to run; a date may come twice.
        records: Records of runs, in any order, those of earlier nights included: they are what is compared with.
        rules: When it matters.
        now: The present moment, with a zone.
        zone: Of the times in messages.
        watched_since: When the scheduler woke last; None where there is none.
    """
    alerts: dict[str, RunAlert] = {}
    for each in expected:
        own = [record for record in records if _is_of(record, each)]
        waits_from = max(each.due_at, watched_since) if watched_since else each.due_at
        waiting = _queue_moves(each, expected, own, rules, now)
        found = _judge(each, own, rules, now, zone, waits_from, waiting=waiting)
        if found is not None:
            alerts[found.id] = found
    return tuple(alerts.values())


def _is_of(record: RunRecord, expected: ExpectedRun) -> bool:
    return record.job == expected.job and record.task == expected.task


def _judge(
    expected: ExpectedRun,
    records: Sequence[RunRecord],
    rules: RunRules,
    now: datetime,
    zone: ZoneInfo,
    waits_from: datetime,
    *,
    waiting: bool,
) -> RunAlert | None:
    own = _attempts(expected, records)
    finish_by = waits_from + timedelta(seconds=rules.finish_within_s)
    done = next((record for record in own if record.state == "done"), None)
    if done is not None:
        return run_messages.late_after_all(expected, done, finish_by, zone) or run_messages.slow(
            expected, done, records, rules
        )
    if not own:
        start_by = waits_from + timedelta(seconds=min(rules.start_within_s, rules.finish_within_s))
        return run_messages.missed(expected, zone) if now > start_by and not waiting else None
    if own[-1].state == "failed":
        wait_until = max(expected.due_at, own[0].started_at) + timedelta(seconds=rules.retry_within_s)
        return run_messages.failed(expected, own[-1]) if now > wait_until else None
    return run_messages.late(expected, own[-1], zone) if now > finish_by else None


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
