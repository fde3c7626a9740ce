"""The table `predictions`: parts go in, read by DuckDB itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from storage.errors import TerminalError
from storage.lake.parts import StagedPart
from storage.prediction_columns import PREDICTION_COLUMNS, PredictionColumn


def insert_predictions(con: duckdb.DuckDBPyConnection, parts: Sequence[StagedPart], at: datetime) -> None:
    """Insert the rows of verified parts.

    Args:
        con: In a transaction of `Warehouse.writing()`.
        parts: The parts.
        at: The present moment, with a zone.

    Raises:
        TerminalError: Other rows came out of the parts than were verified.
    """
    # Where a row stands in the table means nothing, and each thread may then write row groups of its own.
    con.execute("SET preserve_insertion_order = false")
    filled = {"created_at": at}
    paths = [_literal(part.path) for part in parts]
    sql = insert_sql(PREDICTION_COLUMNS)
    values = [filled[column.name] for column in PREDICTION_COLUMNS if column.source == "loader"]
    (inserted,) = con.execute(sql, [*values, paths]).fetchone() or (0,)
    expected = sum(part.unit.rows for part in parts)
    if inserted != expected:
        raise TerminalError(
            f"{inserted:,} rows came out of {len(parts)} parts",
            expected=f"{expected:,}, as when they were proved a moment before",
            action="nothing of them was kept; find out what else writes to the parts, then run `yeban load`",
        )


def insert_sql(columns: Sequence[PredictionColumn]) -> str:
    """The statement that brings parts in: one value for each column of the loader, then the paths."""
    chosen = ", ".join(f"? AS {each.name}" if each.source == "loader" else each.name for each in columns)
    return f"INSERT INTO predictions BY NAME SELECT {chosen} FROM read_parquet(?::VARCHAR[], hive_partitioning = false)"


def _literal(path: Path) -> str:
    """A path in which DuckDB sees no pattern."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path.absolute()))
