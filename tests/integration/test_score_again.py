"""Scoring again: nothing twice, nothing lost, whatever has changed meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from storage.processes import host_name
from tests.support.command import yeban
from tests.support.homes import DAY, NEXT_DAY, Home, comments, covered_once
from tests.support.interrupted_runs import interrupt_at_unit

TEXTS = comments(250)[0]


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=100)
    home.dump("a.parquet", TEXTS)
    home.dump("b.parquet", TEXTS[:30])
    home.score().succeeded()
    return home


def test_the_same_command_again_adds_nothing(home: Home) -> None:
    before, parts = home.predictions(), home.parts()
    again = home.score().succeeded()
    assert "280 rows in the dump: 0 scored now, 280 done before" in again.out
    assert home.predictions().equals(before)
    assert home.parts() == parts
    assert home.query("SELECT count(*), count(DISTINCT unit) FROM units") == [(4, 4)]


def test_a_changed_file_supersedes_its_old_rows(home: Home) -> None:
    home.dump("a.parquet", ["全新的内容"] * 120)
    changed = home.score().succeeded()
    assert "150 rows in the dump: 120 scored now, 30 done before" in changed.out
    assert covered_once(home, {"a.parquet": 120, "b.parquet": 30})
    hashes = home.query("SELECT count(DISTINCT text_hash) FROM predictions WHERE source_path LIKE '%/a.parquet'")
    assert hashes == [(1,)]
    assert len(home.parts()) == 3


def test_a_file_that_lost_all_its_rows_leaves_the_warehouse(home: Home) -> None:
    home.dump("a.parquet", [])
    home.score().succeeded()
    assert covered_once(home, {"b.parquet": 30})


@pytest.mark.parametrize("rows", [33, 1000])
def test_another_unit_size_leaves_one_row_for_each_row(home: Home, rows: int) -> None:
    home.configure(rows=rows)
    home.score().succeeded()
    assert covered_once(home, {"a.parquet": 250, "b.parquet": 30})
    assert len(home.parts()) == -(-250 // rows) + 1


def test_inputs_that_come_one_after_the_other_add_up(new_home: Callable[..., Home]) -> None:
    home = new_home(rows=100)
    files = {"a.parquet": home.dump("a.parquet", TEXTS), "b.parquet": home.dump("b.parquet", TEXTS[:30])}
    for file in files.values():
        home.score("--input", file).succeeded()
    assert covered_once(home, {"a.parquet": 250, "b.parquet": 30})
    home.score().succeeded()
    assert home.count() == 280


def test_a_removed_warehouse_is_rebuilt_from_what_is_staged(home: Home) -> None:
    before = home.predictions()
    home.warehouse.unlink()
    loaded = home.load().succeeded()
    assert "280 rows loaded" in loaded.out
    assert home.predictions().equals(before)
    assert "nothing to load" in home.load().succeeded().out
    assert home.predictions().equals(before)


def test_a_warehouse_that_was_removed_without_its_log_is_rebuilt(home: Home, tmp_path: Path) -> None:
    """After a crash committed rows may still be in the .wal file; whoever removes the warehouse forgets it."""
    before, log = home.predictions(), home.warehouse.with_name("yeban.duckdb.wal")
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("INSERT INTO labels VALUES ('comment', 'a', 'positive', '甲', 'test', now(), now(), NULL)")
        kept = shutil.copy(log, tmp_path / "kept")
    home.warehouse.unlink()
    shutil.copy(kept, log)
    home.load().succeeded()
    assert home.predictions().equals(before)
    assert home.query("SELECT count(*) FROM labels") == [(0,)]
    assert log.with_name("yeban.duckdb.wal.orphan").read_bytes() == Path(kept).read_bytes()  # labels might be in it


def test_removed_parts_are_not_scored_again_while_the_warehouse_has_the_rows(home: Home) -> None:
    before = home.predictions()
    for part in (home.root / "parts").rglob("*.parquet"):
        part.unlink()
    assert "0 scored now, 280 done before" in home.score().succeeded().out
    assert home.predictions().equals(before)


def test_force_scores_all_again_and_replaces_the_rows(home: Home) -> None:
    before = home.predictions()
    first = home.query("SELECT max(created_at) FROM predictions")
    home.change('text = "text"', 'text = "id"')  # not part of a unit's id: a plain rerun keeps the old answers
    assert "0 scored now" in home.score().succeeded().out
    assert "280 scored now, 0 done before" in home.score("--force").succeeded().out
    assert covered_once(home, {"a.parquet": 250, "b.parquet": 30})
    assert home.query("SELECT min(created_at) FROM predictions") > first
    assert home.predictions()["text_hash"] != before["text_hash"]


def test_force_keeps_the_rows_of_a_unit_that_can_be_read_no_more(home: Home) -> None:
    file = home.folder() / "a.parquet"
    data = bytearray(file.read_bytes())
    data[4:40] = os.urandom(36)  # the first page; size and footer stay
    file.write_bytes(bytes(data))
    home.score("--force").failed_with(1, "a.parquet cannot be read")
    assert covered_once(home, {"a.parquet": 250, "b.parquet": 30})


def test_two_bundles_live_side_by_side_and_the_later_is_shown(home: Home, tiny_bundle: Callable[[str], Path]) -> None:
    other = tiny_bundle("weibo")
    home.score("--bundle", other).succeeded()
    assert home.query("SELECT count(*), count(DISTINCT bundle) FROM predictions") == [(560, 2)]
    shown = home.query("SELECT count(*), count(DISTINCT bundle), any_value(len(probs)) FROM latest_predictions")
    assert shown == [(280, 1, 6)]


def test_backfill_names_the_missing_date_and_scores_the_others(home: Home) -> None:
    home.dump("a.parquet", TEXTS[:40], day="2026-01-03")
    home.dump("a.parquet", TEXTS[:50], day=NEXT_DAY)
    dates = ("--from", "2026-01-03", "--to", NEXT_DAY)
    first = yeban("backfill", "comment", *dates, "--home", home.root)
    first.failed_with(1, "2026-01-04: no Parquet file for 2026-01-04", "not complete: 2026-01-04")
    counted = "SELECT logical_date::VARCHAR, count(*) FROM predictions GROUP BY ALL ORDER BY ALL"
    assert home.query(counted) == [("2026-01-03", 40), (DAY, 280), (NEXT_DAY, 50)]
    home.dump("late.parquet", TEXTS[:10], day="2026-01-04")
    yeban("backfill", "comment", *dates, "--home", home.root).succeeded()
    assert home.query(counted) == [("2026-01-03", 40), ("2026-01-04", 10), (DAY, 280), (NEXT_DAY, 50)]


def test_backfill_with_the_dates_the_wrong_way_round(home: Home) -> None:
    ran = yeban("backfill", "comment", "--from", NEXT_DAY, "--to", DAY, "--home", home.root)
    ran.failed_with(2, f"--from {NEXT_DAY} is after --to {DAY}")


def test_answers_of_yesterday_are_kept_where_yeban_toml_wants_them(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change("[engine]", "[engine]\ncache_mb = 16")
    texts = comments(300)[0]
    home.dump("a.parquet", texts[:200], day="2026-01-04")
    home.dump("a.parquet", texts)
    assert "0.0% of texts from the cache" in home.score(day="2026-01-04").succeeded().out
    share = len(set(texts[:200])) / len(set(texts))
    assert f"{share:.1%} of texts from the cache" in home.score().succeeded().out
    agreeing = home.query(
        "SELECT count(*) FROM predictions AS a JOIN predictions AS b USING (source_row) "
        "WHERE a.logical_date < b.logical_date AND a.probs = b.probs AND a.text_hash = b.text_hash"
    )
    assert agreeing == [(200,)]


@pytest.fixture
def remembering(new_home: Callable[..., Home]) -> Home:
    home = new_home()
    home.change("[engine]", "[engine]\ncache_mb = 16")
    home.dump("a.parquet", TEXTS)
    return home


def test_force_computes_and_takes_no_answers_of_before(remembering: Home) -> None:
    remembering.score().succeeded()
    remembering.dump("a.parquet", TEXTS, day=NEXT_DAY)
    assert "0.0% of texts from the cache" in remembering.score("--force").succeeded().out
    assert "100.0% of texts from the cache" in remembering.score(day=NEXT_DAY).succeeded().out


def test_answers_that_cannot_be_kept_are_a_warning(remembering: Home, caplog: pytest.LogCaptureFixture) -> None:
    (remembering.root / "cache").mkdir()
    (remembering.root / "cache" / "answers").touch()
    assert "250 rows loaded" in remembering.score().succeeded().out
    assert "are not kept for the next one" in caplog.text


def test_answers_that_a_killed_run_left_half_written_are_swept(remembering: Home) -> None:
    with interrupt_at_unit(1):
        remembering.score()
    folder = remembering.root / "cache" / "answers" / "x"
    folder.mkdir(parents=True)
    with subprocess.Popen(["true"]) as gone:
        left = folder / f".tmp-{host_name()}-{gone.pid}-0123456789abcdef.parquet"
    left.touch()
    remembering.score().succeeded()
    assert not left.exists()
