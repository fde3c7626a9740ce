"""Compacting the warehouse, once what earlier attempts left is swept."""

from __future__ import annotations

from jobs.config.home import Home
from jobs.runs.leftovers import sweep
from storage.warehouse.compaction import Compaction, compact


def compact_warehouse(home: Home) -> Compaction:
    """Rewrite the warehouse without its free space; what earlier attempts left is swept.

    Raises:
        WarehouseLocked: Another process has it open.
        DiskFull: There is no room for the copy.
        TerminalError: There is none, it can't be used, or the copy is not the same.
    """
    sweep(home)
    return compact(home.open_warehouse())
