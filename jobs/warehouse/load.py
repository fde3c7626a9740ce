"""Staged parts into the warehouse: at the end of scoring, or by `yeban load`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.config.home import Home
from jobs.runs.context import JobContext
from jobs.runs.job import LOAD
from jobs.runs.record import Tally
from jobs.runs.run import mirror_records, run
from monitoring.findings.mirror import copy_nights
from monitoring.relabel.annotation.labels import copy_labels
from monitoring.relabel.annotation.queue import Queue
from storage.errors import PartCorrupt, RunLocked, TerminalError, WarehouseLocked
from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.plan import Plan
from storage.records import Slot, Unit
from storage.warehouse.ledger import loaded_records, loaded_units
from storage.warehouse.loader import LoadReport, load
from storage.warehouse.relabel_mirror import copy_batches


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

    def as_dict(self) -> dict[str, Any]:
        """Flat, JSON-ready form."""
        return {
            "task": self.slot.task,
            "logical_date": self.slot.logical_date.isoformat(),
            "bundle": self.slot.bundle,
            "loaded_rows": self.report.rows if self.report else None,
            "failures": list(self.failures),
            "busy": self.busy,
        }


def units_in_warehouse(home: Home, slot: Slot) -> set[str]:
    """Units of a slot that are loaded; none where there is no warehouse yet.

    Raises:
        WarehouseLocked: Another process has the warehouse open.
    """
    if not home.warehouse.exists():
        return set()
    with home.open_warehouse().reading() as con:
        return loaded_units(con, slot)


def load_plan(
    home: Home, plan: Plan, record: dict[str, Any] | None, tally: Tally, context: JobContext
) -> LoadReport | None:
    """Load a plan's staged parts; a locked warehouse leaves them staged and is no loss.

    A part that turns out to be damaged is discarded, so that the next run scores its unit again.
    """
    journal, done, progress = home.journal, 0, context.progress
    loading = journal.begin_load(plan)

    def advance(seen: int, total: int) -> None:
        nonlocal done
        if not done:
            progress.begin("load", total)
        progress.advance(seen - done)
        done = seen

    try:
        journal.forget_replaced(loading, lambda: units_in_warehouse(home, plan.slot))
        report = load(
            journal.parts,
            home.open_warehouse(),
            plan,
            bundle_record=record,
            now=context.now,
            replace=loading.renewed,
            in_place_of=[old.bundle for old in loading.replaced],
            on_progress=advance,
        )
    except WarehouseLocked as error:
        tally.staged = True
        tally.metrics["not_loaded"] = str(error)
        return None
    damaged = {str(failure.facts["unit"]) for failure in report.failures}
    journal.rows_loaded(loading, damaged, waiting=report.waiting_units > 0)
    tally.failures += [_discarded(failure, plan.slot) for failure in report.failures]
    return report


def _discarded(failure: PartCorrupt, slot: Slot) -> PartCorrupt:
    return PartCorrupt(
        failure.got,
        expected=failure.expected,
        action=f"it is discarded; `yeban score {slot.task} --date {slot.logical_date}` scores just its rows again",
        **failure.facts,
    )


def _not_staged(slot: Slot, rows: int) -> TerminalError:
    return TerminalError(
        f"{rows:,} planned rows of {slot.task} {slot.logical_date}, bundle {slot.bundle}, are not staged",
        expected="every planned row to be staged or loaded",
        action=f"run `yeban score {slot.task} --date {slot.logical_date}` again, with the --input and --bundle that it "
        "had: it scores just these",
    )


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What to load.

    Attributes:
        task: One task, or None for all that have parts.
    """

    task: str | None = None


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What was loaded, slot by slot."""

    slots: tuple[SlotLoad, ...]


def load_staged(home: Home, request: LoadRequest, context: JobContext) -> LoadResult:
    """Load everything that is staged and not yet in the warehouse, and report what is planned and not staged.

    Monitored nights and batches to label that the warehouse lacks are copied as well.

    Args:
        home: The home.
        request: What to load.
        context: Where to report to, and the clock.

    Returns:
        What was done for each slot that was not complete in the warehouse, up to the first that found it locked.

    Raises:
        ConfigError: The task is not configured.
        RunLocked: A run of the task asked for is under way.
        WarehouseLocked: Another process has the warehouse open.
    """
    journal, task = home.journal, request.task
    slots = [slot for slot in journal.parts.slots(task) if not journal.is_retired(slot)]
    if task is not None and not slots:
        home.task(task)
    plans, done = _read_plans(journal, slots)
    for plan in unsettled(home, journal, plans):
        try:
            done.append(load_slot(home, journal, plan, context))
        except RunLocked as error:
            if task is not None:
                raise
            done.append(SlotLoad(plan.slot, None, (str(error),), busy=True))
            continue
        if done[-1].report is None:
            return LoadResult(tuple(done))
    if any(each.report for each in done):
        mirror_records(home)
    for name in home.config.tasks if task is None else [task]:
        copy_nights(home.open_warehouse(), home.night_store, name)
        copy_batches(home.open_warehouse(), home.batch_store, name)
        copy_labels(home.open_warehouse(), Queue(home.batch_store), name)
    return LoadResult(tuple(done))


def _read_plans(journal: SlotJournal, slots: list[Slot]) -> tuple[list[Plan], list[SlotLoad]]:
    """The plans of slots; one that cannot be read is a failure and does not stop the others."""
    plans, failed = [], []
    for slot in slots:
        try:
            plan = journal.plan(slot)
        except PartCorrupt as error:
            failed.append(SlotLoad(slot, None, (str(error),)))
            continue
        if plan is not None:
            plans.append(plan)
        elif journal.parts.staged_units(slot):
            failed.append(SlotLoad(slot, None, (str(_no_plan(slot)),)))
    return plans, failed


def _no_plan(slot: Slot) -> TerminalError:
    return TerminalError(
        f"parts of {slot.task} {slot.logical_date}, bundle {slot.bundle}, are staged, but there is no plan of them",
        expected="_plan.json beside them",
        action=f"run `yeban score {slot.task} --date {slot.logical_date}` again, with the --input and --bundle that it "
        "had: it makes the plan anew, and no part is lost",
    )


def unsettled(home: Home, journal: SlotJournal, plans: list[Plan]) -> list[Plan]:
    """Plans that are not in the warehouse as they are planned: the ledger lacks units, or has others or older ones.

    Raises:
        WarehouseLocked: Another process has the warehouse open.
    """
    loaded: dict[Slot, list[Unit]] = {}
    if home.warehouse.exists():
        with home.open_warehouse().reading() as connection:
            loaded = {plan.slot: loaded_records(connection, plan.slot) for plan in plans}
    return [plan for plan in plans if not journal.is_settled(plan, loaded.get(plan.slot, []))]


def load_slot(home: Home, journal: SlotJournal, plan: Plan, context: JobContext) -> SlotLoad:
    """Load what is staged of a plan, on record.

    Raises:
        RunLocked: A run of the task is under way.
    """
    slot = plan.slot
    with run(home, LOAD, slot, context) as tally:
        plan = journal.plan(slot) or plan  # a run that has just ended may have changed it
        report = load_plan(home, plan, None, tally, context)
        if report and report.waiting_rows:
            tally.failures.append(_not_staged(slot, report.waiting_rows))
        tally.rows, tally.units = (report.rows, report.units) if report else (0, 0)
    failures = [str(each) for each in tally.failures]
    if report is None:
        failures.append(str(tally.metrics["not_loaded"]))
    return SlotLoad(slot, report, tuple(failures))
