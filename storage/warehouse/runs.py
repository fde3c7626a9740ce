"""The table `runs`: a copy of the run log, whose files are the truth."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

import duckdb
import pyarrow as pa

from storage.runs.log import RunLog

_RUN_SCHEMA: Final = pa.schema(
    [
        pa.field("run_id", pa.string()),
        pa.field("job", pa.string()),
        pa.field("task", pa.string()),
        pa.field("logical_date", pa.date32()),
        pa.field("bundle", pa.string()),
        pa.field("started_at", pa.timestamp("us", tz="UTC")),
        pa.field("finished_at", pa.timestamp("us", tz="UTC")),
        pa.field("state", pa.string()),
        pa.field("rows", pa.int64()),
        pa.field("units", pa.int64()),
        pa.field("failures", pa.list_(pa.string())),
        pa.field("figures", pa.string()),
        pa.field("host", pa.string()),
        pa.field("pid", pa.int64()),
    ]
)


def load_runs(con: duckdb.DuckDBPyConnection, runs: RunLog) -> int:
    """Copy the run log into the table `runs`, in place of what it held of these runs.

    Args:
        con: In a transaction of `Warehouse.writing()`.
        runs: The run log.

    Returns:
        The number of runs.
    """
    records = runs.list()
    rows = [
        {**asdict(record), "figures": json.dumps(record.metrics, ensure_ascii=False, sort_keys=True)}
        for record in records
    ]
    con.register("arriving_runs", pa.Table.from_pylist(rows, schema=_RUN_SCHEMA))
    con.execute("INSERT OR REPLACE INTO runs BY NAME SELECT * FROM arriving_runs")
    con.unregister("arriving_runs")
    return len(records)
