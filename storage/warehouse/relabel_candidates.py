"""What could be labelled, found by SQL: the big table stays where it is, and what comes out is as small as the batch.

People label texts, so candidates are distinct texts: rows whose cleaned text is the same are one. `gather_texts` lists
them once in a temporary table; the other functions look there, on the same connection of `Warehouse.reading()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storage.records import PART_SCHEMA
from storage.relabel.arms import SUSPECTED_ARM

Measure = Literal["margin", "confidence", "entropy"]
GOLDEN_SOURCE: Final = "golden"
"""`source` of labels that are known to be right: they show how well people label, and are never trained on."""
MEMORY_LIMIT: Final = "1GB"
"""What DuckDB may keep in memory while it looks; beyond that it goes to disk."""
QUEUED_SCHEMA: Final = pa.schema([("doc_id", pa.string()), ("text_hash", pa.uint64()), ("arm", pa.string())])
"""Items of the batches on disk: the warehouse may not have the newest ones yet."""
CANDIDATES_SCHEMA: Final = pa.schema(
    [*PART_SCHEMA, pa.field("text_rows", pa.int64()), pa.field("stratum", pa.string())]
)
"""A candidate: the prediction of one of its rows, how many rows have its text, and its predicted class and slices as
one word."""
DOUBTED_SCHEMA: Final = pa.schema([*CANDIDATES_SCHEMA, pa.field("given_label", pa.string())])
"""The same of a text with a label: the newest one."""

_DOUBT: Final[Mapping[Measure, str]] = {"margin": "margin", "confidence": "confidence", "entropy": "-entropy"}
_SCOPE: Final = "task = ? AND bundle = ? AND logical_date BETWEEN ? AND ? AND status <> 'empty'"
# One scan. Equal texts have equal answers, up to the last bits: the smallest is taken, so that reruns agree.
_GATHER: Final = f"""
    CREATE OR REPLACE TEMP TABLE texts AS
    WITH asked AS (
        SELECT doc_id FROM labels WHERE task = ?
        UNION SELECT doc_id FROM relabel_items WHERE task = ?
        UNION SELECT doc_id FROM queued
    ), asked_texts AS (
        SELECT text_hash FROM relabel_items WHERE task = ? UNION SELECT text_hash FROM queued
    )
    SELECT
        text_hash,
        count(*) AS text_rows,
        min(status) AS status,
        min(margin) AS margin,
        min(confidence) AS confidence,
        max(entropy) AS entropy,
        min({{stratum}}) AS stratum
    FROM (FROM latest_predictions WHERE {_SCOPE})
    LEFT JOIN (SELECT doc_id, true AS known FROM asked) USING (doc_id)
    GROUP BY text_hash
    HAVING NOT coalesce(bool_or(known), false) AND text_hash NOT IN (FROM asked_texts)
"""
# Rank within the stratum; the hash settles ties, so that the same texts come out of every run.
_DOUBTFUL: Final = """
    SELECT text_hash
    FROM texts JOIN (SELECT unnest(?::VARCHAR[]) AS stratum, unnest(?::BIGINT[]) AS wanted) USING (stratum)
    WHERE status = 'scored'
    QUALIFY row_number() OVER (PARTITION BY stratum ORDER BY {doubt}, text_hash) <= wanted
    ORDER BY {doubt}, text_hash
"""
_DRAWN: Final = """
    SELECT text_hash FROM texts ORDER BY md5_number_lower(concat(text_hash, '|', ?::VARCHAR)), text_hash LIMIT ?
"""
_ROWS: Final = f"""
    SELECT p.*, t.text_rows
    FROM (SELECT * EXCLUDE (created_at), {{stratum}} AS stratum FROM latest_predictions WHERE {_SCOPE}) AS p
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


@dataclass(frozen=True, slots=True)
class Scope:
    """Which predictions are looked at.

    Attributes:
        task: The task.
        bundle: Version of the bundle that made them.
        first: First date.
        last: Last date.
        slices: Slice columns that the batch is stratified by, beside the predicted class.
    """

    task: str
    bundle: str
    first: date
    last: date
    slices: tuple[str, ...] = ()


def last_loaded_date(con: duckdb.DuckDBPyConnection, task: str, bundle: str) -> date | None:
    """The newest date of a task with predictions of a bundle; None where there is none."""
    ((found,),) = con.execute(
        "SELECT max(logical_date) FROM units WHERE task = ? AND bundle = ?", [task, bundle]
    ).fetchall()
    return found  # type: ignore[no-any-return]


def gather_texts(con: duckdb.DuckDBPyConnection, scope: Scope, queued: pa.Table) -> int:
    """List the distinct texts that may be asked: none that was labelled or queued, by its document or by its text.

    Args:
        con: Of `Warehouse.reading()`.
        scope: Which predictions.
        queued: Items of all batches on disk, `QUEUED_SCHEMA`.

    Returns:
        How many there are.
    """
    con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    con.execute("SET preserve_insertion_order = false")
    con.register("queued", queued)
    sql = _GATHER.format(stratum=_stratum(scope))
    con.execute(sql, [scope.task, scope.task, scope.task, *_scope_values(scope)]).fetchall()
    ((texts,),) = con.execute("SELECT count(*) FROM texts").fetchall()
    return int(texts)


def stratum_sizes(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Texts of each stratum whose scores may be trusted, by its word, sorted."""
    sql = "SELECT stratum, count(*) FROM texts WHERE status = 'scored' GROUP BY ALL ORDER BY ALL"
    return {word: int(texts) for word, texts in con.execute(sql).fetchall()}


def most_doubtful(con: duckdb.DuckDBPyConnection, measure: Measure, wanted: Mapping[str, int]) -> NDArray[np.uint64]:
    """Hashes of the texts that the model is least sure of, so many of each stratum.

    Args:
        con: After `gather_texts`.
        measure: Least margin, least confidence or largest entropy.
        wanted: How many of each stratum, at most.

    Returns:
        uint64[N], the most doubtful first.
    """
    return _hashes(con, _DOUBTFUL.format(doubt=_DOUBT[measure]), [[*wanted], [*wanted.values()]])


def draw_texts(con: duckdb.DuckDBPyConnection, count: int, salt: str) -> NDArray[np.uint64]:
    """A uniform random sample of the texts, without replacement.

    The order of all texts is drawn by a salted hash, so a longer sample begins with a shorter one.

    Args:
        con: After `gather_texts`.
        count: How many.
        salt: Another one gives another order. One that comes again would draw from what it left the last time.

    Returns:
        uint64[min(count, texts)], hashes in the drawn order.
    """
    return _hashes(con, _DRAWN, [salt, count])


def candidates(con: duckdb.DuckDBPyConnection, scope: Scope, hashes: NDArray[np.uint64]) -> pa.Table:
    """One row for each text, `CANDIDATES_SCHEMA`, sorted by hash: of several rows the first of the smallest stratum."""
    sql = _ROWS.format(stratum=_stratum(scope))
    return _rows(con, sql, [*_scope_values(scope), hashes.tolist()], CANDIDATES_SCHEMA)


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
    arm, golden, task = (_literal(each) for each in (SUSPECTED_ARM, GOLDEN_SOURCE, scope.task))
    wanted = _DOUBTABLE.replace("$arm", arm).replace("$golden", golden).replace("$task", task)
    return _labelled(con, scope, wanted, since)


def golden_labels(con: duckdb.DuckDBPyConnection, scope: Scope) -> pa.Table:
    """Documents whose right label is known, of any date; as `doubtable_labels`."""
    return _labelled(con, scope, f"source = {_literal(GOLDEN_SOURCE)}", date.min)


def _labelled(con: duckdb.DuckDBPyConnection, scope: Scope, wanted: str, since: date) -> pa.Table:
    sql = _LABELLED.format(wanted=wanted, stratum=_stratum(scope))
    return _rows(con, sql, [scope.task, scope.task, scope.bundle, since], DOUBTED_SCHEMA)


def _stratum(scope: Scope) -> str:
    """SQL for the word of a row's stratum."""
    values = ", ".join(f"coalesce(slices[{_literal(name)}], '')" for name in scope.slices)
    return f"concat_ws(chr(31), coalesce(label, ''){', ' + values if values else ''})"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _scope_values(scope: Scope) -> list[object]:
    return [scope.task, scope.bundle, scope.first, scope.last]


def _hashes(con: duckdb.DuckDBPyConnection, sql: str, values: list[object]) -> NDArray[np.uint64]:
    found: NDArray[np.uint64] = con.execute(sql, values).fetchnumpy()["text_hash"].astype(np.uint64)
    return found


def _rows(con: duckdb.DuckDBPyConnection, sql: str, values: list[object], schema: pa.Schema) -> pa.Table:
    table = con.sql(sql, params=values).to_arrow_table()
    return table.select(schema.names).cast(schema).combine_chunks()
