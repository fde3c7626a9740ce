"""What the scheduler tells people of nights that went wrong."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

from jobs.calendar.occasions import Occasion
from jobs.config.file import Config, Home
from jobs.schedule.service import check, expected_nights, night_command
from tests.support.simulated_scheduler import AlertingScheduler, SimulatedScheduler, job

START = datetime(2026, 1, 5, 12, 0)


def home_of(world: SimulatedScheduler) -> Home:
    sinks, jobs = [{"kind": "jsonl", "path": "alerts.jsonl"}], [{"task": "comment", "cron": "30 2 * * *"}]
    flat = {"monitor": {"sinks": sinks}, "tasks": {"comment": {}}, "schedule": {"jobs": jobs}}
    return Home(world.home.root, Config.model_validate(flat))


def told(world: SimulatedScheduler) -> list[tuple[str, str]]:
    """Date and trouble of what has arrived at the sink, after a look now."""
    check(home_of(world), world.now)
    file = world.home.root / "alerts.jsonl"
    alerts = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    return [(each["logical_date"], each["trouble"]) for each in alerts]


def test_nights_that_go_well_are_not_told(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], START)
    world.live(days=3)
    since = {"comment": world.now - timedelta(days=3)}
    assert [each.logical_date for each in expected_nights(world.jobs, since, world.now)] == [
        date(2026, 1, 5),
        date(2026, 1, 6),
        date(2026, 1, 7),
    ]
    assert told(world) == []


def test_a_night_that_nobody_ran_is_told_once(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], START)
    world.live(minutes=1)
    world.sleep(hours=16)  # until 04:01: the hour was 02:30
    assert told(world) == [("2026-01-05", "missed")]
    assert told(world) == [("2026-01-05", "missed")]


def test_a_night_that_keeps_failing_is_told_and_the_next_one_is_another(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], START, answer=lambda _task, _night, _count: 1)
    world.live(hours=17)
    assert told(world) == [("2026-01-05", "failed")]
    world.live(days=1)
    assert [day for day, _ in told(world)] == ["2026-01-05", "2026-01-06"]


def test_what_is_wrong_is_returned_until_it_is_mended(tmp_path: Path) -> None:
    world = SimulatedScheduler(tmp_path, [job()], START)
    world.live(minutes=1)
    world.sleep(hours=16)
    assert [each.trouble for each in check(home_of(world), world.now)] == ["missed"]
    world.live(hours=1)
    assert [each.trouble for each in check(home_of(world), world.now)] == []


def test_nights_that_are_given_up_are_told_once_for_all(tmp_path: Path) -> None:
    world = AlertingScheduler(tmp_path, [job(catch_up_nights=2)], START)
    world.live(minutes=1)
    world.sleep(days=10)
    world.live(hours=3)
    assert world.nights() == [date(2026, 1, 12), date(2026, 1, 13), date(2026, 1, 14)]
    assert world.troubles() == [("2026-01-05", "skipped")]
    (alert,) = check(world.home_of_alerts(), world.now)
    assert alert.severity == "critical"
    assert alert.message_en == (
        "nightly given up: 2026-01-05 to 2026-01-11 (7 nights) will not be run any more, because more than 2 "
        "(catch_up_nights) came after; run yeban backfill comment --from 2026-01-05 --to 2026-01-11"
    )


def test_a_span_that_grows_or_is_made_up_for_from_its_beginning_is_not_told_again(tmp_path: Path) -> None:
    world = AlertingScheduler(tmp_path, [job(catch_up_nights=1)], START)
    world.live(minutes=1)
    world.sleep(days=3, hours=12)  # the 5th is given up
    world.look()
    for _ in range(4):
        world.sleep(days=1)
        world.look()
    assert [each for _, each in world.troubles()].count("skipped") == 1
    for day in (5, 6, 7):  # by hand, the oldest first
        world.record("comment", date(2026, 1, day), "done")
        world.sleep(minutes=1)
        world.look()
    assert [each for _, each in world.troubles()].count("skipped") == 1
    (alert,) = (each for each in check(world.home_of_alerts(), world.now) if each.trouble == "skipped")
    assert "2026-01-08 to 2026-01-09 (2 nights)" in alert.message_en


def test_nights_in_a_queue_page_nobody(tmp_path: Path) -> None:
    """Three nights slept through are run one after the other for eleven hours; only what ends too late is told."""
    world = AlertingScheduler(tmp_path, [job()], START, takes=timedelta(hours=3, minutes=40))
    world.live(minutes=1)
    world.sleep(days=3)
    woke = world.now
    world.live(hours=1)
    assert world.nights() == [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)]
    assert {trouble for _, trouble in world.troubles()} == {"late"}
    assert len(world.troubles()) == len(set(world.troubles()))
    assert all(moment > woke + timedelta(hours=6) for moment, _, _ in world.heard)


def test_a_caught_up_night_that_fails_has_the_time_of_its_tries(tmp_path: Path) -> None:
    world = AlertingScheduler(
        tmp_path, [job()], START, answer=lambda _task, _night, count: int(count < 3), takes=timedelta(minutes=10)
    )
    world.live(minutes=1)
    world.sleep(days=1)
    world.live(hours=2)
    assert world.tried(date(2026, 1, 5)) == 3
    assert world.nights() == [date(2026, 1, 5)]
    assert world.troubles() == []


def test_a_scheduler_that_wakes_and_can_run_nothing_tells_of_it(tmp_path: Path) -> None:
    world = AlertingScheduler(tmp_path, [job()], START)
    world.live(minutes=1)
    world.sleep(days=2)
    woke = world.now
    world.watch.stop()
    world.live(hours=2)
    assert world.troubles() == [("2026-01-05", "missed"), ("2026-01-06", "missed")]
    assert {moment - woke for moment, _, _ in world.heard} == {timedelta(minutes=70)}


def test_a_night_writes_its_log_as_the_scheduler_does(tmp_path: Path) -> None:
    world = AlertingScheduler(tmp_path, [job()], START)
    home = world.home_of_alerts()
    (section,) = home.config.schedule.jobs
    occasion = Occasion(date(2026, 1, 5), world.now)
    plain = ["nightly", "comment", "--date", "2026-01-05", "--home", str(tmp_path)]
    assert night_command(home, section, occasion) == plain
    assert night_command(home, section, occasion, as_json=True) == ["--log-json", *plain]
