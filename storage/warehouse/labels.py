"""The table `labels`: rows are only added, each import once."""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

LABELS_SCHEMA: Final = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("task", "doc_id", "label", "annotator", "source")),
        *(pa.field(name, pa.timestamp("us", tz="UTC"), nullable=False) for name in ("labelled_at", "imported_at")),
        pa.field("arm", pa.string()),
    ]
)
"""Columns of the table."""


def add_labels(con: duckdb.DuckDBPyConnection, source: str, rows: pa.Table) -> bool:
    """Add the labels of a source unless they are there; whether they were added.

    Args:
        con: In a transaction of `Warehouse.writing()`.
        source: Where they come from; `source` of all rows.
        rows: In `LABELS_SCHEMA`, of one task.

    Raises:
        ValueError: The rows have other columns.
    """
    if not rows.schema.equals(LABELS_SCHEMA):
        raise ValueError(f"the labels have other columns than the table: {rows.schema.names}")
    if not rows.num_rows or con.execute("SELECT 1 FROM labels WHERE source = ? LIMIT 1", [source]).fetchone():
        return False
    con.register("arriving", rows)
    con.execute("INSERT INTO labels BY NAME SELECT * FROM arriving")
    con.unregister("arriving")
    return True


def known_sources(con: duckdb.DuckDBPyConnection, task: str) -> set[str]:
    """Sources of a task's labels."""
    return {source for (source,) in con.execute("SELECT DISTINCT source FROM labels WHERE task = ?", [task]).fetchall()}
