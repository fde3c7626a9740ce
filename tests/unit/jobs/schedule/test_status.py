from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.schedule.status import JobStatus, schedule_status
from tests.support.simulated_scheduler import AlertingScheduler, job

START = datetime(2026, 1, 5, 12, 0)


def world_of(tmp_path: Path, **more: int) -> AlertingScheduler:
    """Its scheduler was set up on the 5th; it is noon of the 8th, and nobody ran a night since."""
    world = AlertingScheduler(tmp_path, [job(**more)], START)
    world.watch.round("comment")
    world.sleep(days=3)
    return world


def status(world: AlertingScheduler) -> JobStatus:
    (found,) = schedule_status(world.home_of_alerts(), world.now)
    return found


def test_a_night_under_way_and_one_that_waits_are_not_missed(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    assert status(world).missed == (date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7))
    world.record("comment", date(2026, 1, 5), "failed")
    world.sleep(minutes=1)
    world.record("comment", date(2026, 1, 6), "running", host="elsewhere")
    found = status(world)
    assert found.missed == (date(2026, 1, 7),)
    failed, running = found.open_nights
    assert (failed.night, failed.state) == (date(2026, 1, 5), "failed")
    assert failed.again_by == world.now + timedelta(minutes=9)
    assert (running.night, running.state, running.again_by) == (date(2026, 1, 6), "running", None)


def test_waits_double_and_one_that_is_over_is_now(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    for _ in range(3):
        world.record("comment", date(2026, 1, 5), "failed")
        world.sleep(minutes=1)
    assert status(world).open_nights[0].again_by == world.now + timedelta(minutes=39)
    world.sleep(days=1)
    assert status(world).open_nights[0].again_by == world.now


def test_nights_that_are_given_up_are_shown(tmp_path: Path) -> None:
    found = status(world_of(tmp_path, catch_up_nights=0))
    assert found.missed == (date(2026, 1, 7),)
    (span,) = found.given_up
    assert span.logical_dates == (date(2026, 1, 5), date(2026, 1, 6))
    told: dict[str, Any] = found.as_dict()
    assert told["given_up"] == [["2026-01-05", "2026-01-06"]]
    assert (told["missed"], told["open"]) == (["2026-01-07"], [])


def test_an_alert_of_the_last_night_is_known(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    assert not status(world).alerted
    world.record("comment", date(2026, 1, 7), "done")
    assert not status(world).alerted
    (record,) = world.runs.list("comment")
    steps = {"monitor": {"state": "done", "alerted": True}}
    world.runs.write(replace(record, figures={"steps": steps}))
    assert status(world).alerted
