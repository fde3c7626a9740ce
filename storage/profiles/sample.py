"""A uniform random sample of a day's rows that merges exactly: the k rows whose hashes are smallest.

Whatever the order, the grouping or the machine, the k smallest of the k smallest are the k smallest of all. The hash is
of the document's id, the date and the row's place: a document that comes every day is not in every sample, and rows of
one id (copies of a text, where ids come from texts) are drawn one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from storage.errors import PartCorrupt
from storage.profiles.digests import digest_numbers

SAMPLE_ROWS: Final = 2_000
"""Rows of a sample, k: enough to see a share of one per cent move, and small beside a unit."""
SAMPLE_CHARACTERS: Final = 1_000
"""Of a longer text only the beginning is kept."""

SAMPLE_SCHEMA: Final = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("source_path", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("text_hash", pa.uint64(), nullable=False),
        pa.field("slices", pa.map_(pa.string(), pa.string())),
        pa.field("status", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("confidence", pa.float32()),
        pa.field("probs", pa.list_(pa.float32())),
        pa.field("n_tokens", pa.int32(), nullable=False),
    ]
)
"""A row of the day with its cleaned text; columns as in a part."""

_COPIED: Final = [field.name for field in SAMPLE_SCHEMA if field.name not in ("key", "text")]
_REPEATING: Final = ["source_path", "slices.key_value.key", "slices.key_value.value", "status", "label"]
_ORDER: Final = [("key", "ascending"), ("source_path", "ascending"), ("source_row", "ascending")]


def sample_of(table: pa.Table, texts: pl.Series, which: NDArray[np.int64], rows: int = SAMPLE_ROWS) -> pa.Table:
    """Sample one unit.

    Args:
        table: Predictions in `PART_SCHEMA`, N rows.
        texts: String[U], its cleaned texts.
        which: int64[N], each row's text.
        rows: How many rows to take, at most.

    Returns:
        `SAMPLE_SCHEMA`, at most `rows` rows, sorted by key.
    """
    day: date = table["logical_date"][0].as_py() if table.num_rows else date.min
    keys = _keys(table, day)
    chosen = np.argsort(keys, kind="stable")[: rows + _tied(keys, rows)]
    picked = table.select(_COPIED).take(pa.array(chosen))
    text = texts.gather(which[chosen]).str.slice(0, SAMPLE_CHARACTERS).to_arrow().cast(pa.string())
    picked = picked.append_column("key", pa.array(keys[chosen])).append_column("text", text)
    return _smallest(picked.select(SAMPLE_SCHEMA.names).cast(SAMPLE_SCHEMA), rows)


def merge_samples(samples: Iterable[pa.Table], rows: int = SAMPLE_ROWS) -> pa.Table:
    """Sample the union of sampled rows; order and grouping don't matter."""
    return _smallest(pa.concat_tables([SAMPLE_SCHEMA.empty_table(), *samples]), rows)


def sample_to_bytes(sample: pa.Table) -> bytes:
    """A sample as a Parquet file; equal samples give equal bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(sample, sink, version="2.6", compression="zstd", use_dictionary=_REPEATING, write_page_checksum=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def sample_from_bytes(data: bytes) -> pa.Table:
    """Inverse of `sample_to_bytes`.

    Raises:
        PartCorrupt: The bytes are no sample of this version.
    """
    return _read(data, SAMPLE_SCHEMA.names).cast(SAMPLE_SCHEMA)  # Parquet renames the insides of lists and maps


def keys_from_bytes(data: bytes) -> NDArray[np.uint64]:
    """The keys of a sample that `sample_to_bytes` wrote, uint64[N] ascending: a fraction of reading it all.

    Raises:
        PartCorrupt: The bytes are no sample of this version.
    """
    keys: NDArray[np.uint64] = _read(data, ["key"])["key"].to_numpy()
    return keys


def _read(data: bytes, columns: list[str]) -> pa.Table:
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            if file.schema_arrow.equals(SAMPLE_SCHEMA):
                return file.read(columns, use_threads=False)
            found = ", ".join(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        found = str(error).splitlines()[0]
    raise PartCorrupt(
        f"a sample can't be read: {found}", expected="the columns of a sample", action="score its unit again"
    )


def _smallest(table: pa.Table, rows: int) -> pa.Table:
    return table.sort_by(_ORDER).slice(0, rows).combine_chunks()


def _tied(keys: NDArray[np.uint64], rows: int) -> int:
    """How many more rows have the key of the last one taken: their place distinguishes them."""
    if len(keys) <= rows:
        return 0
    last = np.partition(keys, rows - 1)[rows - 1]
    return int((keys <= last).sum()) - rows


def _keys(table: pa.Table, day: date) -> NDArray[np.uint64]:
    """uint64[N], the lower half of the MD5 of id, date and place."""
    places = pl.DataFrame({name: pl.from_arrow(table[name]) for name in ("doc_id", "source_path", "source_row")})
    salted = places.select(
        pl.concat_str("doc_id", pl.lit(day.isoformat()), "source_path", "source_row", separator="\x1f")
    )
    return digest_numbers(salted.to_series())[0]
