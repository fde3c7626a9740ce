"""A dump as a whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from batch.input.columns import ColumnMapping
from batch.input.dump import plan_dump
from batch.input.sources import find_sources
from batch.input.units import UnitSize
from storage.errors import MissingColumn, UnreadableFile
from tests.support.dumps import SLOT, TEXT, write


def test_a_file_that_cannot_be_used_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", ["好"] * 5)
    (tmp_path / "b.parquet").write_bytes(b"")
    pq.write_table(pa.table({"body": ["好"]}), tmp_path / "c.parquet")
    write(tmp_path / "d.parquet", [["好"]])
    write(tmp_path / "e.parquet", pa.array([], pa.string()))
    sources, _ = find_sources(["*.parquet"], date(2026, 1, 5), tmp_path)
    dump = plan_dump(sources, SLOT, TEXT, UnitSize(rows=3))
    assert [(unit.source_path, unit.row_start, unit.row_stop) for unit in dump.plan.units] == [
        ("a.parquet", 0, 3),
        ("a.parquet", 3, 5),
    ]
    assert dump.plan.files["e.parquet"] == ()  # no rows, but it is of the dump
    assert dump.sources.keys() == {"a.parquet", "e.parquet"}
    assert [type(failure) for failure in dump.failures] == [UnreadableFile, MissingColumn, UnreadableFile]


def test_the_order_of_the_sources_does_not_matter(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / f"{name}.parquet", [name] * 4)
    sources, _ = find_sources(["."], date(2026, 1, 5), tmp_path)
    plans = [plan_dump(each, SLOT, ColumnMapping("text"), UnitSize(3)).plan for each in (sources, sources[::-1])]
    assert plans[0].units == plans[1].units
    assert plans[0] == plans[1]
