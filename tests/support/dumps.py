"""Parquet files of a dump, and their rows read back unit by unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from batch.input.columns import ColumnMapping, RawRows
from batch.input.reader import inspect, read_units
from batch.input.sources import SourceFile
from batch.input.units import UnitSize, cut_units
from storage.records import Slot, Unit

SLOT = Slot("comment", date(2026, 1, 5), "b1")
TEXT = ColumnMapping("text")


def source_of(path: Path) -> SourceFile:
    return SourceFile(fs.LocalFileSystem(), str(path), path.name, path.stat().st_size)


def write(path: Path, texts: Any, **options: Any) -> SourceFile:
    """A file with a `text` column: a list or any Arrow array."""
    pq.write_table(pa.table({"text": texts}), path, **options)
    return source_of(path)


def units_of(source: SourceFile, rows: int, mapping: ColumnMapping = TEXT) -> tuple[Unit, ...]:
    return cut_units(inspect(source, mapping), SLOT, UnitSize(rows))


def texts_of(raw: RawRows) -> list[str | None]:
    return raw.texts.gather(raw.which).to_list()


def read_back(
    source: SourceFile, units: Sequence[Unit], mapping: ColumnMapping = TEXT
) -> Iterable[tuple[Unit, list[str | None]]]:
    for unit, raw in read_units(source, units, mapping, "Asia/Shanghai"):
        yield unit, texts_of(raw)


def string_array(values: Sequence[bytes | None], kind: pa.DataType | None = None) -> pa.Array:
    """A string column of any bytes, as writers that don't check make it."""
    raw = pa.array(values, pa.binary())
    return pa.Array.from_buffers(kind or pa.string(), len(raw), raw.buffers(), raw.null_count)
