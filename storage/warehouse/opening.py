"""Opening a DuckDB file with patience: while another process has it open, it can't be opened."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from storage.errors import WarehouseLocked
from storage.processes import process_name
from storage.warehouse.duckdb_errors import unusable

FIRST_WAIT_S: Final = 0.02
LONGEST_WAIT_S: Final = 1.0

# A Python variable must never stand in for a table whose name is mistyped.
CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {"python_enable_replacements": "false"}
_HOLDER: Final = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_LOCKED: Final = re.compile(r"could not set lock|different configuration than existing", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens one DuckDB file, again and again until a deadline.

    Attributes:
        path: The file.
        patience_s: How long a caller waits in all; named in the error.
    """

    path: Path
    patience_s: float

    def open(self, deadline: float, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        """Open the file, trying again while another process has it.

        Args:
            deadline: Of `time.monotonic()`; after it no more tries.
            read_only: Side by side with other readers.

        Raises:
            WarehouseLocked: Another process had it until the deadline.
            TerminalError: It can't be opened at all.
        """
        return self._patiently(lambda: duckdb.connect(str(self.path), read_only=read_only, config=CONFIG), deadline)

    def attach(self, deadline: float) -> duckdb.DuckDBPyConnection:
        """Connect to nothing, with the file attached read-only as `old`; errors are those of `open`."""
        where = str(self.path).replace("'", "''")

        def attach() -> duckdb.DuckDBPyConnection:
            con = duckdb.connect(":memory:", config=CONFIG)
            try:
                con.execute(f"ATTACH '{where}' AS old (READ_ONLY)")
            except BaseException:
                con.close()
                raise
            return con

        return self._patiently(attach, deadline)

    def locked(self, why: str, pid: int | None) -> WarehouseLocked:
        """The error of a file that stayed locked."""
        return WarehouseLocked(
            f"the warehouse {self.path} is locked, after {self.patience_s:g} s of waiting: {why}",
            expected="nobody else to have it open meanwhile",
            action="close it there, then run `yeban load`: the staged parts are safe and it brings them in",
            path=str(self.path),
            pid=pid,
        )

    def _patiently(
        self, connect: Callable[[], duckdb.DuckDBPyConnection], deadline: float
    ) -> duckdb.DuckDBPyConnection:
        """Connect, with growing, jittered waits while another process has the file.

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
                    raise unusable(self.path, error) from error
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise self._locked_by(str(error)) from error
            time.sleep(min(wait_s * jitter.uniform(0.5, 1.0), left_s))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _locked_by(self, message: str) -> WarehouseLocked:
        holder = _HOLDER.search(message)
        if holder is None:
            return self.locked("this process has it open already" if "config" in message else message, None)
        pid = int(holder["pid"])
        name = process_name(pid) or holder["program"]
        return self.locked(f"process {pid} has it open: {name}", pid)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file has a name; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
