"""The DuckDB file copied without its free space, and swapped for the copy once that is proved to be the same."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from storage.errors import DiskFull, TerminalError
from storage.files.atomic import atomic_output
from storage.warehouse.connection import Warehouse
from storage.warehouse.wal import wal_of

_MARGIN: Final = 1.05
"""The copy is never larger than what is used of the file, but for rounding."""
_TABLES: Final = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL"
_SHAPES: Final = {
    "tables": "SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL",
    "columns": "SELECT schema_name, table_name, column_name, column_index, data_type, is_nullable, column_default, "
    "comment FROM duckdb_columns() WHERE database_name = ? ORDER BY ALL",
    "views": "SELECT schema_name, view_name, comment FROM duckdb_views() WHERE database_name = ? AND NOT internal "
    "ORDER BY ALL",
    "constraints": "SELECT schema_name, table_name, constraint_type, constraint_column_names "
    "FROM duckdb_constraints() WHERE database_name = ? ORDER BY ALL",
    "indexes": "SELECT schema_name, table_name, index_name FROM duckdb_indexes() WHERE database_name = ? ORDER BY ALL",
}


@dataclass(frozen=True, slots=True)
class Compaction:
    """What was done.

    Attributes:
        before: Bytes of the file.
        after: Bytes of the new one.
        rows: Rows of each table.
        seconds: How long it took, waiting for the lock included.
    """

    before: int
    after: int
    rows: dict[str, int]
    seconds: float


def compact(warehouse: Warehouse, free_of: Callable[[Path], int] | None = None) -> Compaction:
    """Rewrite the file without its free space; whatever goes wrong, the file stays as it is.

    While it lasts other processes can read it, and none can write.

    Args:
        warehouse: Which.
        free_of: Bytes that are free where a folder is; those of the disk where None.

    Raises:
        WarehouseLocked: Another process has it open.
        DiskFull: There is no room for the copy.
        TerminalError: There is none, it can't be used, or the copy is not the same.
    """
    started = time.perf_counter()
    with warehouse.still() as con:
        path = warehouse.path.resolve()  # a link stays one
        before = path.stat().st_size
        _look_for_room(con, path, free_of or (lambda folder: shutil.disk_usage(folder).free))
        with atomic_output(path) as temporary:
            try:
                rows = _copy(con, temporary)
            finally:
                wal_of(temporary).unlink(missing_ok=True)
            shutil.copymode(path, temporary)
        after = path.stat().st_size
    return Compaction(before, after, rows, time.perf_counter() - started)


def _look_for_room(con: duckdb.DuckDBPyConnection, path: Path, free_of: Callable[[Path], int]) -> None:
    ((block, used),) = con.execute(
        "SELECT block_size, used_blocks FROM pragma_database_size() WHERE database_name = 'old'"
    ).fetchall()
    needed, free = int(block * used * _MARGIN), free_of(path.parent)
    if needed > free:
        raise DiskFull(
            f"no space left for a copy of {path}: it takes up to {needed:,} bytes, and {free:,} are free",
            expected="room for a second file beside it until the first can go",
            action="free some space, or move old files away, then run the same command again: nothing was written",
            path=str(path),
            free_bytes=free,
        )


def _copy(con: duckdb.DuckDBPyConnection, temporary: Path) -> dict[str, int]:
    """Copy all there is, close the copy, and prove from the disk that it is the same; rows of each table."""
    con.execute(f"ATTACH {_quoted(temporary)} AS fresh")
    try:
        con.execute("COPY FROM DATABASE old TO fresh")
        con.execute("CHECKPOINT fresh")
    finally:
        con.execute("DETACH fresh")
    con.execute(f"ATTACH {_quoted(temporary)} AS fresh (READ_ONLY)")
    try:
        for what, sql in _SHAPES.items():
            _same(what, *(con.execute(sql, [name]).fetchall() for name in ("old", "fresh")))
        digests = {name: _digests(con, name) for name in ("old", "fresh")}
        _same("rows", digests["old"], digests["fresh"])
    finally:
        con.execute("DETACH fresh")
    return {table: rows for table, (rows, _) in digests["fresh"].items()}


def _digests(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, tuple[int, str]]:
    """Rows of each table, and a digest of them in no order."""
    found = {}
    for schema, table in con.execute(_TABLES, [database]).fetchall():
        name = ".".join(f'"{each.replace(chr(34), chr(34) * 2)}"' for each in (database, schema, table))
        ((rows, digest),) = con.execute(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {name} AS t").fetchall()
        found[table if schema == "main" else f"{schema}.{table}"] = (int(rows), str(digest))
    return found


def _same(what: str, old: object, fresh: object) -> None:
    if old != fresh:
        raise TerminalError(
            f"the {what} of the copy are not those of the warehouse",
            expected="a copy that is the same; the warehouse stays as it was",
            action="check the disk, and keep a backup of the file before anything else; then tell us",
        )


def _quoted(path: Path) -> str:
    text = os.fspath(path).replace("'", "''")
    return f"'{text}'"
