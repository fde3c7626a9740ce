"""Dumps as they come: partitions, missing ids, times, slices, several places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.command import yeban
from tests.support.homes import DAY, NEXT_DAY, Home, comments, covered_once

TEXTS = comments(60)[0]


def test_hive_partitions_of_other_dates_are_left_alone(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change('input = "dumps/comment/dt={date}"', 'input = "dumps/comment"')
    home.dump("part-0.parquet", TEXTS)
    home.dump("part-0.parquet", TEXTS[:20], day=NEXT_DAY)
    home.dump("_metadata.parquet", TEXTS)
    home.dump(".hidden.parquet", TEXTS)
    (home.folder() / "_SUCCESS").touch()
    home.score().succeeded()
    assert covered_once(home, {"part-0.parquet": 60})
    assert home.count() == 60
    home.score(day=NEXT_DAY).succeeded()
    assert covered_once(home, {"part-0.parquet": 20}, NEXT_DAY)
    assert home.count() == 80


def test_without_ids_the_text_gives_the_id(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change('id = "id"', "")
    home.dump("a.parquet", ["好评", "差评", "好评", None], day=DAY)
    home.dump("b.parquet", ["差评"], day=NEXT_DAY)
    home.score().succeeded()
    home.score(day=NEXT_DAY).succeeded()
    ids = [value for (value,) in home.query("SELECT doc_id FROM predictions ORDER BY logical_date, source_row")]
    assert ids[0] == ids[2]
    assert ids[1] == ids[4] == home.query("SELECT 'md5:' || md5('差评')")[0][0]
    assert len(set(ids)) == 3


def test_slices_and_times_of_the_dump_are_in_sql(new_home: Callable[..., Home]) -> None:
    home = new_home(more='created_at = "when"\nslices = ["source", "stars"]\n')
    home.dump(
        "a.parquet",
        TEXTS[:4],
        source=["京东", "京东", "携程", None],
        stars=[1, 5, 5, 3],
        when=["2026-01-05 08:30:00", "2026/01/05", "no time", None],
    )
    home.score().succeeded()
    by_source = "SELECT slices['source'], count(*) FROM predictions GROUP BY ALL ORDER BY ALL"
    assert home.query(by_source) == [("京东", 2), ("携程", 1), (None, 1)]
    assert home.query("SELECT source_row FROM predictions WHERE slices['stars'] = '5' ORDER BY 1") == [(1,), (2,)]
    times = home.query("SELECT (text_created_at AT TIME ZONE 'Asia/Shanghai') FROM predictions ORDER BY source_row")
    assert times == [(datetime(2026, 1, 5, 8, 30),), (datetime(2026, 1, 5),), (None,), (None,)]


def test_several_inputs_of_which_one_has_not_arrived(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change('input = "dumps/comment/dt={date}"', 'input = ["dumps/comment/dt={date}", "other/{date}/*.parquet"]')
    home.dump("a.parquet", TEXTS)
    home.score().failed_with(1, f"no Parquet file for {DAY} under other/{DAY}/*.parquet")
    assert covered_once(home, {"a.parquet": 60})
    late = home.root / "other" / DAY
    late.mkdir(parents=True)
    pq.write_table(pa.table({"id": ["x"], "text": ["迟到的"]}), late / "x.parquet")
    home.score().succeeded()
    assert home.count() == 61


def test_a_place_that_cannot_be_reached_does_not_stop_the_others(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change('input = "dumps/comment/dt={date}"', 'input = ["xyz://bucket/{date}", "dumps/comment/dt={date}"]')
    home.dump("a.parquet", TEXTS)
    home.score().failed_with(1, f"xyz://bucket/{DAY} can't be reached")
    assert covered_once(home, {"a.parquet": 60})


def test_an_input_that_is_typed_starts_where_one_stands(
    new_home: Callable[..., Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_home()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    pq.write_table(pa.table({"id": ["x"], "text": ["就在这里"]}), elsewhere / f"{DAY}.parquet")
    monkeypatch.chdir(elsewhere)
    home.score("--input", "{date}.parquet").succeeded()
    assert home.query("SELECT source_path, source_row FROM predictions") == [(str(elsewhere / f"{DAY}.parquet"), 0)]


def test_a_configured_bundle_starts_at_the_home(
    new_home: Callable[..., Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_home()
    (home.root / "mine").symlink_to(home.bundle)
    home.change(str(home.bundle), "mine")
    home.dump("a.parquet", TEXTS)
    monkeypatch.chdir(tmp_path)
    home.score().succeeded()
    assert home.count() == 60


def test_a_home_is_found_from_below_it(new_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch) -> None:
    home = new_home()
    home.dump("a.parquet", TEXTS)
    monkeypatch.chdir(home.folder())
    yeban("score", "comment", "--date", DAY).succeeded()
    assert covered_once(home, {"a.parquet": 60})


def test_a_moved_home_keeps_its_rows(new_home: Callable[..., Home], tmp_path: Path) -> None:
    home = new_home()
    home.dump("a.parquet", TEXTS)
    home.score().succeeded()
    moved = Home(home.root.rename(tmp_path / "moved"), home.task, home.bundle)
    assert "0 scored now, 60 done before" in moved.score().succeeded().out
    assert moved.count() == 60


def test_a_dump_without_rows_is_done_and_makes_no_fuss(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.dump("a.parquet", [])
    assert "0 rows in the dump" in home.score().succeeded().out
    assert home.count() == 0
