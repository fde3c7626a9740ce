"""The loader: staged parts into the warehouse, each row exactly once.

Units go in by groups, one short transaction each: remove what the warehouse may hold of the group's
units and what the plan no longer has of their files, insert predictions, then profiles, then the ledger rows.
A crash at any instant leaves whole groups only, and a rerun goes on with the rest.

When a file has changed or is cut otherwise, its old rows leave in the transaction that brings the first of
its new units. So a file never goes missing while its new units are scored, and never stands there in two
versions; until the last of its new units is in, it is shorter than it will be, like any file that is being
loaded. Where nothing of a file is left to wait for, its old rows leave at the start. A unit that was scored
again takes the place of its own rows in one transaction, so no reader ever misses it.

Where the slot takes the place of other bundles, their rows of a file leave in the transaction that brings the last
of its new units: until then both stand there, and the view shows the new ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from storage.errors import PartCorrupt
from storage.lake.parts import PartStore, StagedPart
from storage.lake.plan import Plan
from storage.records import Unit
from storage.warehouse.arriving import group_units, verify_parts
from storage.warehouse.bundles import record_bundle
from storage.warehouse.connection import Warehouse
from storage.warehouse.ledger import loaded_units, record_units, remove_files, remove_units, supersede
from storage.warehouse.predictions import insert_predictions
from storage.warehouse.profiles import insert_profiles

ROWS_PER_TRANSACTION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What one load did.

    Attributes:
        units: Units that went in.
        rows: Their rows.
        superseded_units: Units that left because the plan no longer has them, or because it takes their place.
        waiting_units: Planned units that are neither loaded nor staged yet.
        waiting_rows: Their rows.
        failures: One error per part that could not be read; discard these parts and score their units again.
        seconds: How long it took, waiting for the lock included.
    """

    units: int
    rows: int
    superseded_units: int
    waiting_units: int
    waiting_rows: int
    failures: tuple[PartCorrupt, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Change:
    """What one transaction did."""

    units: int
    rows: int
    superseded: int


def load(
    store: PartStore,
    warehouse: Warehouse,
    plan: Plan,
    *,
    bundle_record: Mapping[str, Any] | None,
    now: Callable[[], datetime],
    replace: Collection[str] = (),
    in_place_of: Collection[str] = (),
    rows_per_transaction: int = ROWS_PER_TRANSACTION,
    on_progress: Callable[[int, int], None] | None = None,
) -> LoadReport:
    """Bring a plan's staged units into the warehouse. Units that are in already are skipped.

    Parts are verified before the warehouse is opened, so it is open only while rows go in. DuckDB reads the parts
    itself, a piece at a time: memory does not grow with the number of rows.

    Args:
        store: Where the parts are.
        warehouse: Where they go.
        plan: The slot's plan.
        bundle_record: What it should know of the bundle, JSON-ready; None leaves it as it is.
        now: The clock, with a time zone.
        replace: Ids of staged units that go in although they are in already, in place of the rows there.
        in_place_of: Bundles whose rows of the plan's files leave, of each file as soon as all its units are in.
        rows_per_transaction: Most rows of a transaction, unless one unit has more.
        on_progress: Called after each transaction with the rows done and the rows to do.

    Returns:
        What was done. Corrupt parts are in its `failures`; they don't stop the others.

    Raises:
        WarehouseLocked: Another process has the warehouse open; what was loaded until then stays.
        DiskFull: No space left; what was loaded until then stays.
        TerminalError: The warehouse can't be used.
    """
    started = time.perf_counter()
    missing, changes = _settle(warehouse, plan, in_place_of)
    staged = store.staged_units(plan.slot)
    waiting = [unit for unit in missing if unit.unit_id not in staged]
    coming = ({unit.unit_id for unit in missing} | set(replace)) & staged
    arriving = [unit for unit in plan.units if unit.unit_id in coming]
    total_rows, seen_rows = sum(unit.rows for unit in arriving), 0
    failures: list[PartCorrupt] = []
    for group in group_units(arriving, rows_per_transaction):
        parts = verify_parts(store, group, failures)
        if parts:
            changes.append(_commit(warehouse, plan, parts, replace, in_place_of, bundle_record, now()))
        seen_rows += sum(unit.rows for unit in group)
        if on_progress:
            on_progress(seen_rows, total_rows)
    return LoadReport(
        units=sum(change.units for change in changes),
        rows=sum(change.rows for change in changes),
        superseded_units=sum(change.superseded for change in changes),
        waiting_units=len(waiting),
        waiting_rows=sum(unit.rows for unit in waiting),
        failures=tuple(failures),
        seconds=time.perf_counter() - started,
    )


def _settle(warehouse: Warehouse, plan: Plan, in_place_of: Collection[str]) -> tuple[list[Unit], list[_Change]]:
    """Find the units that are still to come, and clear files that have nothing to wait for."""
    with warehouse.writing() as con:
        loaded = loaded_units(con, plan.slot)
        missing = [unit for unit in plan.units if unit.unit_id not in loaded]
        complete = _complete(plan, loaded)
        superseded = supersede(con, plan.slot, _planned(plan, complete))
        superseded += remove_files(con, plan.slot, in_place_of, complete)
    return missing, [_Change(0, 0, superseded)]


def _commit(
    warehouse: Warehouse,
    plan: Plan,
    parts: list[StagedPart],
    replace: Collection[str],
    in_place_of: Collection[str],
    record: Mapping[str, Any] | None,
    at: datetime,
) -> _Change:
    """One transaction: old rows out, predictions in, statistics in, completion marks last."""
    slot = plan.slot
    with warehouse.writing() as con:
        # Another loader may have been here while we read.
        loaded = loaded_units(con, slot) - set(replace)
        parts = [part for part in parts if part.unit.unit_id not in loaded]
        units = [part.unit for part in parts]
        superseded = supersede(con, slot, _planned(plan, {unit.source_path for unit in units}))
        remove_units(con, slot, [unit.unit_id for unit in units])
        if parts:
            insert_predictions(con, parts, at)
            insert_profiles(con, slot, parts)
            record_bundle(con, slot, parts[0].profile.labels, record, at)
            record_units(con, units, at)
        if in_place_of:
            superseded += remove_files(con, slot, in_place_of, _complete(plan, loaded_units(con, slot)))
    return _Change(len(units), sum(unit.rows for unit in units), superseded)


def _complete(plan: Plan, loaded: Collection[str]) -> set[str]:
    """Files all of whose units are in."""
    return {path for path, units in plan.files.items() if all(unit.unit_id in loaded for unit in units)}


def _planned(plan: Plan, source_paths: set[str]) -> dict[str, set[str]]:
    return {path: {unit.unit_id for unit in plan.files[path]} for path in source_paths}
