"""Raw columns, whatever their type, as the columns that scoring works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from storage.profiles.digests import digest_texts

_BISECT_DOWN_TO: Final = 64
_EPOCH_UNITS: Final = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (float("inf"), 1e-3))
"""Numbers below 10**11 are seconds since 1970 (the year 5138), then come milli-, micro- and nanoseconds; with each
the microseconds in one of them."""
_EARLIEST: Final = -62_135_510_400_000_000
_LATEST: Final = 253_402_128_000_000_000
"""Microseconds from 1970 to 0001-01-02 and to 9999-12-30: what every reader can show, in any zone."""
_ZONED_FORMATS: Final = ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z", "%a %b %d %H:%M:%S %z %Y")
_LOCAL_FORMATS: Final = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which columns of a dump mean what.

    Attributes:
        text: The text to score.
        doc_id: The document's id; None derives ids from the text.
        created_at: When the text was written; None where the dump doesn't say.
        slices: Columns that figures are broken down by.
    """

    text: str
    doc_id: str | None = None
    created_at: str | None = None
    slices: tuple[str, ...] = ()

    @property
    def wanted(self) -> list[str]:
        """All mapped columns, each once."""
        return list(dict.fromkeys(name for name in (self.text, self.doc_id, self.created_at, *self.slices) if name))


@dataclass(frozen=True, slots=True)
class RawRows:
    """The rows of one unit.

    Attributes:
        texts: String[U], the distinct raw texts; null stands for itself.
        which: UInt32[N], each row's text.
        doc_id: String[N].
        created_at: Timestamp(us, UTC)[N], null where unknown.
        slices: Map(string, string)[N].
        invalid_utf8: bool[N], the row's text was not valid UTF-8 and was repaired with U+FFFD.
    """

    texts: pl.Series
    which: pl.Series
    doc_id: pa.Array
    created_at: pa.Array
    slices: pa.Array
    invalid_utf8: NDArray[np.bool_]

    @property
    def rows(self) -> int:
        """Number of rows, N."""
        return len(self.which)


def read_columns(table: pa.Table, mapping: ColumnMapping, time_zone: str) -> RawRows:
    """Turn the mapped columns of a raw table into `RawRows`.

    Args:
        table: N rows with the mapped columns, of any string, binary, dictionary, number or time type.
        mapping: What they mean.
        time_zone: The zone of timestamps that name none.
    """
    values, which = _distinct(table[mapping.text])
    texts, repaired = decode_text(values)
    return RawRows(
        texts=texts,
        which=which,
        doc_id=_doc_ids(table, mapping, texts, which),
        created_at=_times(table[mapping.created_at], time_zone)
        if mapping.created_at
        else pa.nulls(table.num_rows, pa.timestamp("us", tz="UTC")),
        slices=_slice_maps(table, mapping.slices),
        invalid_utf8=repaired.gather(which).to_numpy(),
    )


def _distinct(column: pa.ChunkedArray) -> tuple[pa.Array, pl.Series]:
    """Split a column into its distinct values, in order of first appearance, and each row's place in them.

    Null is a value. A dictionary read from a file may hold values of other rows: they are left out.
    """
    if pa.types.is_string_view(column.type) or pa.types.is_binary_view(column.type):
        column = column.cast(pa.large_binary())  # views lack half of Arrow's functions
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    encoded = column.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], encoded.type)
    codes = pl.DataFrame({"code": pl.from_arrow(encoded.indices)})
    used = codes.unique(maintain_order=True).with_row_index("place")
    which = codes.join(used, on="code", how="left", nulls_equal=True, maintain_order="left")["place"]
    return encoded.dictionary.take(used["code"].to_arrow()), which


def decode_text(values: pa.Array) -> tuple[pl.Series, pl.Series]:
    """Decode a column of any string-like or other type to text, repairing invalid UTF-8.

    Parquet readers don't check that strings are valid UTF-8, so even string columns are decoded from bytes.

    Returns:
        String[N] with nulls kept, and Boolean[N], which values had to be repaired.
    """
    kind = values.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_binary(kind)):
        values = values.cast(pa.large_string())
    return _decode(pl.Series("text", pl.from_arrow(values.cast(pa.large_binary()))))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _decode(raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    try:
        return raw.cast(pl.String), pl.repeat(False, len(raw), dtype=pl.Boolean, eager=True)
    except pl.exceptions.ComputeError:
        pass
    if len(raw) > _BISECT_DOWN_TO:
        half = len(raw) // 2
        halves = zip(_decode(raw[:half]), _decode(raw[half:]), strict=True)
        return tuple(pl.concat(each) for each in halves)  # type: ignore[return-value]
    texts = [None if value is None else value.decode("utf-8", "replace") for value in raw]
    repaired = [text is not None and text.encode() != value for value, text in zip(raw, texts, strict=True)]
    return pl.Series(raw.name, texts, dtype=pl.String), pl.Series("repaired", repaired, dtype=pl.Boolean)


def _doc_ids(table: pa.Table, mapping: ColumnMapping, texts: pl.Series, which: pl.Series) -> pa.Array:
    if mapping.doc_id is None:
        return _content_ids(texts, which)
    ids = _as_text(table[mapping.doc_id])
    if not ids.null_count():
        return ids.to_arrow().cast(pa.string())
    derived = pl.Series("derived", pl.from_arrow(_content_ids(texts, which)))
    return ids.zip_with(ids.is_not_null(), derived).to_arrow().cast(pa.string())


def _content_ids(texts: pl.Series, which: pl.Series) -> pa.Array:
    """Ids for rows that have none: the MD5 of the text, so that the same text keeps its id in every dump."""
    digests = pl.select(pl.lit("md5:") + digest_texts(texts)).to_series()
    return digests.gather(which).to_arrow().cast(pa.string())


def _times(column: pa.ChunkedArray, time_zone: str) -> pa.Array:
    """Timestamps in UTC; what cannot be understood becomes null."""
    if pa.types.is_interval(column.type):
        return pa.nulls(len(column), pa.timestamp("us", tz="UTC"))
    series = pl.Series("t", pl.from_arrow(_as_polars_takes_it(column)))
    kind = series.dtype
    if kind.is_numeric():
        moments = _from_epoch(series)
    elif kind in (pl.Date, pl.Datetime):
        zone = getattr(kind, "time_zone", None)
        moments = _in_utc(_possible(series.cast(pl.Datetime("us", zone), strict=False)), time_zone)
    else:
        moments = _parse(_as_text(column), time_zone)
    return moments.to_arrow().cast(pa.timestamp("us", tz="UTC"))


def _as_polars_takes_it(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Spell zones and numbers in a way that polars knows: it panics at some that Parquet files may hold."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return column.cast(pa.timestamp(kind.unit, "UTC"))  # the zone says how to show a moment, not which it is
    return column.cast(pa.float64()) if pa.types.is_decimal(kind) else column


def _from_epoch(numbers: pl.Series) -> pl.Series:
    number = pl.col("t").cast(pl.Float64)
    microseconds = pl.coalesce(pl.when(number.abs() < below).then(number * each) for below, each in _EPOCH_UNITS)
    possible = microseconds.is_between(_EARLIEST, _LATEST)
    moments = pl.when(possible).then(microseconds).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({"t": numbers}).select(moments).to_series()


def _parse(texts: pl.Series, time_zone: str) -> pl.Series:
    """Read `2026-01-05 12:30:00` and its like, and Weibo's `Mon Jan 05 12:30:00 +0800 2026`.

    There may be a `T`, `/` for `-`, an offset from UTC or a `Z`; the seconds or the whole time may be missing.
    """
    plain = texts.str.strip_chars().str.replace_all("/", "-").str.replace(r"(\d)T(\d)", "$1 $2")
    frame = pl.DataFrame({"t": plain.str.replace(r"(\d) ?Z$", "$1+00:00")})

    def read(formats: tuple[str, ...]) -> pl.Series:
        tried = [pl.col("t").str.to_datetime(each, strict=False, time_unit="us") for each in formats]
        return _possible(frame.select(pl.coalesce(tried)).to_series())

    zoned, local = read(_ZONED_FORMATS), _in_utc(read(_LOCAL_FORMATS), time_zone)
    return zoned.zip_with(zoned.is_not_null(), local)


def _possible(moments: pl.Series) -> pl.Series:
    """Null what no calendar shows."""
    return moments.set(~moments.to_physical().is_between(_EARLIEST, _LATEST), None)


def _in_utc(moments: pl.Series, time_zone: str) -> pl.Series:
    zone = getattr(moments.dtype, "time_zone", None)
    if zone is None:
        moments = moments.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return moments.dt.convert_time_zone("UTC")


def _slice_maps(table: pa.Table, slices: Sequence[str]) -> pa.Array:
    rows, width = table.num_rows, len(slices)
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * width)
    if not width or not rows:
        empty = pa.array([], pa.string())
        return pa.MapArray.from_arrays(offsets, empty, empty)
    columns = pl.DataFrame({name: _as_text(table[name]) for name in slices})
    values = columns.select(pl.concat_list(pl.all()).explode()).to_series()
    keys = pl.Series(list(slices)).gather(np.tile(np.arange(width), rows))
    return pa.MapArray.from_arrays(offsets, keys.to_arrow().cast(pa.string()), values.to_arrow().cast(pa.string()))


def _as_text(column: pa.ChunkedArray) -> pl.Series:
    values, which = _distinct(column)
    return decode_text(values)[0].gather(which)
