"""`--force`: what is done is scored again, and until then the old rows stay, in the lake and in the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb
import pytest

from storage.warehouse.connection import Warehouse
from tests.support.command import CommandResult
from tests.support.homes import Home, comments, covered_once
from tests.support.interrupted_runs import interrupt_at_unit
from tests.support.warehouse_holder import held_open

TEXTS = comments(250)[0]
FILES = {"a.parquet": 250, "b.parquet": 30}


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    """Four units are scored; what is scored from now on gives other answers, under the same ids."""
    home = new_home(rows=100)
    home.dump("a.parquet", TEXTS)
    home.dump("b.parquet", TEXTS[:30])
    home.score().succeeded()
    home.change('text = "text"', 'text = "id"')
    return home


def hashes(home: Home) -> dict[tuple[str, int], int]:
    rows = home.query("SELECT source_path, source_row, text_hash FROM predictions")
    return {(path, row): text_hash for path, row, text_hash in rows}


def interrupted(home: Home, number: int = 3) -> CommandResult:
    with interrupt_at_unit(number):
        ran = home.score("--force").without_traceback()
    assert ran.code == 130, ran.output
    return ran


def test_an_interrupted_force_keeps_the_old_rows_and_parts(home: Home) -> None:
    before = hashes(home)
    interrupted(home)
    assert hashes(home) == before
    assert len(home.parts()) == 4
    home.warehouse.unlink()
    assert "280 rows loaded" in home.load().succeeded().out
    assert covered_once(home, FILES)


@pytest.mark.parametrize("again", [(), ("--force",)], ids=["plainly", "with --force"])
def test_the_command_goes_on_after_an_interrupted_force(home: Home, again: tuple[str, ...]) -> None:
    before = hashes(home)
    interrupted(home)
    ran = home.score(*again).succeeded()
    assert "280 rows in the dump: 80 scored now, 200 done before" in ran.out
    assert "280 rows loaded" in ran.out
    assert covered_once(home, FILES)
    assert not set(before.items()) & set(hashes(home).items())
    assert "0 scored now, 280 done before" in home.score().succeeded().out
    assert "280 scored now, 0 done before" in home.score("--force").succeeded().out  # that order was carried out


def test_a_unit_that_was_stopped_between_its_old_part_and_its_new_one_is_scored_again(home: Home) -> None:
    interrupted(home)
    unfinished = next((home.root / "parts").rglob("again-*")).name.removeprefix("again-")
    next((home.root / "parts").rglob(f"part-{unfinished}.parquet")).unlink()
    home.score().succeeded()
    assert len(home.parts()) == 4
    home.warehouse.unlink()
    home.load().succeeded()
    assert covered_once(home, FILES)


def test_force_against_a_locked_warehouse_needs_only_a_load(home: Home) -> None:
    before = hashes(home)
    with held_open(home.warehouse) as pid:
        ran = home.score("--force").failed_with(1, f"process {pid} has it open", "yeban load")
        assert "280 scored now" in ran.out
    assert hashes(home) == before
    assert "280 rows loaded" in home.load().succeeded().out
    assert covered_once(home, FILES)
    assert not set(before.items()) & set(hashes(home).items())
    assert "nothing to load" in home.load().succeeded().out


def test_no_transaction_of_force_leaves_fewer_rows(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, real = [], Warehouse.writing

    @contextmanager
    def writing(self: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
        with real(self) as con:
            yield con
        seen.extend(home.query("SELECT count(*) FROM latest_predictions"))

    monkeypatch.setattr(Warehouse, "writing", writing)
    home.score("--force").succeeded()
    assert set(seen) == {(280,)}


def test_a_unit_that_can_be_read_no_more_does_not_stay_ordered(home: Home) -> None:
    """Else the next --force would think that it goes on, and leave the others out."""
    file = home.folder() / "b.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + bytes(36) + whole[40:])  # the first page; size and footer stay
    ran = home.score("--force").failed_with(1, "b.parquet cannot be read")
    assert "250 scored now, 0 done before, 30 left out" in ran.out
    assert covered_once(home, FILES)
    assert "0 scored now, 280 done before" in home.score().succeeded().out
    file.write_bytes(whole)
    assert "280 scored now, 0 done before" in home.score("--force").succeeded().out


def test_a_renewed_part_that_is_damaged_before_it_is_loaded_is_scored_again(home: Home) -> None:
    before = hashes(home)
    with held_open(home.warehouse):
        home.score("--force")
    part = sorted((home.root / "parts").rglob("part-*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:-9])
    home.load().failed_with(1, "was altered", "`yeban score comment")
    assert covered_once(home, FILES)
    assert ": 0 scored now" not in home.score().succeeded().out
    assert not set(before.items()) & set(hashes(home).items())
