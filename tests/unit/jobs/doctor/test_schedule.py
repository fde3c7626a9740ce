from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from jobs.config.home import CONFIG_NAME, Home

from jobs.config.file import find_home
from jobs.doctor.check import Diagnosis
from jobs.doctor.schedule import check_schedule
from jobs.runs.locks import scheduler_lock
from jobs.runs.record import recorded_run
from jobs.schedule.records import SinceStore
from storage.records import Slot

NOW = datetime(2026, 1, 6, 2, tzinfo=UTC)  # 10:00 in Shanghai
TWO_JOBS = """
[[schedule.jobs]]
task = "comment"
heartbeat_url = "env:YEBAN_BEAT"
[[schedule.jobs]]
task = "weibo"
heartbeat_url = "https://beats.example/x"
"""
BEAT = {"YEBAN_BEAT": "https://beats.example/secret"}


def home_with(folder: Path, schedule: str = TWO_JOBS) -> Home:
    (folder / CONFIG_NAME).write_text(f"[tasks.comment]\n[tasks.weibo]\n{schedule}", "utf-8")
    return find_home(folder, folder)


def looked(home: Home, environment: Mapping[str, str] = BEAT, *, apscheduler: bool = True) -> list[Diagnosis]:
    found = list(check_schedule(home, NOW, environment, apscheduler=apscheduler))
    assert all(each.about == "schedule" for each in found)
    assert all(each.level == "ok" or each.action for each in found)
    return found


def answers_since(home: Home, days: float) -> None:
    SinceStore(home.schedule).begin(["comment", "weibo"], NOW - timedelta(days=days))


def record(home: Home, task: str, night: date, state: str) -> None:
    """A night of another machine, whose process can't be asked."""
    runs = home.run_log
    with recorded_run(runs, "nightly", Slot(task, night, "b1")) as tally:
        pass
    runs.write(replace(runs.get(tally.run_id), state=state, started_at=NOW, host="another"))  # type: ignore[arg-type]


def test_nothing_is_scheduled(tmp_path: Path) -> None:
    (check,) = looked(home_with(tmp_path, ""), {}, apscheduler=False)
    assert check.level == "ok"
    assert "no [[schedule.jobs]]" in check.found


def test_without_apscheduler_cron_may_run_them(tmp_path: Path) -> None:
    first, *rest = looked(home_with(tmp_path), apscheduler=False)
    assert first.level == "warning"
    assert "APScheduler is not installed" in first.found
    assert "make nights" in first.action
    assert "cron" in first.action
    assert [each.level for each in rest] == ["ok"]


def test_no_scheduler_is_well_as_long_as_no_night_is_missed(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    (check,) = looked(home)
    assert (check.level, "no scheduler runs" in check.found) == ("ok", True)
    answers_since(home, 2.0)
    (check,) = looked(home)
    assert check.level == "warning"
    assert "comment 2026-01-04, 2026-01-05; weibo 2026-01-04, 2026-01-05" in check.found
    assert "yeban schedule start" in check.action
    assert "yeban nightly" in check.action
    for task in ("comment", "weibo"):
        for day in (4, 5):
            record(home, task, date(2026, 1, day), "done")
    assert [each.level for each in looked(home)] == ["ok"]


@pytest.mark.parametrize(("state", "level"), [("running", "ok"), ("failed", "warning"), ("staged", "warning")])
def test_a_night_under_way_is_not_missed(tmp_path: Path, state: str, level: str) -> None:
    home = home_with(tmp_path)
    answers_since(home, 1.0)
    record(home, "weibo", date(2026, 1, 5), "done")
    record(home, "comment", date(2026, 1, 5), state)
    assert [each.level for each in looked(home)] == [level]


def test_many_missed_nights_are_counted(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    answers_since(home, 30.0)
    check, *given_up = looked(home)
    assert "weibo 8 nights, 2025-12-29 to 2026-01-05" in check.found
    assert [each.level for each in given_up] == ["warning"] * 2
    assert "to 2025-12-28 came and were given up" in given_up[0].found
    assert "yeban backfill comment --from" in given_up[0].action


def test_a_scheduler_that_runs_is_named_and_what_it_has_missed(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    with scheduler_lock(home.locks):
        (check,) = looked(home)
        assert check.level == "ok"
        assert "2 jobs" in check.found
        answers_since(home, 1.0)
        (check,) = looked(home)
    assert check.level == "warning"
    assert "comment 2026-01-05" in check.found
    assert "yeban schedule list" in check.action


@pytest.mark.parametrize("environment", [{}, {"YEBAN_BEAT": ""}])
def test_a_heartbeat_without_its_address_stops_the_next_start(tmp_path: Path, environment: dict[str, str]) -> None:
    home = home_with(tmp_path)
    first, *_ = looked(home, environment)
    assert first.level == "problem"
    assert "YEBAN_BEAT" in first.found
    assert "schedule start" in first.action
    with scheduler_lock(home.locks):  # it was started where the variable is set
        first, *_ = looked(home, environment)
    assert first.level == "warning"
