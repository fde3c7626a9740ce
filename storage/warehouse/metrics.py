"""Metrics and alerts of a night in the warehouse: a copy of what `storage.nights.store` holds."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import duckdb
import pyarrow as pa

from storage.records import Slot

_SLOT: Final = [
    pa.field("task", pa.string(), nullable=False),
    pa.field("logical_date", pa.date32(), nullable=False),
    pa.field("bundle", pa.string(), nullable=False),
]
METRICS_SCHEMA: Final = pa.schema(
    [
        *_SLOT,
        pa.field("reference", pa.string()),
        *(pa.field(name, pa.string(), nullable=False) for name in ("slice", "name", "item")),
        *(pa.field(name, pa.float64()) for name in ("level", "level_before", "value", "low", "high", "effect")),
        *(pa.field(name, pa.float64()) for name in ("p_value", "adjusted_p", "threshold")),
        pa.field("breached", pa.bool_(), nullable=False),
        pa.field("nights", pa.int32(), nullable=False),
        *(pa.field(name, pa.float64()) for name in ("null_low", "null_high")),
        *(pa.field(name, pa.float64(), nullable=False) for name in ("n", "m")),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("measured_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)
"""Columns of the table `metrics`; null where a figure does not apply."""
ALERTS_SCHEMA: Final = pa.schema(
    [
        pa.field("alert", pa.string(), nullable=False),
        *_SLOT,
        *(pa.field(name, pa.string(), nullable=False) for name in ("name", "slice", "item", "severity")),
        pa.field("since", pa.date32(), nullable=False),
        pa.field("nights", pa.int32(), nullable=False),
        pa.field("is_new", pa.bool_(), nullable=False),
        *(pa.field(name, pa.float64()) for name in ("effect", "adjusted_p")),
        pa.field("slices", pa.list_(pa.string()), nullable=False),
        *(pa.field(name, pa.string(), nullable=False) for name in ("message_en", "message_zh")),
        pa.field("fired_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)
"""Columns of the table `alerts`."""


def record_night(con: duckdb.DuckDBPyConnection, slot: Slot, metrics: pa.Table, alerts: pa.Table) -> None:
    """Put a night's metrics and alerts in place of what the warehouse holds of its slot.

    Args:
        con: In a transaction of `Warehouse.writing()`.
        slot: The night.
        metrics: All rows of the slot, in `METRICS_SCHEMA`.
        alerts: The same in `ALERTS_SCHEMA`.

    Raises:
        ValueError: A table has other columns, or rows of another slot.
    """
    for name, table, schema in (("metrics", metrics, METRICS_SCHEMA), ("alerts", alerts, ALERTS_SCHEMA)):
        _check(name, table, schema, slot)
        con.execute(
            f"DELETE FROM {name} WHERE task = ? AND logical_date = ? AND bundle = ?",
            [slot.task, slot.logical_date, slot.bundle],
        )
        con.register("arriving", table)
        con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM arriving")
        con.unregister("arriving")


def recorded_nights(con: duckdb.DuckDBPyConnection, task: str) -> dict[Slot, datetime]:
    """Nights of a task that the warehouse has metrics of, with the moment at which they were found out.

    Args:
        con: Of `Warehouse.reading()` or `writing()`.
        task: The task.
    """
    found = con.execute(
        "SELECT logical_date, bundle, max(measured_at) FROM metrics WHERE task = ? GROUP BY ALL", [task]
    ).fetchall()
    return {Slot(task, day, bundle): at for day, bundle, at in found}


def _check(name: str, table: pa.Table, schema: pa.Schema, slot: Slot) -> None:
    if not table.schema.equals(schema):
        raise ValueError(f"the rows for {name} have other columns than its schema: {table.schema.names}")
    keys = table.select(["task", "logical_date", "bundle"]).group_by(["task", "logical_date", "bundle"]).aggregate([])
    strange = [row for row in keys.to_pylist() if Slot(**row) != slot]
    if strange:
        raise ValueError(f"rows for {name} of {slot} are those of {strange[0]}")
