"""What the warehouse knows of a task's nights: how many rows they had, and how people labelled them."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from storage.relabel.arms import RANDOM_ARM

_VOLUMES = """
    SELECT logical_date, max(rows) FROM (
        SELECT logical_date, bundle, sum(row_stop - row_start) AS rows
        FROM units WHERE task = ? AND logical_date BETWEEN ? AND ? GROUP BY ALL
    ) GROUP BY ALL ORDER BY logical_date
"""
_LABELLED = """
    SELECT true_label AS label, probs, label_arm IS NOT DISTINCT FROM ? AS drawn
    FROM labelled_predictions
    WHERE task = ? AND bundle = ? AND logical_date BETWEEN ? AND ? AND status IN ('scored', 'short', 'failed')
    QUALIFY row_number() OVER (PARTITION BY doc_id ORDER BY logical_date DESC, source_path, source_row) = 1
    ORDER BY logical_date, source_path, source_row
"""

_LABELLED_SCHEMA = pa.schema([("label", pa.string()), ("probs", pa.list_(pa.float32())), ("drawn", pa.bool_())])


def volumes(con: duckdb.DuckDBPyConnection, task: str, first: date, last: date) -> dict[date, int]:
    """Loaded rows of each date, ascending; of several bundles the one that has most."""
    rows = con.execute(_VOLUMES, [task, first, last]).fetchall()
    return {day: int(count) for day, count in rows}


def labelled_rows(con: duckdb.DuckDBPyConnection, task: str, bundle: str, first: date, last: date) -> pa.Table:
    """Predictions of a bundle that people have labelled.

    Returns:
        One row per labelled document, its latest prediction (where ids come from texts, a text has many): `label`
        string, `probs` list<float> (null where it could not be scored) and `drawn` bool, whether it was drawn at
        random.
    """
    rows = con.execute(_LABELLED, [RANDOM_ARM, task, bundle, first, last]).fetchall()
    columns = [pa.array([row[place] for row in rows], field.type) for place, field in enumerate(_LABELLED_SCHEMA)]
    return pa.Table.from_arrays(columns, schema=_LABELLED_SCHEMA)
