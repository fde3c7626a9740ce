"""The declared columns are what the migrations create, what a part has, and what a new one needs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.lake.parts import PartStore
from storage.prediction_columns import (
    LOADER_COLUMNS,
    PART_COLUMNS,
    PART_SCHEMA,
    PREDICTION_COLUMNS,
    PredictionColumn,
)
from storage.records import Slot, Unit
from storage.warehouse.migrations import Migration, migrate, packaged_migrations
from storage.warehouse.predictions import insert_sql
from tests.support.predictions import NIGHT, part_table, slot_of, stage, units_of

NEW = PredictionColumn("language", pa.string(), "VARCHAR", "Language of the text", nullable=True, since=99)
ADDED = Migration(
    len(packaged_migrations()) + 1,
    "language",
    "ALTER TABLE predictions ADD COLUMN language VARCHAR;"
    "COMMENT ON COLUMN predictions.language IS 'Language of the text'",
)


def in_warehouse(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, bool, str | None]]:
    """Type, whether null is allowed, and comment of each column of the table, in order."""
    rows = con.execute(
        "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() "
        "WHERE table_name = 'predictions' ORDER BY column_index"
    ).fetchall()
    return {name: (kind, nullable, comment) for name, kind, nullable, comment in rows}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    migrate(connection)
    return connection


def test_the_migrations_create_the_declared_columns(con: duckdb.DuckDBPyConnection) -> None:
    found = in_warehouse(con)
    assert [*found] == [column.name for column in PREDICTION_COLUMNS]
    declared = {column.name: (column.sql, column.nullable) for column in PREDICTION_COLUMNS}
    assert {name: (kind, nullable) for name, (kind, nullable, _) in found.items()} == declared


def test_a_comment_in_the_warehouse_says_what_the_declaration_says(con: duckdb.DuckDBPyConnection) -> None:
    meanings = {column.name: column.meaning for column in PREDICTION_COLUMNS}
    commented = {name: comment for name, (_, _, comment) in in_warehouse(con).items() if comment is not None}
    assert commented == {name: meanings[name] for name in commented}
    assert len(commented) > len(meanings) / 2
    assert all(meanings.values())


def test_each_column_came_with_the_migration_that_is_named() -> None:
    steps = packaged_migrations()
    since: dict[str, int] = {}
    for count, step in enumerate(steps, 1):
        with duckdb.connect() as con:
            migrate(con, steps[:count])
            for name in in_warehouse(con):
                since.setdefault(name, step.version)
    assert since == {column.name: column.since for column in PREDICTION_COLUMNS}


def test_a_part_has_the_columns_that_the_loader_does_not_fill() -> None:
    assert PART_SCHEMA.names == [column.name for column in PART_COLUMNS]
    assert [column.name for column in LOADER_COLUMNS] == ["created_at"]
    assert (*PART_COLUMNS, *LOADER_COLUMNS) == PREDICTION_COLUMNS


def test_a_parts_columns_have_the_types_of_the_warehouse(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    (unit,) = units_of(slot_of(), 10, 10)
    pq.write_table(part_table(unit), tmp_path / "part.parquet")
    described = con.execute("DESCRIBE FROM read_parquet(?)", [str(tmp_path / "part.parquet")]).fetchall()
    assert {row[0]: row[1] for row in described} == {column.name: column.sql for column in PART_COLUMNS}


def test_what_all_rows_of_a_unit_share_is_what_the_unit_says() -> None:
    unit = Unit(Slot("comment", date(2026, 11, 22), "b1"), "a.parquet", "f1", 0, 5)
    assert [*unit.column_values()] == [column.name for column in PREDICTION_COLUMNS if column.source == "unit"]
    table = part_table(unit)
    for name, value in unit.column_values().items():
        assert table[name].unique().to_pylist() == [value]


def test_repeating_values_are_stored_as_dictionaries_and_others_are_not(tmp_path: Path) -> None:
    (unit,) = units_of(slot_of(), 2_000, 2_000)
    store = PartStore(tmp_path)
    stage(store, unit)
    group = pq.ParquetFile(store.path(unit)).metadata.row_group(0)
    encoded = {
        group.column(index).path_in_schema: "RLE_DICTIONARY" in group.column(index).encodings
        for index in range(group.num_columns)
    }
    repeating = {path for column in PART_COLUMNS for path in column.repeats}
    assert {path for path, is_dictionary in encoded.items() if is_dictionary} == repeating


def test_a_new_column_is_a_declaration_a_migration_and_what_fills_it(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    """Nothing else names columns: the loader's statement and the schema follow from the declaration."""
    columns = (*PART_COLUMNS, NEW, *LOADER_COLUMNS)
    (unit,) = units_of(slot_of(), 10, 10)
    filled = part_table(unit).append_column(NEW.field, pa.array(["zh"] * 10))
    assert filled.schema.equals(pa.schema([column.field for column in columns if column.source != "loader"]))
    pq.write_table(filled, tmp_path / "part.parquet")
    migrate(con, [*packaged_migrations(), ADDED])
    con.execute(insert_sql(columns), [NIGHT, [str(tmp_path / "part.parquet")]])
    assert con.execute("SELECT language, count(*) FROM predictions GROUP BY ALL").fetchall() == [("zh", 10)]
    assert in_warehouse(con)["language"] == (NEW.sql, NEW.nullable, NEW.meaning)
