"""The DuckDB file: opened for one short transaction, with patience, and closed again.

DuckDB lets one process open a file for writing; meanwhile no other may open it even for reading. So no job
holds it while computing, and an opener that finds it locked tries again for a while.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb

from storage.errors import TerminalError
from storage.files.atomic import alone_in, atomic_output
from storage.warehouse.duckdb_errors import translated_errors
from storage.warehouse.interrupts import stops_kept
from storage.warehouse.migrations import is_outdated, migrate, packaged_migrations, schema_version
from storage.warehouse.opening import CONFIG, Opener
from storage.warehouse.wal import set_aside, wal_of

# In one process DuckDB lets any number of connections write. Threads take turns like processes do.
_turns: Final[defaultdict[Path, threading.Lock]] = defaultdict(threading.Lock)


class Warehouse:
    """A DuckDB file with our schema, made on first use.

    Args:
        path: The file.
        patience_s: How long to wait for a process that has it open, in seconds.
    """

    def __init__(self, path: Path, *, patience_s: float = 30.0) -> None:
        self.path = path
        self._opener = Opener(path, patience_s)

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: committed when the block ends well, rolled back on any exception.

        The file is made or migrated first where that is needed. Keep the block short: while it lasts, no other process
        can even read.

        Yields:
            A connection inside a transaction.

        Raises:
            WarehouseLocked: Another process had it open for longer than our patience.
            DiskFull: No space left; nothing of the transaction stays.
            TerminalError: The file is no warehouse, is damaged, or is newer than this program.
        """
        deadline = self._deadline()
        with self._turn(deadline), stops_kept(), translated_errors(self.path):
            if not self.path.exists():
                self._create()
            con = self._opener.open(deadline, read_only=False)
            try:
                migrate(con)
                with _transaction(con):
                    yield con
            finally:
                con.close()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Read-only access, side by side with other readers.

        Yields:
            A read-only connection.

        Raises:
            WarehouseLocked: Another process was writing for longer than our patience.
            TerminalError: There is no warehouse yet, or it is damaged, foreign, or newer than this program.
        """
        if not self.path.exists():
            raise TerminalError(
                f"there is no warehouse at {self.path}",
                expected="a DuckDB file that a load made",
                action="run `yeban score`, or `yeban load` if parts are staged",
                path=str(self.path),
            )
        deadline = self._deadline()
        with stops_kept(), translated_errors(self.path):
            con = self._opener.open(deadline, read_only=True)
            try:
                if is_outdated(con):
                    con.close()
                    with self.writing():
                        pass
                    con = self._opener.open(deadline, read_only=True)
                yield con
            finally:
                con.close()

    def versions(self) -> tuple[int, int]:
        """The schema's version and the newest that this program knows; nothing is migrated.

        Raises:
            WarehouseLocked: Another process was writing for longer than our patience.
            TerminalError: It is no warehouse, is damaged, or is newer than this program.
        """
        with stops_kept(), translated_errors(self.path):
            con = self._opener.open(self._deadline(), read_only=True)
            try:
                is_outdated(con)  # refuses a newer one
                return schema_version(con), packaged_migrations()[-1].version
            finally:
                con.close()

    @contextmanager
    def still(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """No process writes while the block lasts; what stood in the write-ahead log is in the file.

        Yields:
            A connection to nothing, with the file attached read-only as `old`.

        Raises:
            WarehouseLocked: Another process had it open for longer than our patience.
            TerminalError: There is no warehouse yet, or it is damaged, foreign, or newer than this program.
        """
        with self.reading():
            pass  # it is there, and ours
        deadline = self._deadline()
        with self._turn(deadline), stops_kept(), translated_errors(self.path):
            while True:
                con = self._opener.open(deadline, read_only=False)
                try:
                    migrate(con)
                    con.execute("CHECKPOINT")
                finally:
                    con.close()
                con = self._opener.attach(deadline)
                if not wal_of(self.path).exists():
                    break
                con.close()  # another process wrote in between
            try:
                yield con
            finally:
                con.close()

    def _create(self) -> None:
        """Make the file with its schema, whole or not at all: a half-made one can't be opened again."""
        with (
            suppress(FileExistsError),
            ExitStack() as until_named,
            atomic_output(self.path, exclusive=True) as temporary,
        ):
            con = duckdb.connect(str(temporary), config=CONFIG)
            try:
                migrate(con)
            finally:
                con.close()
                # It stays when the disk is full; the next opener then migrates the blank file.
                wal_of(temporary).unlink(missing_ok=True)
            until_named.enter_context(alone_in(self.path.parent))
            if not self.path.exists():
                set_aside(wal_of(self.path))

    @contextmanager
    def _turn(self, deadline: float) -> Iterator[None]:
        lock = _turns[self.path.absolute()]
        if not lock.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise self._opener.locked("another thread of this process is writing to it", None)
        try:
            yield
        finally:
            lock.release()

    def _deadline(self) -> float:
        return time.monotonic() + self._opener.patience_s


@contextmanager
def _transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.begin()
    try:
        yield
        con.commit()
    except BaseException:
        # After a failed commit there is nothing to roll back.
        with suppress(duckdb.Error):
            con.rollback()
        raise
