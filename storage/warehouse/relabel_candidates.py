"""Rows that stand for the texts that could be labelled: what comes out is as small as the batch.

Call `gather_texts` of `relabel_texts` first, on the same connection.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storage.prediction_columns import PART_SCHEMA
from storage.relabel.arms import SUSPECTED_ARM
from storage.warehouse.relabel_scope import (
    GOLDEN_SOURCE,
    OF_SCOPE,
    Scope,
    literal,
    scope_values,
    stratum_sql,
)

CANDIDATES_SCHEMA: Final = pa.schema(
    [*PART_SCHEMA, pa.field("text_rows", pa.int64()), pa.field("stratum", pa.string())]
)
"""A candidate: the prediction of one of its rows, how many rows have its text, and its predicted class and slices as
one word."""
DOUBTED_SCHEMA: Final = pa.schema([*CANDIDATES_SCHEMA, pa.field("given_label", pa.string())])
"""The same of a text with a label: the newest one."""

_ROWS: Final = f"""
    SELECT p.*, t.text_rows
    FROM (SELECT * EXCLUDE (created_at), {{stratum}} AS stratum FROM latest_predictions WHERE {OF_SCOPE}) AS p
    JOIN (SELECT unnest(?::UBIGINT[]) AS text_hash) USING (text_hash)
    JOIN texts AS t USING (text_hash)
    QUALIFY row_number() OVER (
        PARTITION BY text_hash ORDER BY p.stratum, p.logical_date, p.source_path, p.source_row
    ) = 1
    ORDER BY text_hash
"""
_LABELLED: Final = """
    WITH newest AS (
        SELECT doc_id, label AS given_label FROM labels
        WHERE task = ? AND {wanted}
        QUALIFY row_number() OVER (
            PARTITION BY doc_id ORDER BY labelled_at DESC, imported_at DESC, annotator, source, label
        ) = 1
    )
    SELECT p.* EXCLUDE (created_at), 1 AS text_rows, {stratum} AS stratum, given_label
    FROM newest JOIN (
        FROM latest_predictions WHERE task = ? AND bundle = ? AND logical_date >= ? AND status IN ('scored', 'short')
    ) AS p USING (doc_id)
    QUALIFY row_number() OVER (PARTITION BY doc_id ORDER BY logical_date DESC, source_path, source_row) = 1
    ORDER BY doc_id
"""
_DOUBTABLE: Final = """
    doc_id NOT IN (SELECT doc_id FROM labels WHERE task = $task AND source = $golden)
    AND doc_id NOT IN (SELECT doc_id FROM relabel_items WHERE task = $task AND arm = $arm)
    AND doc_id NOT IN (SELECT doc_id FROM queued WHERE arm = $arm)
"""


def candidates(con: duckdb.DuckDBPyConnection, scope: Scope, hashes: NDArray[np.uint64]) -> pa.Table:
    """One row for each text, `CANDIDATES_SCHEMA`, sorted by hash: of several rows the first of the smallest stratum."""
    sql = _ROWS.format(stratum=stratum_sql(scope))
    return _rows(con, sql, [*scope_values(scope), hashes.tolist()], CANDIDATES_SCHEMA)


def doubtable_labels(con: duckdb.DuckDBPyConnection, scope: Scope, since: date) -> pa.Table:
    """Labelled documents with a prediction of the bundle, and their newest labels.

    Golden ones are left out, and those that were asked again already.

    Args:
        con: After `gather_texts`.
        scope: Which bundle; its dates don't matter.
        since: First date of the predictions.

    Returns:
        `DOUBTED_SCHEMA`, sorted by id.
    """
    arm, golden, task = (literal(each) for each in (SUSPECTED_ARM, GOLDEN_SOURCE, scope.task))
    wanted = _DOUBTABLE.replace("$arm", arm).replace("$golden", golden).replace("$task", task)
    return _labelled(con, scope, wanted, since)


def golden_labels(con: duckdb.DuckDBPyConnection, scope: Scope) -> pa.Table:
    """Documents whose right label is known, of any date; as `doubtable_labels`."""
    return _labelled(con, scope, f"source = {literal(GOLDEN_SOURCE)}", date.min)


def _labelled(con: duckdb.DuckDBPyConnection, scope: Scope, wanted: str, since: date) -> pa.Table:
    sql = _LABELLED.format(wanted=wanted, stratum=stratum_sql(scope))
    return _rows(con, sql, [scope.task, scope.task, scope.bundle, since], DOUBTED_SCHEMA)


def _rows(con: duckdb.DuckDBPyConnection, sql: str, values: list[object], schema: pa.Schema) -> pa.Table:
    table = con.sql(sql, params=values).to_arrow_table()
    return table.select(schema.names).cast(schema).combine_chunks()
