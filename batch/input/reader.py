"""Parquet files as units: facts for the plan, then rows, streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from batch.input.columns import ColumnMapping, RawRows, read_columns
from batch.input.sources import SourceFile
from storage.errors import FileChanged, MissingColumn, UnreadableFile
from storage.records import Unit

_READ_ROWS: Final = (256, 8192)
"""Fewest and most rows decoded at once."""
_DICTIONARY_BYTES: Final = 16 << 20
"""Largest text of a row group, as encoded, that is read as a dictionary."""
_TAIL_BYTES: Final = 8
_BUFFER_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the plan needs to know of a file, from its footer alone.

    Attributes:
        source: The file.
        fingerprint: Digest of size and footer.
        rows: Rows in the file.
        text_bytes: Uncompressed bytes of the text column.
    """

    source: SourceFile
    fingerprint: str
    rows: int
    text_bytes: int


def inspect(source: SourceFile, mapping: ColumnMapping) -> FileFacts:
    """Read a file's footer and check that the mapped columns are there.

    Raises:
        UnreadableFile: Truncated, not Parquet, or not readable; or a mapped column is nested, or there twice.
        MissingColumn: A mapped column is not in the file.
    """
    with _opened(source, mapping) as (file, fingerprint):
        _check_columns(source, file.schema_arrow, mapping)
        return FileFacts(source, fingerprint, file.metadata.num_rows, sum(_text_bytes(file.metadata, mapping.text)))


def _check_columns(source: SourceFile, schema: pa.Schema, mapping: ColumnMapping) -> None:
    missing = [name for name in mapping.wanted if name not in schema.names]
    if missing:
        raise MissingColumn(
            f"{source.name} has no column {', '.join(missing)}",
            expected=f"the columns mapped in yeban.toml; the file has {', '.join(schema.names)}",
            action="mend [tasks.<task>.columns] in yeban.toml",
            missing=missing,
            columns=schema.names,
        )
    for name in mapping.wanted:
        kinds = [field.type for field in schema if field.name == name]
        if len(kinds) > 1 or pa.types.is_nested(kinds[0]):
            raise UnreadableFile(
                f"{source.name}: column {name} is {' and '.join(map(str, kinds))}",
                expected="one column of text, numbers or times",
                action="have the file written with a plain column, or map another one in yeban.toml",
                path=source.name,
                column=name,
            )


def read_units(
    source: SourceFile, units: Sequence[Unit], mapping: ColumnMapping, time_zone: str
) -> Iterator[tuple[Unit, RawRows]]:
    """Stream the rows of some units of one file, in row order, opening the file once.

    Row groups without a wanted row are not read; within a row group pages are decoded as they come, so that
    memory follows the largest unit and not the file.

    Raises:
        UnreadableFile: The file breaks off or a page is corrupt; units of the row groups before it are yielded.
        FileChanged: The file is not the one that was planned.
    """
    waiting = sorted(units, key=lambda unit: unit.row_start)
    if not waiting:
        return
    with _opened(source, mapping) as (file, fingerprint):
        _check_planned(source, fingerprint, waiting)
        rows = _RowStream(_batches(file, waiting, mapping))
        for unit in waiting:
            yield unit, read_columns(rows.take(unit.row_start, unit.row_stop), mapping, time_zone)


def read_texts(source: SourceFile, rows: NDArray[np.int64], text: str) -> pl.Series:
    """Read the texts of some rows; row groups without one of them are not read.

    Args:
        source: The file; it may have changed since these rows were scored.
        rows: int64[N], ascending, each once.
        text: The column with the text.

    Returns:
        String[N]; null where there is no such row, or no text.

    Raises:
        UnreadableFile: The file is gone, breaks off or is corrupt.
        MissingColumn: It has no such column.
    """
    mapping = ColumnMapping(text)
    with _opened(source, mapping) as (file, _):
        _check_columns(source, file.schema_arrow, mapping)
        there = rows[rows < file.metadata.num_rows]
        pieces = [
            batch.take(pa.array(there[first:last] - start))
            for start, batch in _whole_batches(file, there, text)
            for first, last in [np.searchsorted(there, [start, start + batch.num_rows])]
        ]
    raw = read_columns(pa.Table.from_batches(pieces), mapping, "UTC") if pieces else None
    found = pl.Series(text, [], dtype=pl.String) if raw is None else raw.texts.gather(raw.which)
    return found.extend_constant(None, len(rows) - len(there)).rename(text)


def _whole_batches(file: pq.ParquetFile, rows: NDArray[np.int64], text: str) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Batches of the row groups that hold one of the rows, each with its first row in the file."""
    stop = 0
    for group in range(file.num_row_groups):
        start, stop = stop, stop + file.metadata.row_group(group).num_rows
        if np.searchsorted(rows, start) == np.searchsorted(rows, stop):
            continue
        for batch in file.iter_batches(_READ_ROWS[1], row_groups=[group], columns=[text], use_threads=False):
            yield start, batch
            start += batch.num_rows


def _check_planned(source: SourceFile, fingerprint: str, units: Sequence[Unit]) -> None:
    if any(unit.fingerprint != fingerprint for unit in units):
        raise FileChanged(
            f"{source.name} was replaced after it was planned",
            expected="a dump that stays as it is while it is scored",
            action="run the same command again: it plans the new file and scores it",
            path=source.name,
        )


def _batches(
    file: pq.ParquetFile, units: Sequence[Unit], mapping: ColumnMapping
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Batches of the row groups that hold a wanted row, each with its first row in the file."""
    fewest, most = _READ_ROWS
    size = min(most, max(fewest, *(unit.rows for unit in units)))
    stop = 0
    for group in range(file.num_row_groups):
        start, stop = stop, stop + file.metadata.row_group(group).num_rows
        if not any(unit.row_start < stop and unit.row_stop > start for unit in units):
            continue
        for batch in file.iter_batches(size, row_groups=[group], columns=mapping.wanted, use_threads=False):
            yield start, batch
            start += batch.num_rows


class _RowStream:
    """Cuts a stream of record batches by row numbers of the file."""

    def __init__(self, batches: Iterator[tuple[int, pa.RecordBatch]]) -> None:
        self._batches = batches
        self._held = next(batches)

    def take(self, start: int, stop: int) -> pa.Table:
        """Rows `start` to `stop` of the file; calls must ascend.

        Raises:
            EOFError: Not all of them are there, whatever the footer claims.
        """
        pieces: list[pa.RecordBatch] = []
        while True:
            first, batch = self._held
            begin, end = max(start, first), min(stop, first + batch.num_rows)
            if begin < end:
                pieces.append(batch.slice(begin - first, end - begin))
            if first + batch.num_rows >= stop:
                break
            self._held = next(self._batches)
        found = sum(piece.num_rows for piece in pieces)
        if found != stop - start:
            raise EOFError(f"of its rows {start} to {stop} only {found} are there")
        return pa.Table.from_batches(pieces)


@contextmanager
def _opened(source: SourceFile, mapping: ColumnMapping) -> Iterator[tuple[pq.ParquetFile, str]]:
    """A file and its fingerprint, both from one handle: it may be replaced under its name at any time."""
    try:
        with source.filesystem.open_input_file(source.path) as stream:
            metadata = pq.read_metadata(stream)
            _check_rows(metadata)
            fingerprint = _fingerprint(stream)
            file = pq.ParquetFile(
                stream,
                metadata=metadata,
                read_dictionary=_dictionaries(metadata, mapping.text),
                buffer_size=_BUFFER_BYTES,
                pre_buffer=False,
                page_checksum_verification=True,
            )
            yield file, fingerprint
    except (pa.ArrowException, OSError, EOFError, StopIteration, ValueError) as error:
        raise UnreadableFile(
            f"{source.name} cannot be read as Parquet: {(str(error) or type(error).__name__).splitlines()[0]}",
            expected="a whole Parquet file",
            action="have it written again; the other files are scored, and a rerun takes up this one",
            path=source.name,
        ) from error


def _check_rows(metadata: pq.FileMetaData) -> None:
    """Refuse a damaged footer before a plan is made of it: it may count quintillions of rows."""
    rows = sum(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
    if rows != metadata.num_rows:
        raise ValueError(f"it says that it has {metadata.num_rows:,} rows, but its row groups have {rows:,}")


def _fingerprint(stream: pa.NativeFile) -> str:
    """SHA-256 of size and footer: the footer holds offsets, counts and statistics of every column chunk."""
    size = stream.size()
    stream.seek(size - _TAIL_BYTES)
    footer_bytes = int.from_bytes(stream.read(4), "little")
    stream.seek(size - _TAIL_BYTES - footer_bytes)
    footer = stream.read(footer_bytes)
    return hashlib.sha256(f"{size}:".encode() + footer).hexdigest()[:16]


def _dictionaries(metadata: pq.FileMetaData, text: str) -> list[str]:
    """Read text as a dictionary? It keeps a million equal texts small, but holds all texts of the row group."""
    columns = {metadata.schema.column(index).path for index in range(metadata.num_columns)}
    small = max(_text_bytes(metadata, text), default=0) <= _DICTIONARY_BYTES
    return [text] if text in columns and small else []


def _text_bytes(metadata: pq.FileMetaData, text: str) -> list[int]:
    """Bytes of text in each row group, as encoded, uncompressed."""
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    return [
        sum(
            group.column(i).total_uncompressed_size
            for i in range(group.num_columns)
            if group.column(i).path_in_schema == text
        )
        for group in groups
    ]
