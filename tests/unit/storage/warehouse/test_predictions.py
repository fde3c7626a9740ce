from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from storage.errors import TerminalError
from storage.lake.parts import PartStore, StagedPart
from storage.prediction_columns import PREDICTION_COLUMNS
from storage.warehouse.migrations import migrate
from storage.warehouse.predictions import insert_predictions, insert_sql
from tests.support.predictions import NIGHT, part_table, slot_of, stage, units_of

SLOT = slot_of()


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    migrate(connection)
    return connection


def staged(store: PartStore, rows: int, step: int) -> list[StagedPart]:
    units = units_of(SLOT, rows, step)
    stage(store, *units)
    return [store.verify(unit) for unit in units]


def test_rows_go_in_as_they_were_staged_with_the_moment_of_loading(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    insert_predictions(con, staged(PartStore(tmp_path), 30, 30), NIGHT)
    (unit,) = units_of(SLOT, 30, 30)
    table = con.sql("SELECT * EXCLUDE (created_at) FROM predictions ORDER BY source_row").to_arrow_table()
    assert table.to_pylist() == part_table(unit).to_pylist()
    assert con.execute("SELECT DISTINCT epoch(created_at) FROM predictions").fetchall() == [(NIGHT.timestamp(),)]


def test_a_folder_with_a_pattern_in_its_name_is_a_folder(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    insert_predictions(con, staged(PartStore(tmp_path / "a[b]*?"), 20, 10), NIGHT)
    assert con.execute("SELECT count(*) FROM predictions").fetchall() == [(20,)]


def test_other_rows_than_were_verified_are_refused(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    parts = staged(PartStore(tmp_path), 20, 10)
    with pytest.raises(TerminalError, match="10 rows came out of 1 parts"):
        insert_predictions(con, [StagedPart(units_of(SLOT, 20, 20)[0], parts[0].path, parts[0].profile)], NIGHT)


def test_the_statement_names_every_column_once() -> None:
    sql = insert_sql(PREDICTION_COLUMNS)
    chosen = sql.partition("SELECT ")[2].partition(" FROM ")[0].split(", ")
    assert [each.removeprefix("? AS ") for each in chosen] == [column.name for column in PREDICTION_COLUMNS]
    assert [each for each in chosen if each.startswith("?")] == ["? AS created_at"]
