"""What a run has to do: the files of a dump, the plan that they make, and which of its units are not done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from batch.input.dump import Dump, plan_dump
from batch.input.sources import find_sources
from batch.input.units import UnitSize
from jobs.config.home import Home
from jobs.warehouse.load import units_in_warehouse
from storage.errors import ConfigError, PartCorrupt, WarehouseLocked
from storage.lake.parts import Mark, PartStore
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
        ConfigError: Nobody says where the dump is.
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


def adopt_plan(home: Home, store: PartStore, new: Plan) -> Plan:
    """Put a new plan over the one before, and drop staged parts that no plan names any more.

    Raises:
        PartCorrupt: The plan before cannot be read, or is lost and the parts do not tell what it was.
        WarehouseLocked: It is lost, and the warehouse is needed to find out what it was.
    """
    slot = new.slot
    plan = (store.load_plan(slot) or _recover_plan(home, store, new)).merged(new)
    store.save_plan(plan)
    planned = {unit.unit_id for unit in plan.units}
    store.discard(slot, store.staged_units(slot) - planned)
    for mark in get_args(Mark):
        store.unmark(slot, mark, store.marked(slot, mark) - planned)
    return plan


def _recover_plan(home: Home, store: PartStore, new: Plan) -> Plan:
    """The files that are staged though the new plan does not name them: parts of another `--input`, its plan lost.

    Of such a file the units that are loaded but not staged any more belong to the plan too, or the loader would
    take their rows out.
    """
    slot = new.slot
    by_file: dict[str, list[Unit]] = defaultdict(list)
    for unit in store.recover(slot):
        if unit.source_path not in new.files:
            by_file[unit.source_path].append(unit)
    if not by_file:
        return Plan(slot, {})
    for unit in _loaded_records(home, slot):
        known = by_file.get(unit.source_path, [])
        if known and unit.fingerprint == known[0].fingerprint and not any(_overlap(unit, each) for each in known):
            by_file[unit.source_path].append(unit)
    try:
        return Plan(slot, {path: tuple(units) for path, units in by_file.items()})
    except ValueError as error:
        raise PartCorrupt(
            f"the plan of {slot.task} {slot.logical_date}, bundle {slot.bundle}, is gone, and parts of more than one "
            f"version of a file are staged: {error}",
            expected="the plan, or an --input that names all files",
            action=f"run `yeban score` with an --input for each of {', '.join(sorted(by_file))} as well",
        ) from error


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


def _overlap(one: Unit, other: Unit) -> bool:
    return one.row_start < other.row_stop and other.row_start < one.row_stop


def order_again(store: PartStore, plan: Plan) -> None:
    """Order a plan's units to be scored again, though they are done; where a stopped run left an order, it goes on."""
    planned = {unit.unit_id for unit in plan.units}
    if not planned & store.marked(plan.slot, "again"):
        store.mark(plan.slot, "again", sorted(planned))


def find_pending(home: Home, store: PartStore, plan: Plan) -> list[Unit]:
    """Units that are neither staged nor loaded, or are ordered again.

    A locked or missing warehouse leaves the parts to tell.
    """
    slot = plan.slot
    staged = store.staged_units(slot)
    lost = store.marked(slot, "renewed") - staged  # what is loaded of them is what was to be replaced
    done = (staged | _known_units(home, slot)) - store.marked(slot, "again") - lost
    return [unit for unit in plan.units if unit.unit_id not in done]


def _known_units(home: Home, slot: Slot) -> set[str]:
    try:
        return units_in_warehouse(home, slot)
    except WarehouseLocked:
        return set()
