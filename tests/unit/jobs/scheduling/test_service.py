"""What the scheduler tells people of nights that went wrong."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

from jobs.config import Config, Home
from jobs.run_alerts import tell_of_runs
from jobs.scheduling.service import expected_nights
from tests.support.watching import World, job

START = datetime(2026, 1, 5, 12, 0)


def told(world: World) -> list[tuple[str, str]]:
    """Date and trouble of what has arrived at the sink, after a look now."""
    config = Config.model_validate({"monitor": {"sinks": [{"kind": "jsonl", "path": "alerts.jsonl"}]}})
    tell_of_runs(Home(world.home.root, config), expected_nights(world.watch, world.jobs), world.now)
    file = world.home.root / "alerts.jsonl"
    alerts = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    return [(each["logical_date"], each["trouble"]) for each in alerts]


def test_nights_that_go_well_are_not_told(tmp_path: Path) -> None:
    world = World(tmp_path, [job()], START)
    world.live(days=3)
    assert [each.logical_date for each in expected_nights(world.watch, world.jobs)] == [
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
