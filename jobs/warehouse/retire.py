"""Predictions of a date leave for good: the note first, then the rows, then all that could bring them back.

Only who holds the task's lock may. Cut off anywhere, `finish` does the rest.
"""

from __future__ import annotations

from datetime import datetime

from jobs.config.home import Home
from storage.lake.retired import RetiredStore, Retirement
from storage.records import Slot
from storage.warehouse.ledger import loaded_units, remove_units


def retire(home: Home, slot: Slot, why: str, rows: int, now: datetime) -> None:
    """Remove a slot's predictions, parts and plan.

    Raises:
        WarehouseLocked: Somebody else has it open: the note stands, and the next `finish` does the rest.
        DiskFull: No space left, not even for the note; then nothing was removed.
    """
    RetiredStore(home.retired).note(slot, Retirement(now, why, rows))
    finish(home, slot)


def finish(home: Home, slot: Slot) -> None:
    """Do what a removal has left to do; where it was whole, nothing.

    Raises:
        WarehouseLocked: Somebody else has it open.
    """
    if home.warehouse.exists():
        with home.open_warehouse().reading() as con:
            there = loaded_units(con, slot)
        if there:
            with home.open_warehouse().writing() as con:
                remove_units(con, slot, loaded_units(con, slot))
    home.part_store.drop(slot)


def bring_back(home: Home, slot: Slot) -> None:
    """Take the note of a slot away, so that it can be scored anew; what was left of it goes first.

    Raises:
        WarehouseLocked: Somebody else has it open.
    """
    retired = RetiredStore(home.retired)
    if retired.has(slot):
        finish(home, slot)
        retired.forget(slot)


def unfinished(home: Home, task: str) -> list[Slot]:
    """Slots of a task whose removal was cut off.

    Raises:
        WarehouseLocked: Somebody else has it open.
    """
    slots, staged = RetiredStore(home.retired).slots(task), set(home.part_store.slots(task))
    if not slots or not home.warehouse.exists():
        return [slot for slot in slots if slot in staged]
    with home.open_warehouse().reading() as con:
        return [slot for slot in slots if slot in staged or loaded_units(con, slot)]
