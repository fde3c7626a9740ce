"""The distinct texts that could be labelled, found by SQL: the big table stays where it is.

People label texts, so rows whose cleaned text is the same are one. `gather_texts` lists the texts once in a temporary
table; the other functions, and those of `relabel_candidates`, look there, on the same connection of
`Warehouse.reading()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storage.warehouse.relabel_scope import OF_SCOPE, Scope, scope_values, stratum_sql

Measure = Literal["margin", "confidence", "entropy"]
MEMORY_LIMIT: Final = "1GB"
"""What DuckDB may keep in memory while it looks; beyond that it goes to disk."""
QUEUED_SCHEMA: Final = pa.schema([("doc_id", pa.string()), ("text_hash", pa.uint64()), ("arm", pa.string())])
"""Items of the batches on disk: the warehouse may not have the newest ones yet."""

_DOUBT: Final[Mapping[Measure, str]] = {"margin": "margin", "confidence": "confidence", "entropy": "-entropy"}
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
    FROM (FROM latest_predictions WHERE {OF_SCOPE})
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
    sql = _GATHER.format(stratum=stratum_sql(scope))
    con.execute(sql, [scope.task, scope.task, scope.task, *scope_values(scope)]).fetchall()
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


def _hashes(con: duckdb.DuckDBPyConnection, sql: str, values: list[object]) -> NDArray[np.uint64]:
    found: NDArray[np.uint64] = con.execute(sql, values).fetchnumpy()["text_hash"].astype(np.uint64)
    return found
