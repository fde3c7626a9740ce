from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from monitoring.alerts.run_durations import expected_seconds, seconds_of
from monitoring.alerts.run_rules import RunRules
from storage.runs.log import RunRecord, RunState

START = datetime(2026, 1, 5, 18, 30, tzinfo=UTC)
RULES = RunRules(least_past=3, past_runs=4)


def record(number: int, seconds: float, rows: int, job: str = "nightly", state: RunState = "done") -> RunRecord:
    began = START + timedelta(days=number)
    return RunRecord(
        run_id=str(number),
        job=job,
        task="comment",
        logical_date=date(2026, 1, 5) + timedelta(days=number),
        bundle="b",
        started_at=began,
        finished_at=None if state == "running" else began + timedelta(seconds=seconds),
        state=state,
        rows=rows,
        units=0,
        failures=[],
        metrics={},
        host="h",
        pid=1,
    )


def test_runs_with_rows_are_compared_by_the_row() -> None:
    past = [record(number, 10 * (number + 1), 100) for number in range(3)]
    assert expected_seconds(record(5, 1, 1000), past, RULES) == 200


def test_runs_without_rows_as_they_are() -> None:
    past = [record(number, 10 * (number + 1), 0) for number in range(3)]
    assert expected_seconds(record(5, 1, 0), past, RULES) == 20
    assert expected_seconds(record(5, 1, 7), past, RULES) is None


def test_only_the_last_runs_of_the_same_job_that_are_done_count() -> None:
    past = [record(number, 100 if number < 4 else 10, 1) for number in range(8)]
    others = [record(9, 999, 1, job="score"), record(9, 999, 1, state="failed"), record(11, 999, 1)]
    assert expected_seconds(record(10, 1, 1), [*past, *others], RULES) == 10


def test_a_run_that_is_not_done_took_no_time() -> None:
    assert seconds_of(record(0, 12, 1)) == 12
    assert seconds_of(record(0, 12, 1, state="running")) == 0
