from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from jobs.config.home import CONFIG_NAME, Home

from jobs.config.file import find_home
from jobs.runs.locks import task_lock
from jobs.schedule.run_alerts import Duties, judge_home, tell_of_runs
from monitoring.alerts.punctuality import ExpectedRun
from storage.errors import RunLocked

DUE = datetime(2026, 1, 5, 18, 30, tzinfo=UTC)
EXPECTED = ExpectedRun("nightly", "comment", date(2026, 1, 5), DUE)
LATE = DUE + timedelta(minutes=31)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    text = "[runs]\nstart_within_min = 30\n[[monitor.sinks]]\nkind = 'jsonl'\npath = 'told.jsonl'\n"
    (tmp_path / CONFIG_NAME).write_text(text, "utf-8")
    return find_home(tmp_path, tmp_path)


def told(home: Home) -> list[dict[str, str]]:
    file = home.root / "told.jsonl"
    return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def test_people_are_told_once(home: Home) -> None:
    assert judge_home(home, Duties([EXPECTED]), DUE) == ()
    (report,) = tell_of_runs(home, Duties([EXPECTED]), LATE)
    assert report.waiting == 0
    tell_of_runs(home, Duties([EXPECTED]), LATE + timedelta(hours=1))
    (alert,) = told(home)
    assert (alert["trouble"], alert["task"], alert["logical_date"]) == ("missed", "comment", "2026-01-05")


def test_a_sink_that_was_broken_is_told_when_it_is_mended(home: Home) -> None:
    (home.root / "told.jsonl").mkdir()
    (report,) = tell_of_runs(home, Duties([EXPECTED]), LATE)
    assert (report.waiting, len(report.failures)) == (1, 1)
    (home.root / "told.jsonl").rmdir()
    tell_of_runs(home, Duties([replace(EXPECTED, logical_date=date(2026, 1, 6), due_at=LATE)]), LATE)
    assert [each["logical_date"] for each in told(home)] == ["2026-01-05"]


def test_two_at_once_would_tell_twice(home: Home) -> None:
    with task_lock(home.locks, "comment", "run-alerts"), pytest.raises(RunLocked):
        tell_of_runs(home, Duties([EXPECTED]), LATE)
    assert told(home) == []
