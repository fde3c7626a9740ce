"""What a run has to do: the files of a dump, the plan that they make, and which of its units are not done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from batch.input.dump import Dump, plan_dump
from batch.input.sources import find_sources
from batch.input.units import UnitSize
from jobs.config.home import Home
from jobs.warehouse.load import units_in_warehouse
from storage.errors import ConfigError, WarehouseLocked
from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.plan import Plan
from storage.records import Slot, Unit
from storage.warehouse.ledger import loaded_records


def plan_files(home: Home, slot: Slot, patterns: Sequence[str]) -> Dump:
    """Find and cut the files of a dump; files and patterns that cannot be used are among its failures.

    Args:
        home: The home.
        slot: What is scored.
        patterns: Files, globs or directories; empty for the task's `input`.

    Raises:
        ConfigError: Neither the caller nor yeban.toml says where the dump is.
        InputError: There is no file at all.
    """
    task = home.task(slot.task)
    patterns = patterns or task.input
    if not patterns:
        raise ConfigError(
            f"task {slot.task!r} has no input",
            expected="`input` in its section of yeban.toml, or --input",
            action='for example input = "dumps/comment/dt={date}"',
        )
    sources, missing = find_sources(patterns, slot.logical_date, home.root)
    units = home.config.units
    dump = plan_dump(sources, slot, task.columns.mapping(), UnitSize(units.rows, units.text_mb << 20))
    return replace(dump, failures=(*missing, *dump.failures))


def adopt_plan(home: Home, journal: SlotJournal, new: Plan) -> Plan:
    """Put a new plan over the one before; parts and marks that it no longer names go.

    Raises:
        PartCorrupt: The plan before cannot be read, or is lost and the parts do not say what it was.
        WarehouseLocked: It is lost, and the warehouse is needed to find out what it was.
    """
    return journal.adopt(new, lambda: _loaded_records(home, new.slot))


def _loaded_records(home: Home, slot: Slot) -> list[Unit]:
    if not home.warehouse.exists():
        return []
    try:
        with home.open_warehouse().reading() as connection:
            return loaded_records(connection, slot)
    except WarehouseLocked as error:
        raise WarehouseLocked(
            f"{error.got}; the plan of {slot.task} {slot.logical_date} is gone, and only it knows what was in",
            expected=error.expected,
            action="close it there, then run the same command again: what is staged is safe",
            **error.facts,
        ) from error


def find_pending(home: Home, journal: SlotJournal, plan: Plan) -> list[Unit]:
    """Units that are neither staged nor loaded, or are ordered again.

    Where the warehouse is locked or missing, the parts alone decide.
    """
    return journal.pending(plan, _known_units(home, plan.slot))


def _known_units(home: Home, slot: Slot) -> set[str]:
    try:
        return units_in_warehouse(home, slot)
    except WarehouseLocked:
        return set()
