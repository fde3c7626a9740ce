"""What the scheduler tells people of nights that went wrong."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

from jobs.config import Config, Home
from jobs.scheduling.service import check, expected_nights
from tests.support.watching import World, job

START = datetime(2026, 1, 5, 12, 0)


def home_of(world: World) -> Home:
    sinks, jobs = [{"kind": "jsonl", "path": "alerts.jsonl"}], [{"task": "comment", "cron": "30 2 * * *"}]
    flat = {"monitor": {"sinks": sinks}, "tasks": {"comment": {}}, "schedule": {"jobs": jobs}}
    return Home(world.home.root, Config.model_validate(flat))


def told(world: World) -> list[tuple[str, str]]:
    """Date and trouble of what has arrived at the sink, after a look now."""
    check(home_of(world), world.now)
    file = world.home.root / "alerts.jsonl"
    alerts = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    return [(each["logical_date"], each["trouble"]) for each in alerts]


def test_nights_that_go_well_are_not_told(tmp_path: Path) -> None:
    world = World(tmp_path, [job()], START)
    world.live(days=3)
    since = {"comment": world.now - timedelta(days=3)}
    assert [each.logical_date for each in expected_nights(world.jobs, since, world.now)] == [
        date(2026, 1, 5),
        date(2026, 1, 6),
        date(2026, 1, 7),
    ]
    assert told(world) == []


def test_a_night_that_nobody_ran_is_told_once(tmp_path: Path) -> None:
    world = World(tmp_path, [job()], START)
    world.live(minutes=1)
    world.sleep(hours=16)  # until 04:01: the hour was 02:30
    assert told(world) == [("2026-01-05", "missed")]
    assert told(world) == [("2026-01-05", "missed")]


def test_a_night_that_keeps_failing_is_told_and_the_next_one_is_another(tmp_path: Path) -> None:
    world = World(tmp_path, [job()], START, answer=lambda _task, _night, _count: 1)
    world.live(hours=17)
    assert told(world) == [("2026-01-05", "failed")]
    world.live(days=1)
    assert [day for day, _ in told(world)] == ["2026-01-05", "2026-01-06"]


def test_what_is_wrong_is_returned_until_it_is_mended(tmp_path: Path) -> None:
    world = World(tmp_path, [job()], START)
    world.live(minutes=1)
    world.sleep(hours=16)
    assert [each.trouble for each in check(home_of(world), world.now)] == ["missed"]
    world.live(hours=1)
    assert [each.trouble for each in check(home_of(world), world.now)] == []
