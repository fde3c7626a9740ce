"""A night comes while a backfill is at work: it waits for a unit, goes first, and the backfill takes up again."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import start_yeban, yeban, yeban_process
from tests.support.homes import DAY, NEXT_DAY, Home, comments, covered_once
from tests.support.waiting import PATIENCE_S, wait_until

ROWS, NIGHT = 2_000, "2026-01-10"
PACE = ("--rows-per-second", 25)
"""A unit of 50 rows each two seconds: the backfill is still at work when the night comes."""


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=50)
    texts = comments(ROWS)[0]
    for day in (DAY, NEXT_DAY):
        home.dump("a.parquet", texts, day=day)
    home.dump("a.parquet", texts[:200], day=NIGHT)
    return home


def parts_of(home: Home, day: str) -> int:
    return len(list((home.root / "parts").rglob(f"logical_date={day}/*/part-*.parquet")))


def test_a_night_goes_first_and_the_backfill_takes_up_again(home: Home, tmp_path: Path) -> None:
    log = tmp_path / "log"
    dates = ("--from", DAY, "--to", NEXT_DAY, "--home", home.root)
    with start_yeban("backfill", "comment", *dates, *PACE, log=log) as process:
        try:
            wait_until(lambda: parts_of(home, DAY) >= 2, process, must_run=False)
            night = yeban_process("score", "comment", "--date", NIGHT, "--home", home.root).succeeded()
            before = parts_of(home, DAY)
            assert process.poll() is None, log.read_text()
            assert before < ROWS / 50, "the backfill was over, so nobody gave way"
            assert "200 scored now" in night.out
            assert f"waiting for a unit to be finished by pid {process.pid}" in night.err
            wait_until(lambda: parts_of(home, DAY) > before, process, must_run=False)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 143, log.read_text()
        finally:
            process.kill()
    said = log.read_text()
    assert f"{DAY}: another run of task 'comment' goes first" in said
    assert "Traceback" not in said
    done = parts_of(home, DAY) * 50
    ran = yeban("backfill", "comment", *dates).succeeded()
    assert f"{ROWS - done:,} scored now, {done:,} done before" in ran.out
    for day, rows in ((DAY, ROWS), (NEXT_DAY, ROWS), (NIGHT, 200)):
        assert covered_once(home, {"a.parquet": rows}, day)
    listed = json.loads(yeban("runs", "list", "--json", "--limit", "50", "--home", home.root).out)
    states = [(each["logical_date"], each["state"]) for each in reversed(listed)]
    assert states == [
        (DAY, "interrupted"),  # gave way
        (NIGHT, "done"),
        (DAY, "interrupted"),  # SIGTERM
        (DAY, "done"),
        (NEXT_DAY, "done"),
    ]


def test_a_second_backfill_is_turned_away(home: Home, tmp_path: Path) -> None:
    dates = ("--from", DAY, "--to", NEXT_DAY, "--home", home.root)
    with start_yeban("backfill", "comment", *dates, *PACE, log=tmp_path / "log") as process:
        try:
            wait_until(lambda: parts_of(home, DAY) >= 1, process, must_run=False)
            yeban("backfill", "comment", *dates).failed_with(75, f"pid {process.pid} on ")
        finally:
            process.kill()


@pytest.mark.slow
def test_all_steps_of_a_night_go_first(home: Home, tmp_path: Path) -> None:
    log = tmp_path / "log"
    dates = ("--from", DAY, "--to", NEXT_DAY, "--home", home.root)
    with start_yeban("backfill", "comment", *dates, *PACE, log=log) as process:
        try:
            wait_until(lambda: parts_of(home, DAY) >= 2, process, must_run=False)
            night = yeban_process("nightly", "comment", "--date", NIGHT, "--home", home.root).without_traceback()
            assert process.poll() is None, log.read_text()
            assert "under way" not in night.output
        finally:
            process.kill()
    records = json.loads(yeban("runs", "list", "--json", "--limit", "50", "--home", home.root).out)
    (record,) = (each for each in records if each["job"] == "nightly")
    states = {name: step["state"] for name, step in record["figures"]["steps"].items()}
    assert set(states.values()) <= {"done", "fresh"}, (states, night.output)
    assert covered_once(home, {"a.parquet": 200}, NIGHT)
