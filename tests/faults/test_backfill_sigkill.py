"""A backfill that is killed and started again, any number of times, equals one that nobody disturbed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.command import yeban, yeban_process
from tests.support.homes import Home, comments
from tests.support.killed_runs import KillableRun

FIRST = date(2026, 1, 1)
SEED = 20261123


def write_dumps(home: Home, days: int, files: int, rows: int) -> list[str]:
    """Files of a few rows for each date; some texts come again, as they do."""
    dates = [(FIRST + timedelta(days=day)).isoformat() for day in range(days)]
    for number, day in enumerate(dates):
        texts = comments(files * rows, seed=number)[0]
        for file in range(files):
            home.dump(f"{file}.parquet", texts[file * rows : (file + 1) * rows], day=day)
    return dates


def command(dates: list[str], *more: object) -> tuple[str, ...]:
    return ("backfill", "comment", "--from", dates[0], "--to", dates[-1], *map(str, more))


def same(home: Home, undisturbed: Home) -> None:
    """Rows, parts, statistics and ledger are the same; what is no row of theirs is not there."""
    assert home.predictions().equals(undisturbed.predictions())
    assert home.parts() == undisturbed.parts()
    for sql in (
        "SELECT unit, profile FROM profiles ORDER BY ALL",
        "SELECT * EXCLUDE (loaded_at) FROM units ORDER BY ALL",
        "SELECT task, bundle, labels FROM bundles ORDER BY ALL",
    ):
        assert home.query(sql) == undisturbed.query(sql)
    for name in (".tmp-*", "_replaces.json"):
        assert list(home.root.rglob(name)) == []


def kill_and_compare(homes: tuple[Home, Home], dates: list[str], kills: int) -> None:
    """Backfill both homes; one is killed so many times, somewhere in the middle of what is left each time."""
    undisturbed, home = homes
    random = Random(SEED)
    yeban(*command(dates), "--home", undisturbed.root).succeeded()
    whole = len(undisturbed.parts())
    victim = KillableRun(home, home.root.parent / "victim.log", {}, command(dates))
    for kill in range(kills):
        target = max(victim.staged() + 1, whole * (kill + 1) // (kills + 2))
        for _ in range(5):
            if victim.kill("staging", lambda target=target: victim.staged() >= target, random.uniform(0, 0.15)):
                break
        else:
            pytest.fail(f"kill {kill} never came in time")
    assert len(victim.hits) == kills
    yeban_process(*command(dates), "--home", home.root).succeeded()
    assert "Traceback" not in victim.log.read_text("utf-8")
    same(home, undisturbed)
    again = yeban(*command(dates), "--home", home.root).succeeded()
    assert again.out.count(": 0 scored now") == len(dates)
    same(home, undisturbed)


@pytest.mark.slow
def test_a_backfill_killed_twice(new_home: Callable[..., Home]) -> None:
    homes = (new_home(name="undisturbed", rows=20), new_home(rows=20))
    dates, _ = (write_dumps(home, 6, 2, 50) for home in homes)
    kill_and_compare(homes, dates, 2)


def test_a_backfill_in_place_of_another_bundle_killed_while_it_goes(
    new_home: Callable[..., Home], tiny_bundle: Callable[[str], Path]
) -> None:
    """Killed as often as the warehouse changes: each row is there once, of the old bundle or the new one."""
    undisturbed, home = new_home(name="undisturbed", rows=20), new_home(rows=20)
    dates = write_dumps(undisturbed, 4, 2, 50)
    more = ("--bundle", tiny_bundle("weibo"), "--replace")
    yeban(*command(dates), "--home", undisturbed.root).succeeded()
    shutil.copytree(undisturbed.root, home.root, dirs_exist_ok=True)
    yeban(*command(dates, *more), "--home", undisturbed.root).succeeded()
    victim = KillableRun(home, home.root.parent / "victim.log", {}, command(dates, *more))
    for change in (1, 2, 4):
        victim.kill_at_change(change)
        assert_each_row_once_in_the_view(home, dates)
    yeban("load", "--home", home.root).without_traceback()
    assert_each_row_once_in_the_view(home, dates)
    yeban(*command(dates, *more), "--home", home.root).succeeded()
    same(home, undisturbed)
    yeban("load", "--home", home.root).succeeded()
    same(home, undisturbed)


def assert_each_row_once_in_the_view(home: Home, dates: list[str]) -> None:
    yeban("load", "--home", home.root).without_traceback()  # takes in what a killed run left in DuckDB's log
    sql = "SELECT count(*), count(DISTINCT (logical_date, source_path, source_row)) FROM latest_predictions"
    rows = len(dates) * 100
    assert home.query(sql) == [(rows, rows)]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ninety_days_of_three_files_killed_ten_times(new_home: Callable[..., Home]) -> None:
    homes = (new_home(name="undisturbed", rows=20), new_home(rows=20))
    dates, _ = (write_dumps(home, 90, 3, 30) for home in homes)
    kill_and_compare(homes, dates, 10)
    assert homes[0].count() == 90 * 3 * 30
