from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import PartCorrupt
from storage.lake.parts import PartStore
from storage.warehouse import arriving
from storage.warehouse.arriving import group_units, verify_parts
from tests.support.predictions import slot_of, stage, units_of

SLOT = slot_of()


@pytest.mark.parametrize(
    ("rows", "most_rows", "sizes"),
    [(100, 30, [3, 3, 3, 1]), (100, 10, [1] * 10), (100, 1, [1] * 10), (100, 1000, [10]), (0, 10, [])],
)
def test_groups_keep_to_the_number_of_rows_and_have_at_least_one_unit(
    rows: int, most_rows: int, sizes: list[int]
) -> None:
    units = units_of(SLOT, rows, 10)
    groups = [*group_units(units, most_rows)]
    assert [len(group) for group in groups] == sizes
    assert [unit for group in groups for unit in group] == [*units]


def test_groups_keep_to_the_number_of_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "UNITS_PER_TRANSACTION", 4)
    assert [len(group) for group in group_units(units_of(SLOT, 100, 10), 10_000)] == [4, 4, 2]


def test_a_damaged_part_is_a_failure_and_the_others_keep_their_order(tmp_path: Path) -> None:
    store, units = PartStore(tmp_path), units_of(SLOT, 50, 10)
    stage(store, *units)
    store.path(units[2]).write_bytes(b"PAR1")
    failures: list[PartCorrupt] = []
    found = verify_parts(store, units, failures)
    assert [part.unit for part in found] == [unit for unit in units if unit != units[2]]
    assert [failure.facts["unit"] for failure in failures] == [units[2].unit_id]


def test_what_the_system_refuses_is_no_damage(tmp_path: Path) -> None:
    store, (unit,) = PartStore(tmp_path), units_of(SLOT, 10, 10)
    stage(store, unit)
    store.files(unit).profile.unlink()
    store.files(unit).profile.mkdir()
    with pytest.raises(IsADirectoryError):
        verify_parts(store, [unit], [])
