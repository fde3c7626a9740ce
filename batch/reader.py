"""Parquet files as units: facts for the plan, then rows, streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from batch.columns import ColumnMapping, RawRows, read_columns
from batch.sources import SourceFile
from storage.errors import MissingColumn, UnreadableFile
from storage.records import Unit

_READ_ROWS: Final = 8192
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
        UnreadableFile: Truncated, not Parquet, or not readable.
        MissingColumn: A mapped column is not in the file.
    """
    with _opened(source, mapping) as file:
        metadata = file.metadata
        columns = file.schema_arrow.names
        missing = [name for name in mapping.wanted if name not in columns]
        if missing:
            raise MissingColumn(
                f"{source.name} has no column {', '.join(missing)}",
                expected=f"the columns mapped in yeban.toml; the file has {', '.join(columns)}",
                action="mend [tasks.<task>.columns] in yeban.toml",
                missing=missing,
                columns=columns,
            )
        text_bytes = sum(_column_bytes(metadata.row_group(i), mapping.text) for i in range(metadata.num_row_groups))
        return FileFacts(source, _fingerprint(source), metadata.num_rows, text_bytes)


def read_units(
    source: SourceFile, units: Sequence[Unit], mapping: ColumnMapping, time_zone: str
) -> Iterator[tuple[Unit, RawRows]]:
    """Stream the rows of some units of one file, in row order, opening the file once.

    Row groups without a wanted row are not read; within a row group pages are decoded as they come, so that
    memory follows the largest unit and not the file.

    Raises:
        UnreadableFile: The file breaks off or a page is corrupt; units yielded before are whole.
    """
    waiting = sorted(units, key=lambda unit: unit.row_start)
    if not waiting:
        return
    with _opened(source, mapping) as file:
        groups, first_row = _groups_of(file.metadata, waiting)
        batches = file.iter_batches(batch_size=_READ_ROWS, row_groups=groups, columns=mapping.wanted, use_threads=False)
        rows = _RowStream(batches, groups, first_row, file)
        for unit in waiting:
            yield unit, read_columns(rows.take(unit.row_start, unit.row_stop), mapping, time_zone)


class _RowStream:
    """Cuts a stream of record batches by row numbers of the file.

    Row groups that were left out leave gaps; `_starts` maps the stream's rows to the file's.
    """

    def __init__(
        self,
        batches: Iterator[pa.RecordBatch],
        groups: Sequence[int],
        first_row: Sequence[int],
        file: pq.ParquetFile,
    ) -> None:
        self._batches = batches
        self._schema = file.schema_arrow
        self._spans = [
            (first_row[group], first_row[group] + file.metadata.row_group(group).num_rows) for group in groups
        ]
        self._held: list[tuple[int, pa.RecordBatch]] = []
        self._span = 0
        self._row = self._spans[0][0] if self._spans else 0

    def take(self, start: int, stop: int) -> pa.Table:
        """Rows `start` to `stop` of the file; calls must ascend."""
        pieces: list[pa.RecordBatch] = []
        while True:
            for first, batch in self._held:
                begin, end = max(start, first), min(stop, first + batch.num_rows)
                if begin < end:
                    pieces.append(batch.slice(begin - first, end - begin))
            last = self._held[-1][0] + self._held[-1][1].num_rows if self._held else -1
            if last >= stop:
                break
            self._held = self._next()
        return pa.Table.from_batches(pieces)

    def _next(self) -> list[tuple[int, pa.RecordBatch]]:
        """The next batch, cut where the stream jumps over row groups that were left out."""
        batch = next(self._batches)
        cut: list[tuple[int, pa.RecordBatch]] = []
        taken = 0
        while taken < batch.num_rows:
            end = self._spans[self._span][1]
            rows = min(batch.num_rows - taken, end - self._row)
            cut.append((self._row, batch.slice(taken, rows)))
            taken += rows
            self._row += rows
            if self._row == end and self._span + 1 < len(self._spans):
                self._span += 1
                self._row = self._spans[self._span][0]
        return cut


@contextmanager
def _opened(source: SourceFile, mapping: ColumnMapping) -> Iterator[pq.ParquetFile]:
    try:
        with source.filesystem.open_input_file(source.path) as stream:
            file = pq.ParquetFile(stream, read_dictionary=[mapping.text], buffer_size=_BUFFER_BYTES, pre_buffer=False)
            yield file
    except (pa.ArrowException, OSError, EOFError, StopIteration) as error:
        raise UnreadableFile(
            f"{source.name} cannot be read as Parquet: {(str(error) or type(error).__name__).splitlines()[0]}",
            expected="a whole Parquet file",
            action="have it written again; the other files are scored, and a rerun takes up this one",
            path=source.name,
        ) from error


def _fingerprint(source: SourceFile) -> str:
    """SHA-256 of size and footer: the footer holds offsets, counts and statistics of every column chunk."""
    with source.filesystem.open_input_file(source.path) as stream:
        size = stream.size()
        stream.seek(size - _TAIL_BYTES)
        footer_bytes = int.from_bytes(stream.read(4), "little")
        stream.seek(size - _TAIL_BYTES - footer_bytes)
        footer = stream.read(footer_bytes)
    return hashlib.sha256(f"{size}:".encode() + footer).hexdigest()[:16]


def _column_bytes(group: pq.RowGroupMetaData, column: str) -> int:
    return sum(
        group.column(i).total_uncompressed_size
        for i in range(group.num_columns)
        if group.column(i).path_in_schema == column
    )


def _groups_of(metadata: pq.FileMetaData, units: Sequence[Unit]) -> tuple[list[int], list[int]]:
    """Row groups that hold a wanted row, and the first row of every row group."""
    first_row, row = [], 0
    for group in range(metadata.num_row_groups):
        first_row.append(row)
        row += metadata.row_group(group).num_rows
    stops = [*first_row[1:], row]
    groups = [
        group
        for group, (start, stop) in enumerate(zip(first_row, stops, strict=True))
        if start < stop and any(unit.row_start < stop and unit.row_stop > start for unit in units)
    ]
    return groups, first_row
