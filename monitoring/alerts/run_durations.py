"""How long runs took, and how long one was to take by those before it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from monitoring.alerts.run_rules import RunRules
from storage.runs.log import RunRecord


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
        return median(seconds_of(each) for each in past)
    return median(seconds_of(each) / each.rows for each in past) * record.rows


def seconds_of(record: RunRecord) -> float:
    """How long a run took, seconds; 0 for one that is not done."""
    return (record.finished_at - record.started_at).total_seconds() if record.finished_at else 0.0
