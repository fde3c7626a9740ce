"""Digests of whole columns of text."""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray


def digest_texts(texts: pl.Series) -> pl.Series:
    """MD5 of each text in hexadecimal; null counts as empty."""
    return pl.Series("hash", pl.from_arrow(_query("SELECT md5(t) AS hash FROM texts", texts)["hash"]))


def digest_numbers(texts: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """MD5 of each text, null counts as empty: its lower and its upper half, uint64[N]."""
    halves = _query("SELECT md5_number_lower(t) AS lower, md5_number_upper(t) AS upper FROM texts", texts)
    return halves["lower"].to_numpy(), halves["upper"].to_numpy()


def _query(sql: str, texts: pl.Series) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("texts", pa.table({"t": texts.fill_null("").to_arrow()}))
        return connection.sql(sql).to_arrow_table()
