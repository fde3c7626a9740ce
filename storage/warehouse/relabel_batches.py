"""Batches to label in the warehouse: copies of what `storage.relabel.batches` holds, without the texts."""

from __future__ import annotations

import json

import duckdb
import pyarrow as pa

from storage.relabel.batches import ITEMS_SCHEMA, BatchHead


def record_batch(con: duckdb.DuckDBPyConnection, head: BatchHead, items: pa.Table) -> None:
    """Put a batch in place of what the warehouse holds of it.

    Args:
        con: In a transaction of `Warehouse.writing()`.
        head: The batch.
        items: Its items; columns beyond `ITEMS_SCHEMA` are left out.

    Raises:
        ValueError: An item is of another batch or task.
    """
    rows = items.select(ITEMS_SCHEMA.names).cast(ITEMS_SCHEMA)
    strange = {(head.task, head.batch)} ^ set(zip(*(rows[name].to_pylist() for name in ("task", "batch")), strict=True))
    if rows.num_rows and strange:
        raise ValueError(f"items of {sorted(strange)} stand among those of {head.task} {head.batch}")
    for table in ("relabel_batches", "relabel_items"):
        con.execute(f"DELETE FROM {table} WHERE task = ? AND batch = ?", [head.task, head.batch])
    flat = {**head.as_dict(), "mix": json.dumps(head.mix)}
    con.execute(
        f"INSERT INTO relabel_batches ({', '.join(flat)}) VALUES ({', '.join('?' * len(flat))})", [*flat.values()]
    )
    con.register("arriving", rows)
    con.execute("INSERT INTO relabel_items BY NAME SELECT * FROM arriving")
    con.unregister("arriving")


def recorded_batches(con: duckdb.DuckDBPyConnection, task: str) -> set[str]:
    """Batches of a task that the warehouse has."""
    rows = con.execute("SELECT batch FROM relabel_batches WHERE task = ?", [task]).fetchall()
    return {batch for (batch,) in rows}
