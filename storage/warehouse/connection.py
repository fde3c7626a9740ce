"""The DuckDB file: opened for one short transaction, with patience, and closed again.

DuckDB lets one process open a file for writing; meanwhile no other may open it even for reading. So nobody
holds it while computing, and an opener that finds it locked tries again for a while.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb

from storage.errors import TerminalError, WarehouseLocked, YebanError
from storage.files.atomic import alone_in, as_disk_full, atomic_output
from storage.processes import process_name
from storage.warehouse.interrupts import stops_kept
from storage.warehouse.migrations import is_outdated, migrate, packaged_migrations, schema_version
from storage.warehouse.wal import log_of, set_aside

FIRST_WAIT_S: Final = 0.02
LONGEST_WAIT_S: Final = 1.0

# A Python variable must never stand in for a table whose name somebody mistyped.
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {"python_enable_replacements": "false"}
_HOLDER: Final = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_LOCKED: Final = re.compile(r"could not set lock|different configuration than existing", re.IGNORECASE)
_DAMAGED: Final = re.compile(r"not a valid DuckDB database|corrupt|checksum|failed to deserialize", re.IGNORECASE)

# In one process DuckDB lets any number of connections write. Threads take turns like processes do.
_turns: Final[defaultdict[Path, threading.Lock]] = defaultdict(threading.Lock)


class Warehouse:
    """A DuckDB file with our schema, made on first use.

    Args:
        path: The file.
        patience_s: How long to wait for whoever has it open, in seconds.
    """

    def __init__(self, path: Path, *, patience_s: float = 30.0) -> None:
        self.path = path
        self._patience_s = patience_s

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: committed when the block ends well, rolled back on any exception.

        The file is made or migrated first where that is needed. Keep the block short: while it lasts, nobody
        else can even read.

        Yields:
            A connection inside a transaction.

        Raises:
            WarehouseLocked: Somebody else had it open for longer than our patience.
            DiskFull: No space left; nothing of the transaction stays.
            TerminalError: The file is no warehouse, is damaged, or is newer than this program.
        """
        deadline = time.monotonic() + self._patience_s
        with self._turn(deadline), stops_kept(), self._translated():
            if not self.path.exists():
                self._create()
            con = self._open(deadline, read_only=False)
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
            WarehouseLocked: Somebody was writing for longer than our patience.
            TerminalError: There is no warehouse yet, or it is damaged, foreign, or newer than this program.
        """
        if not self.path.exists():
            raise TerminalError(
                f"there is no warehouse at {self.path}",
                expected="a DuckDB file that a load made",
                action="run `yeban score`, or `yeban load` if parts are staged",
                path=str(self.path),
            )
        deadline = time.monotonic() + self._patience_s
        with stops_kept(), self._translated():
            con = self._open(deadline, read_only=True)
            try:
                if is_outdated(con):
                    con.close()
                    with self.writing():
                        pass
                    con = self._open(deadline, read_only=True)
                yield con
            finally:
                con.close()

    def versions(self) -> tuple[int, int]:
        """The schema's version and the newest that this program knows; nothing is migrated.

        Raises:
            WarehouseLocked: Somebody was writing for longer than our patience.
            TerminalError: It is no warehouse, is damaged, or is newer than this program.
        """
        with stops_kept(), self._translated():
            con = self._open(time.monotonic() + self._patience_s, read_only=True)
            try:
                is_outdated(con)  # refuses a newer one
                return schema_version(con), packaged_migrations()[-1].version
            finally:
                con.close()

    @contextmanager
    def still(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Nobody writes while the block lasts; what stood in the log is in the file.

        Yields:
            A connection to nothing, with the file attached read-only as `old`.

        Raises:
            WarehouseLocked: Somebody had it open for longer than our patience.
            TerminalError: There is no warehouse yet, or it is damaged, foreign, or newer than this program.
        """
        with self.reading():
            pass  # it is there, and ours
        deadline = time.monotonic() + self._patience_s
        with self._turn(deadline), stops_kept(), self._translated():
            while True:
                con = self._open(deadline, read_only=False)
                try:
                    migrate(con)
                    con.execute("CHECKPOINT")
                finally:
                    con.close()
                con = self._attached(deadline)
                if not log_of(self.path).exists():
                    break
                con.close()  # somebody wrote in between
            try:
                yield con
            finally:
                con.close()

    def _attached(self, deadline: float) -> duckdb.DuckDBPyConnection:
        where = str(self.path).replace("'", "''")

        def attach() -> duckdb.DuckDBPyConnection:
            con = duckdb.connect(":memory:", config=_CONFIG)
            try:
                con.execute(f"ATTACH '{where}' AS old (READ_ONLY)")
            except BaseException:
                con.close()
                raise
            return con

        return self._patiently(attach, deadline)

    def _create(self) -> None:
        """Make the file with its schema, whole or not at all: a half-made one can't be opened again."""
        with (
            suppress(FileExistsError),
            ExitStack() as until_named,
            atomic_output(self.path, exclusive=True) as temporary,
        ):
            con = duckdb.connect(str(temporary), config=_CONFIG)
            try:
                migrate(con)
            finally:
                con.close()
                # It stays when the disk is full; the next opener then migrates the blank file.
                log_of(temporary).unlink(missing_ok=True)
            until_named.enter_context(alone_in(self.path.parent))
            if not self.path.exists():
                set_aside(log_of(self.path))

    @contextmanager
    def _turn(self, deadline: float) -> Iterator[None]:
        lock = _turns[self.path.absolute()]
        if not lock.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise self._locked("another thread of this process is writing to it", None)
        try:
            yield
        finally:
            lock.release()

    def _open(self, deadline: float, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        """Open the file, trying again while somebody has it."""
        return self._patiently(lambda: duckdb.connect(str(self.path), read_only=read_only, config=_CONFIG), deadline)

    def _patiently(
        self, connect: Callable[[], duckdb.DuckDBPyConnection], deadline: float
    ) -> duckdb.DuckDBPyConnection:
        """Connect, with growing, jittered waits while somebody has the file.

        When another file was put in its place just then, see `compaction`, that one is opened: what is written to the
        old one is lost.
        """
        jitter = random.SystemRandom()
        wait_s = FIRST_WAIT_S
        while True:
            try:
                before = _identity(self.path)
                con = connect()
                if before in (None, _identity(self.path)):
                    return con
                con.close()
                continue
            except duckdb.Error as error:
                if not _LOCKED.search(str(error)):
                    raise self._unusable(error) from error
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise self._locked_by(str(error)) from error
            time.sleep(min(wait_s * jitter.uniform(0.5, 1.0), left_s))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _locked_by(self, message: str) -> WarehouseLocked:
        holder = _HOLDER.search(message)
        if holder is None:
            return self._locked("this process has it open already" if "config" in message else message, None)
        pid = int(holder["pid"])
        name = process_name(pid) or holder["program"]
        return self._locked(f"process {pid} has it open: {name}", pid)

    def _locked(self, why: str, pid: int | None) -> WarehouseLocked:
        return WarehouseLocked(
            f"the warehouse {self.path} is locked, after {self._patience_s:g} s of waiting: {why}",
            expected="nobody else to have it open meanwhile",
            action="close it there, then run `yeban load`: the staged parts are safe and it brings them in",
            path=str(self.path),
            pid=pid,
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn DuckDB's errors that a user can mend into ours."""
        try:
            yield
        except duckdb.ProgrammingError:
            raise  # a mistake in the block's SQL, whatever words it has
        except duckdb.Error as error:
            if full := as_disk_full(error, self.path):
                raise full from error
            if _DAMAGED.search(str(error)):
                raise self._unusable(error) from error
            raise

    def _unusable(self, error: duckdb.Error) -> YebanError:
        return as_disk_full(error, self.path) or TerminalError(
            f"the warehouse {self.path} can't be used: {error}",
            expected="a sound DuckDB file that this version of DuckDB can read and we may open",
            action="check its path and rights; if it is damaged put it aside, with the .wal file beside it, and run "
            "`yeban load`, which fills a new one from the staged parts",
            path=str(self.path),
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file has a name; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


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
