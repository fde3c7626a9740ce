"""Staged parts into the warehouse: at the end of scoring, or by `yeban load`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobs.config import Home
from jobs.locks import task_lock
from jobs.progress import Progress
from jobs.recording import Tally, copy_records, recorded_run
from storage.errors import PartCorrupt, RunLocked, WarehouseLocked
from storage.ledger import loaded_units
from storage.loader import LoadReport, load
from storage.parts import PartStore
from storage.plan import Plan
from storage.records import Slot
from storage.runs import RunLog
from storage.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """What was loaded of one slot.

    Attributes:
        slot: The slot.
        report: What the loader did; None where nothing could be loaded.
        failures: Why.
        busy: A run of the task is under way, and loads its own parts.
    """

    slot: Slot
    report: LoadReport | None
    failures: tuple[str, ...]
    busy: bool = False


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
    tally.failures += [_set_aside(failure, plan.slot) for failure in report.failures]
    return report


def _set_aside(failure: PartCorrupt, slot: Slot) -> PartCorrupt:
    return PartCorrupt(
        failure.got,
        expected=failure.expected,
        action=f"it is discarded; `yeban score {slot.task} --date {slot.logical_date}` scores just its rows again",
        **failure.facts,
    )


def load_staged(home: Home, task: str | None, progress: Progress) -> list[SlotLoad]:
    """Load everything that is staged and not yet in the warehouse.

    Args:
        home: The home.
        task: One task, or None for all that have parts.
        progress: Where to report to.

    Returns:
        The slots that had something to load, up to the first that found the warehouse locked.

    Raises:
        ConfigError: Nobody knows the task.
        RunLocked: A run of the task asked for is under way.
        WarehouseLocked: Somebody else has the warehouse open.
    """
    store, runs = PartStore(home.parts), RunLog(home.run_records)
    slots = store.slots(task)
    if task is not None and not slots:
        home.task(task)
    plans, done = _read_plans(store, slots)
    for plan in _unsettled(home, store, plans):
        try:
            done.append(_load_slot(home, store, runs, plan, progress))
        except RunLocked as error:
            if task is not None:
                raise
            done.append(SlotLoad(plan.slot, None, (str(error),), busy=True))
            continue
        if done[-1].report is None:
            return done
    if any(each.report for each in done):
        copy_records(open_warehouse(home), runs)
    return done


def _read_plans(store: PartStore, slots: list[Slot]) -> tuple[list[Plan], list[SlotLoad]]:
    """The plans of slots; one that cannot be read is a failure and does not stop the others."""
    plans, failed = [], []
    for slot in slots:
        try:
            plan = store.load_plan(slot)
        except PartCorrupt as error:
            failed.append(SlotLoad(slot, None, (str(error),)))
            continue
        if plan is not None:
            plans.append(plan)
    return plans, failed


def _unsettled(home: Home, store: PartStore, plans: list[Plan]) -> list[Plan]:
    """Plans whose staged units are not what the ledger says."""
    loaded: dict[Slot, set[str]] = {}
    if home.warehouse.exists():
        with open_warehouse(home).reading() as connection:
            loaded = {plan.slot: loaded_units(connection, plan.slot) for plan in plans}
    return [plan for plan in plans if _has_news(store, plan, loaded.get(plan.slot, set()))]


def _has_news(store: PartStore, plan: Plan, loaded: set[str]) -> bool:
    planned = {unit.unit_id for unit in plan.units}
    return bool((store.staged_units(plan.slot) & planned) - loaded or loaded - planned)


def _load_slot(home: Home, store: PartStore, runs: RunLog, plan: Plan, progress: Progress) -> SlotLoad:
    slot = plan.slot
    with task_lock(home.locks, slot.task), recorded_run(runs, "load", slot) as tally:
        plan = store.load_plan(slot) or plan  # a run that has just ended may have changed it
        report = load_plan(home, plan, None, tally, progress)
        tally.rows, tally.units = (report.rows, report.units) if report else (0, 0)
    failures = [str(each) for each in tally.failures]
    if report is None:
        failures.append(str(tally.figures["not_loaded"]))
    return SlotLoad(slot, report, tuple(failures))
