"""A home with a part store and a warehouse, and what a test asks of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.plan import Plan
from storage.records import Slot, Unit
from storage.warehouse.connection import Warehouse
from storage.warehouse.loader import LoadReport, load
from tests.support.predictions import NIGHT


class Lake:
    """A home with a part store and a warehouse; every load is a minute after the one before."""

    def __init__(self, home: Path) -> None:
        self.journal = SlotJournal(home / "parts", home / "retired")
        self.store = self.journal.parts
        self.warehouse = Warehouse(home / "yeban.duckdb", patience_s=0)
        self.now = NIGHT

    def clock(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def adopt(self, plan: Plan) -> None:
        """Make it the slot's plan; the warehouse is not asked."""
        self.journal.adopt(plan, list)

    def load(self, plan: Plan, **options: Any) -> LoadReport:
        return load(self.store, self.warehouse, plan, **{"bundle_record": None, "now": self.clock, **options})

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.warehouse.reading() as con:
            return con.execute(sql, [*values]).fetchall()

    def rows(self, slot: Slot) -> list[tuple[str, int, str]]:
        where = "task = ? AND logical_date = ? AND bundle = ?"
        sql = f"SELECT source_path, source_row, unit FROM predictions WHERE {where} ORDER BY ALL"
        return self.query(sql, slot.task, slot.logical_date, slot.bundle)


def rows_of(*units: Unit) -> list[tuple[str, int, str]]:
    return sorted(
        (unit.source_path, row, unit.unit_id) for unit in units for row in range(unit.row_start, unit.row_stop)
    )
