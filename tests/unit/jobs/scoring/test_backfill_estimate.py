"""What a backfill will take: its arithmetic, and what people read of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.config.model import Config
from jobs.config.sections.scoring import Task
from jobs.runs.disk_space import Room
from jobs.scoring.backfill import BackfillRequest
from jobs.scoring.backfill_dates import DateWork
from jobs.scoring.backfill_estimate import Estimate, estimate
from jobs.scoring.estimates import Footprint, Rate
from storage.errors import ConfigError, NoInput
from tests.support.predictions import slot_of, units_of

DAY = date(2026, 1, 5)
WORK = (
    DateWork(DAY, None, units_of(slot_of(), 6_000, 1_000)),
    DateWork(date(2026, 1, 6), None, (), NoInput("no file")),
)
ESTIMATE = Estimate(
    "b1",
    WORK,
    Rate(100.0, "runs", 3),
    None,
    Footprint(80, 150, known=True),
    [Room((Path("/home"),), 1_000_000, 2_000_000)],
)


def test_time_is_rows_by_the_slower_of_machine_and_bound() -> None:
    assert (ESTIMATE.rows, ESTIMATE.seconds) == (6_000, 60.0)
    assert replace(ESTIMATE, rows_per_second=20.0).seconds == 300.0
    assert replace(ESTIMATE, rows_per_second=500.0).seconds == 60.0
    assert replace(ESTIMATE, rate=Rate(None, "unknown", 0), rows_per_second=20.0).seconds is None
    assert replace(ESTIMATE, work=WORK[1:]).seconds == 0.0


def test_every_file_system_has_to_have_room() -> None:
    assert ESTIMATE.fits
    full = replace(ESTIMATE, rooms=[*ESTIMATE.rooms, Room((Path("/w"),), 3_000_000, 2_000_000)])
    assert not full.fits
    assert [line.endswith("NOT ENOUGH") for line in full.lines()] == [False, False, False, True]


def test_lines_say_how_the_time_is_known() -> None:
    assert ESTIMATE.lines() == [
        "6,000 rows of 1 dates to score with bundle b1",
        "time: about 60 s at 100 docs/s, of 3 past runs; starting and loading come on top",
        "disk: about 1.0 MB in /home, 2.0 MB free",
    ]
    held = replace(ESTIMATE, rate=Rate(100.0, "measured", 256), rows_per_second=20.0)
    assert "measured on 256 rows, held to 20 rows/s" in held.lines()[1]
    assert "nobody knows" in replace(ESTIMATE, rate=Rate(None, "unknown", 0)).lines()[1]
    assert "is assumed" in replace(ESTIMATE, footprint=Footprint(80, 150, known=False)).lines()[-1]


def test_the_json_form() -> None:
    flat = json.loads(json.dumps(ESTIMATE.as_dict()))
    assert (flat["rows"], flat["seconds"], flat["fits"], flat["rooms"][0]["folders"]) == (6_000, 60.0, True, ["/home"])
    assert flat["dates"] == [
        {"date": "2026-01-05", "files": 0, "rows": 0, "to_do": 6_000, "problem": None},
        {"date": "2026-01-06", "files": 0, "rows": 0, "to_do": 0, "problem": "no file"},
    ]


def test_looking_ahead_writes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path, Config(tasks={"comment": Task(input=("dumps/dt={date}",))}))
    found = estimate(home, BackfillRequest(task="comment", first=DAY, last=date(2026, 1, 6)))
    assert (found.rows, found.rate.source) == (0, "unknown")
    assert [each.problem is not None for each in found.work] == [True, True]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError):
        estimate(home, BackfillRequest(task="comment", first=DAY, last=date(2026, 1, 4)))
