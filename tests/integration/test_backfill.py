"""`yeban backfill`: in which order, beside or in place of another bundle, how fast, and what it says beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jobs.config.file import find_home
from jobs.runs.context import quiet_context
from jobs.runs.yielding import Yielding
from jobs.scoring.backfill import BackfillRequest
from jobs.scoring.backfill import backfill as run_backfill
from jobs.warehouse.retire import retire
from models.bundle import open_bundle
from storage.records import Slot
from tests.support.command import CommandResult, yeban
from tests.support.fake_clock import FakeClock
from tests.support.homes import DAY, NEXT_DAY, Home, comments, covered_once

TEXTS = comments(120)[0]
THIRD_DAY = "2026-01-07"
ROWS = {DAY: {"a.parquet": 60, "b.parquet": 20}, NEXT_DAY: {"a.parquet": 30}, THIRD_DAY: {"a.parquet": 40}}


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=25)
    for day, files in ROWS.items():
        for name, rows in files.items():
            home.dump(name, TEXTS[:rows], day=day)
    return home


def backfill(home: Home, *args: object, first: str = DAY, last: str = THIRD_DAY) -> CommandResult:
    return yeban("backfill", "comment", "--from", first, "--to", last, "--home", home.root, *args)


def told(home: Home, *args: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(backfill(home, "--dry-run", "--json", *args).succeeded().out)
    return found


def by_bundle(home: Home) -> list[tuple[str, int]]:
    sql = "SELECT any_value(len(probs)), count(*) FROM predictions GROUP BY bundle ORDER BY ALL"
    return home.query(sql)


def test_all_dates_in_the_order_asked_for(home: Home) -> None:
    flat = [json.loads(line) for line in backfill(home, "--newest-first", "--json").succeeded().out.splitlines()]
    assert [(each["date"], each["scored_rows"]) for each in flat] == [(THIRD_DAY, 40), (NEXT_DAY, 30), (DAY, 80)]
    for day, files in ROWS.items():
        assert covered_once(home, files, day)
    again = [json.loads(line) for line in backfill(home, "--json").succeeded().out.splitlines()]
    assert [(each["date"], each["scored_rows"]) for each in again] == [(DAY, 0), (NEXT_DAY, 0), (THIRD_DAY, 0)]
    assert home.query("SELECT count(*) FROM runs WHERE job = 'score'") == [(6,)]


def test_a_dry_run_writes_nothing_and_measures_where_no_run_tells(home: Home) -> None:
    before = sorted(home.root.rglob("*"))
    found = told(home)
    assert found["rows"] == 150
    assert found["rate"]["source"] == "measured"
    assert 0 < found["seconds"] < 600
    assert found["fits"]
    assert sum(room["needed"] for room in found["rooms"]) > 150 * 100
    assert not found["bytes_per_row"]["known"]
    assert [each["to_do"] for each in found["dates"]] == [80, 30, 40]
    assert sorted(home.root.rglob("*")) == before
    said = backfill(home, "--dry-run").succeeded().out
    assert "150 rows of 3 dates to score" in said
    assert "measured on" in said


def test_a_dry_run_goes_by_past_runs_and_by_what_is_missing(home: Home) -> None:
    home.dump("a.parquet", comments(1_500)[0], day="2026-01-04")
    home.score(day="2026-01-04").succeeded()
    (run,) = (each for each in json.loads(yeban("runs", "list", "--json", "--home", home.root).out))
    home.score(day=NEXT_DAY).succeeded()
    found = told(home)
    assert found["rate"] == {"docs_per_s": run["figures"]["docs_per_s"], "source": "runs", "count": 1}
    assert found["seconds"] == pytest.approx(120 / run["figures"]["docs_per_s"])
    assert found["bytes_per_row"]["known"]
    assert [each["to_do"] for each in found["dates"]] == [80, 0, 40]
    slow = told(home, "--rows-per-second", 2)
    assert slow["seconds"] == pytest.approx(60.0)


def test_a_dry_run_names_dates_without_a_dump(home: Home) -> None:
    found = json.loads(backfill(home, "--dry-run", "--json", last="2026-01-08").succeeded().out)
    assert "no Parquet file for 2026-01-08" in found["dates"][-1]["problem"]


def test_another_bundle_stands_beside_the_first_and_is_what_the_views_show(
    home: Home, tiny_bundle: Callable[[str], Path]
) -> None:
    backfill(home).succeeded()
    backfill(home, "--bundle", tiny_bundle("weibo")).succeeded()
    assert by_bundle(home) == [(2, 150), (6, 150)]
    assert home.query("SELECT count(*), min(len(probs)) FROM latest_predictions WHERE probs IS NOT NULL") == [(150, 6)]


def test_another_bundle_takes_the_place_of_the_first(home: Home, tiny_bundle: Callable[[str], Path]) -> None:
    backfill(home).succeeded()
    other = tiny_bundle("weibo")
    before = len(home.parts())
    backfill(home, "--bundle", other, "--replace", last=NEXT_DAY).succeeded()
    assert by_bundle(home) == [(2, 40), (6, 110)]
    for day, files in ROWS.items():
        assert covered_once(home, files, day)
    assert len(home.parts()) == before
    assert list(home.root.rglob("_replaces.json")) == []
    home.load().succeeded()  # nothing brings the old rows back
    assert by_bundle(home) == [(2, 40), (6, 110)]
    assert home.query("SELECT count(DISTINCT bundle) FROM units WHERE logical_date = ?", DAY) == [(1,)]
    assert home.query("SELECT count(DISTINCT bundle) FROM profiles WHERE logical_date = ?", DAY) == [(1,)]


def test_only_files_that_are_scored_anew_are_replaced(home: Home, tiny_bundle: Callable[[str], Path]) -> None:
    backfill(home).succeeded()
    chosen = ("--input", home.folder() / "a.parquet")
    backfill(home, "--bundle", tiny_bundle("weibo"), "--replace", *chosen, last=DAY).succeeded()
    sql = "SELECT source_path, count(*), any_value(len(probs)) FROM predictions WHERE logical_date = ? GROUP BY ALL"
    found = {path.rpartition("/")[2]: (rows, classes) for path, rows, classes in home.query(sql, DAY)}
    assert found == {"a.parquet": (60, 6), "b.parquet": (20, 2)}
    home.load().succeeded()
    assert home.count() == 150


def test_what_is_staged_while_the_warehouse_is_locked_still_takes_the_place(
    home: Home, tiny_bundle: Callable[[str], Path]
) -> None:
    """The order is on disk: `yeban load` knows it, whatever was lost in between."""
    backfill(home).succeeded()
    other = tiny_bundle("weibo")
    warehouse = home.warehouse.read_bytes()
    backfill(home, "--bundle", other, "--replace").succeeded()
    home.warehouse.write_bytes(warehouse)  # as if nothing had been loaded; the old bundle's parts are gone
    home.load().succeeded()
    assert by_bundle(home) == [(2, 150), (6, 150)]  # no order any more: it was carried out
    backfill(home, "--bundle", other, "--replace").succeeded()
    assert by_bundle(home) == [(6, 150)]


def test_a_throttled_backfill_takes_its_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()  # passes while the backfill waits, and at no other time
    monkeypatch.setattr("jobs.scoring.backfill.Yielding", partial(Yielding, clock=clock.monotonic, sleep=clock.sleep))
    monkeypatch.setattr("batch.executors.local.time", clock)
    ran = backfill(home, "--rows-per-second", 20, first=THIRD_DAY).succeeded()
    assert sum(clock.waits) == pytest.approx(40 / 20)
    assert "40 scored now" in ran.out
    (run,) = json.loads(yeban("runs", "list", "--json", "--home", home.root).out)
    assert run["figures"]["paused_s"] == pytest.approx(40 / 20)
    assert run["figures"]["seconds"] == pytest.approx(0, abs=1e-3)  # what it waited is no time of scoring


def test_no_room_is_told_before_anything_is_scored(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 600_000  # of one text: a small file, and much to write
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["好"])).cast(pa.string())
    pq.write_table(pa.table({"id": text, "text": text}), home.folder() / "large.parquet")
    monkeypatch.setattr("jobs.runs.disk_space._free", lambda _: 80_000_000)
    backfill(home).failed_with(1, "no space left for this", "yeban tidy")
    home.score().failed_with(1, "no space left for this", "run the same command again")
    assert list(home.root.rglob("part-*")) == []
    assert not home.warehouse.exists()


def test_a_retired_date_that_is_scored_by_force_still_takes_the_place_of_others(
    home: Home, tiny_bundle: Callable[[str], Path]
) -> None:
    other = tiny_bundle("weibo")
    backfill(home, last=DAY).succeeded()
    backfill(home, "--bundle", other, last=DAY).succeeded()
    slot = Slot(home.task, date.fromisoformat(DAY), open_bundle(other).version)
    retire(find_home(home.root, home.root), slot, "too old", 80, datetime.now(UTC))
    assert by_bundle(home) == [(2, 80)]
    assert "were removed" in backfill(home, "--bundle", other, "--replace", last=DAY).without_traceback().output
    backfill(home, "--bundle", other, "--replace", "--force", last=DAY).succeeded()
    assert by_bundle(home) == [(6, 80)]


def test_a_dump_that_comes_while_the_range_is_scored_takes_the_place_of_others(
    home: Home, tiny_bundle: Callable[[str], Path]
) -> None:
    """It is not there when the range is looked over, and it is when its turn comes."""
    backfill(home).succeeded()
    late = home.folder(THIRD_DAY) / "a.parquet"
    hidden = late.rename(home.root / "hidden.parquet")
    days = (date.fromisoformat(day) for day in (DAY, THIRD_DAY))
    request = BackfillRequest(home.task, *days, bundle=str(tiny_bundle("weibo")), replace=True)
    for day, _ in run_backfill(find_home(home.root, home.root), request, quiet_context()):
        if day.isoformat() == DAY:
            hidden.rename(late)
    assert by_bundle(home) == [(6, 150)]


def test_a_date_whose_plan_is_damaged_stops_no_other(home: Home) -> None:
    backfill(home).succeeded()
    (plan,) = (home.root / "parts").glob(f"*/logical_date={NEXT_DAY}/*/_plan.json")
    plan.write_text("no plan")
    home.dump("c.parquet", TEXTS[:10], day=THIRD_DAY)
    ran = backfill(home, "--json").without_traceback()
    assert ran.code == 1
    flat = {each["date"]: each for each in map(json.loads, ran.out.splitlines())}
    assert plan.name in flat[NEXT_DAY]["failures"][0]
    assert flat[THIRD_DAY]["scored_rows"] == 10
