"""Files cut into units."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import fs

from batch.input.reader import FileFacts, inspect
from batch.input.sources import SourceFile
from batch.input.units import UnitSize, cut_units
from tests.support.dumps import SLOT, TEXT, units_of, write


def facts(rows: int, text_bytes: int) -> FileFacts:
    return FileFacts(SourceFile(fs.LocalFileSystem(), "/d/a.parquet", "a.parquet", 1), "f1", rows, text_bytes)


def ranges(rows: int, text_bytes: int, size: UnitSize) -> list[tuple[int, int]]:
    return [(unit.row_start, unit.row_stop) for unit in cut_units(facts(rows, text_bytes), SLOT, size)]


@pytest.mark.parametrize(
    ("rows", "text_bytes", "size", "expected"),
    [
        (0, 0, UnitSize(), []),
        (1, 10, UnitSize(), [(0, 1)]),
        (10, 100, UnitSize(rows=4), [(0, 4), (4, 8), (8, 10)]),
        (8, 100, UnitSize(rows=4), [(0, 4), (4, 8)]),
        (10, 1000, UnitSize(rows=100, text_bytes=300), [(0, 3), (3, 6), (6, 9), (9, 10)]),
        (3, 1 << 40, UnitSize(), [(0, 1), (1, 2), (2, 3)]),  # larger than a unit may be: one row at a time
        (10, 0, UnitSize(rows=6), [(0, 6), (6, 10)]),
    ],
)
def test_by_rows_and_by_bytes(rows: int, text_bytes: int, size: UnitSize, expected: list[tuple[int, int]]) -> None:
    assert ranges(rows, text_bytes, size) == expected


def test_ids_follow_file_range_and_slot_only() -> None:
    [unit] = cut_units(facts(5, 5), SLOT, UnitSize())
    [again] = cut_units(facts(5, 5), SLOT, UnitSize(rows=500))
    assert again.unit_id == unit.unit_id
    others = {
        each.unit_id
        for changed in (replace(facts(5, 5), fingerprint="f2"), facts(6, 5))
        for each in cut_units(changed, SLOT, UnitSize())
    }
    others |= {each.unit_id for each in cut_units(facts(5, 5), replace(SLOT, bundle="b2"), UnitSize())}
    assert len(others | {unit.unit_id}) == 4


def test_of_a_real_file(tmp_path: Path) -> None:
    source = write(tmp_path / "a.parquet", ["好" * 100] * 50)
    units = units_of(source, 20)
    assert [(unit.source_path, unit.rows) for unit in units] == [
        ("a.parquet", 20),
        ("a.parquet", 20),
        ("a.parquet", 10),
    ]
    assert {unit.fingerprint for unit in units} == {inspect(source, TEXT).fingerprint}
