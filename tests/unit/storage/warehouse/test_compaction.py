from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import DiskFull, TerminalError
from storage.warehouse import compaction
from storage.warehouse.compaction import compact
from tests.support.lake import Lake, rows_of
from tests.support.predictions import plan_of, slot_of, stage, units_of

SLOT = slot_of()
UNITS = units_of(SLOT, 60, 20)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    stage(lake.store, *UNITS)
    lake.load(plan_of(SLOT, UNITS))
    return lake


def test_all_rows_are_in_the_copy_and_counted(lake: Lake) -> None:
    done = compact(lake.warehouse)
    assert done.rows["predictions"] == 60
    assert done.rows["units"] == len(UNITS)
    assert done.after == lake.warehouse.path.stat().st_size
    assert lake.rows(SLOT) == rows_of(*UNITS)


def test_without_room_for_a_copy_nothing_is_written(lake: Lake, tmp_path: Path) -> None:
    before = lake.warehouse.path.read_bytes()
    with pytest.raises(DiskFull, match="10 are free") as caught:
        compact(lake.warehouse, free_of=lambda _: 10)
    assert caught.value.facts["free_bytes"] == 10
    assert lake.warehouse.path.read_bytes() == before
    assert [*tmp_path.glob(".tmp-*")] == []


def test_a_copy_that_is_not_the_same_is_thrown_away(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = compaction._digests

    def digests(con: object, database: str) -> object:
        found = real(con, database)  # type: ignore[arg-type]
        return {**found, "predictions": (59, "0")} if database == "fresh" else found

    monkeypatch.setattr(compaction, "_digests", digests)
    with pytest.raises(TerminalError, match="the rows of the copy are not those of the warehouse"):
        compact(lake.warehouse)
    assert lake.rows(SLOT) == rows_of(*UNITS)
    assert [*tmp_path.glob(".tmp-*")] == []


def test_without_a_warehouse_there_is_nothing_to_compact(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="there is no warehouse"):
        compact(Lake(tmp_path).warehouse)
