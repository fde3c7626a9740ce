"""Predictions of a date leave for good: the note first, then the rows, then all that could bring them back.

Only a holder of the task's lock may call these. Wherever a removal is cut off, `finish` does the rest.
"""

from __future__ import annotations

from datetime import datetime

from jobs.config.home import Home
from jobs.warehouse.load import units_in_warehouse
from storage.lake.journal.retirement import Retirement
from storage.records import Slot
from storage.warehouse.ledger import loaded_units, remove_units


def retire(home: Home, slot: Slot, why: str, rows: int, now: datetime) -> None:
    """Remove a slot's predictions, parts and plan.

    Raises:
        WarehouseLocked: Another process has it open: the note stands, and the next `finish` does the rest.
        DiskFull: No space left, not even for the note; then nothing was removed.
    """
    home.journal.retire(slot, Retirement(now, why, rows))
    finish(home, slot)


def finish(home: Home, slot: Slot) -> None:
    """Do what a removal has left to do; where it was whole, nothing.

    Raises:
        WarehouseLocked: Another process has it open.
    """
    if units_in_warehouse(home, slot):
        with home.open_warehouse().writing() as con:
            remove_units(con, slot, loaded_units(con, slot))
    home.journal.remove_retired(slot)


def bring_back(home: Home, slot: Slot) -> None:
    """Take the note of a slot away, so that it can be scored anew; what was left of it goes first.

    Raises:
        WarehouseLocked: Another process has it open.
    """
    journal = home.journal
    if journal.is_retired(slot):
        finish(home, slot)
        journal.bring_back(slot)


def unfinished(home: Home, task: str) -> list[Slot]:
    """Slots of a task whose removal was cut off.

    Raises:
        WarehouseLocked: Another process has it open.
    """
    journal = home.journal
    if not journal.retired_slots(task) or not home.warehouse.exists():
        return journal.cut_off_removals(task, lambda _: False)
    with home.open_warehouse().reading() as con:
        return journal.cut_off_removals(task, lambda slot: bool(loaded_units(con, slot)))
