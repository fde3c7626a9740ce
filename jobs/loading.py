"""Staged parts into the warehouse: at the end of scoring, or by `yeban load`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobs.config import Home
from jobs.locks import task_lock
from jobs.progress import Progress
from jobs.recording import Tally, copy_records, recorded_run
from storage.errors import WarehouseLocked
from storage.loader import LoadReport, load
from storage.parts import PartStore
from storage.plan import Plan
from storage.records import Slot
from storage.runs import RunLog
from storage.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """What was loaded of one slot; `report` is None where the warehouse was locked."""

    slot: Slot
    report: LoadReport | None
    failures: tuple[str, ...]


def open_warehouse(home: Home) -> Warehouse:
    """The home's warehouse."""
    return Warehouse(home.warehouse, patience_s=home.config.warehouse.patience_s)


def load_plan(
    home: Home, plan: Plan, record: dict[str, Any] | None, tally: Tally, progress: Progress
) -> LoadReport | None:
    """Load a plan's staged parts; a locked warehouse leaves them staged and is no loss.

    A part that turns out to be damaged is discarded, so that the next run scores its unit again.
    """
    store, done = PartStore(home.parts), 0

    def advance(seen: int, total: int) -> None:
        nonlocal done
        if not done:
            progress.begin("load", total)
        progress.advance(seen - done)
        done = seen

    try:
        report = load(
            store,
            open_warehouse(home),
            plan,
            bundle_record=record,
            now=lambda: datetime.now(UTC),
            on_progress=advance,
        )
    except WarehouseLocked as error:
        tally.staged = True
        tally.figures["not_loaded"] = str(error)
        return None
    store.discard(plan.slot, [str(failure.facts["unit"]) for failure in report.failures])
    tally.failures += report.failures
    return report


def load_staged(home: Home, task: str | None, progress: Progress) -> list[SlotLoad]:
    """Load everything that is staged and not yet in the warehouse.

    Args:
        home: The home.
        task: One task, or None for all that have parts.
        progress: Where to report to.

    Raises:
        RunLocked: A run of a task is under way; it loads its own parts.
    """
    store, runs = PartStore(home.parts), RunLog(home.run_records)
    done = []
    for slot in store.slots(task):
        plan = store.load_plan(slot)
        if plan is None:
            continue
        with task_lock(home.locks, slot.task), recorded_run(runs, "load", slot) as tally:
            report = load_plan(home, plan, None, tally, progress)
            tally.rows, tally.units = (report.rows, report.units) if report else (0, 0)
        failures = [str(each) for each in tally.failures]
        if report is None:
            failures.append(str(tally.figures["not_loaded"]))
        done.append(SlotLoad(slot, report, tuple(failures)))
    copy_records(open_warehouse(home), runs)
    return done
