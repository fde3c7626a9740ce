"""A lost plan, rebuilt from what the parts' own metadata and the warehouse's ledger say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from storage.errors import PartCorrupt
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.records import Unit

LoadedUnits = Callable[[], Sequence[Unit]]
"""Asks the warehouse which units of the slot are loaded; called only where the answer matters."""


def recover_plan(parts: PartStore, new: Plan, loaded: LoadedUnits) -> Plan:
    """The files that are staged though the new plan does not name them: parts of another `--input`, its plan lost.

    Of such a file the units that are loaded but not staged any more belong to the plan too, or the loader would
    take their rows out.

    Args:
        parts: The staged parts.
        new: The plan that is about to be adopted.
        loaded: Asks for the slot's loaded units; not called where no other file is staged.

    Raises:
        PartCorrupt: Parts of two versions of a file are staged, so the plan cannot be rebuilt.
    """
    slot = new.slot
    by_file: dict[str, list[Unit]] = defaultdict(list)
    for unit in parts.units_in_metadata(slot):
        if unit.source_path not in new.files:
            by_file[unit.source_path].append(unit)
    if not by_file:
        return Plan(slot, {})
    for unit in loaded():
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


def _overlap(one: Unit, other: Unit) -> bool:
    return one.row_start < other.row_stop and other.row_start < one.row_stop
