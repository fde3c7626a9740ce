"""What lies in files is the truth; the warehouse has a copy, and may be locked when it should be made."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import duckdb

from storage.errors import WarehouseLocked
from storage.warehouse.connection import Warehouse

log = logging.getLogger("yeban.copies")
Known = TypeVar("Known")


def copy_missing(
    warehouse: Warehouse, what: str, known: Callable[[duckdb.DuckDBPyConnection], Known], copy: Callable[[Known], int]
) -> int:
    """Copy what the warehouse lacks; when another process has it open, the next run does it.

    Args:
        warehouse: Where it goes.
        what: A word for the log, in the plural.
        known: Asks what it has, in a transaction of `Warehouse.writing()`.
        copy: Copies the rest, in transactions of its own, and counts.

    Returns:
        What `copy` counted; 0 when it was locked.

    Raises:
        DiskFull: No space left; what was copied until then stays.
        TerminalError: The warehouse can't be used.
    """
    try:
        with warehouse.writing() as con:
            there = known(con)
        return copy(there)
    except WarehouseLocked as error:
        log.warning("the %s stay in their files until the next run: %s", what, error.got)
        return 0
