"""Keeps to `[retention]`: what is there, what goes, and one task after the other removed under its locks."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from jobs.config.home import Home
from jobs.runs.context import JobContext
from jobs.runs.job import TIDY
from jobs.runs.leftovers import sweep
from jobs.runs.locks import let_others_go, task_lock, waits_for
from jobs.runs.record import Tally
from jobs.runs.run import record_held
from jobs.tidy.choosing import KINDS, Bound, Item, Kind, Selection, Verdict, choose
from jobs.tidy.inventory import take_stock
from jobs.tidy.removing import remove
from jobs.warehouse.retire import finish, unfinished
from storage.errors import RunLocked, TaskWanted, YebanError
from storage.records import Slot

log = logging.getLogger("yeban.tidy")

_JOBS = ("", "monitor", "shadow", "relabel")
"""Scoring, and the jobs with locks of their own that need what is tidied."""


@dataclass(frozen=True, slots=True)
class TidyRequest:
    """What to do.

    Attributes:
        dry_run: Only say what would go.
    """

    dry_run: bool = False


@dataclass(slots=True)
class TidyResult:
    """What went, or would go.

    Attributes:
        gone: Removed items; in a dry run those that would be.
        stayed: Items that a bound is against, and that are protected.
        failures: What could not be removed.
        busy: Tasks that a run has: nothing of them was touched.
        failed: Items that could not be removed, and why: they are not tried again by the same run.
    """

    gone: list[Verdict] = field(default_factory=list)
    stayed: list[Verdict] = field(default_factory=list)
    failures: list[YebanError] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    failed: dict[Item, YebanError] = field(default_factory=dict)


def look(home: Home, now: datetime) -> Mapping[Kind, Selection]:
    """What would go; nothing is written."""
    today = now.astimezone(ZoneInfo(home.config.time_zone)).date()
    stock = take_stock(home, today)
    return {kind: choose(stock[kind], _bound(home, kind), today) for kind in KINDS}


def tidy(home: Home, request: TidyRequest, context: JobContext) -> TidyResult:
    """Remove what `[retention]` does not keep.

    A task that a run has is left alone, and one that a run waits for is given to it between two items.

    Args:
        home: The home.
        request: What to do.
        context: Where to report to, and the clock.
    """
    report, now = TidyResult(), context.now()
    found = look(home, now)
    report.stayed = [choice for chosen in found.values() for choice in chosen.stay]
    going = [choice for chosen in found.values() for choice in chosen.go]
    if request.dry_run:
        report.gone = going
        return report
    sweep(home)
    tasks = {choice.item.task for choice in going} | {slot.task for slot in home.slot_states.retired_slots()}
    tasks |= {task for task in home.config.tasks if _is_open(home, task)}
    for task in sorted(tasks - {""}):
        try:
            _tidy_task(home, task, context, report)
        except RunLocked as error:
            log.warning("%s", error.got)
            report.busy.append(task)
    _remove(home, [choice for choice in going if not choice.item.task], now, report, None)
    return report


def _tidy_task(home: Home, task: str, context: JobContext, report: TidyResult) -> None:
    """Tidy a task; what goes is looked up anew under its locks, and again after each time that it was given away."""
    while True:
        try:
            with ExitStack() as locks:
                for job in _JOBS:
                    locks.enter_context(task_lock(home.locks, task, job, yields=True))
                _tidy_held(home, task, context, report)
                return
        except TaskWanted:
            let_others_go(home.locks, task, _JOBS)


def _tidy_held(home: Home, task: str, context: JobContext, report: TidyResult) -> None:
    now = context.now()
    try:
        for slot in unfinished(home, task):
            finish(home, slot)
    except YebanError as error:
        report.failures.append(error)
        return
    going = [choice for chosen in look(home, now).values() for choice in chosen.go if choice.item.task == task]
    going = [choice for choice in going if choice.item not in report.failed]
    if not going and not _is_open(home, task):
        return
    with record_held(home, TIDY, Slot(task, context.today(home.config.time_zone), ""), context) as tally:
        tally.failures += [error for item, error in report.failed.items() if item.task == task]
        _remove(home, going, now, report, tally)


def _is_open(home: Home, task: str) -> bool:
    """Whether the last tidy of a task was cut off or failed: then one that finds nothing left is recorded, too."""
    last = next((record for record in home.run_log.list(task) if record.job == TIDY.name), None)
    return last is not None and last.state in ("interrupted", "failed")


def _remove(home: Home, going: Sequence[Verdict], now: datetime, report: TidyResult, tally: Tally | None) -> None:
    """Remove items; one that can't be removed does not stop the others."""
    for left, choice in zip(reversed(range(len(going))), going, strict=True):
        item = choice.item
        try:
            remove(home, choice, now)
        except YebanError as error:
            report.failures.append(error)
            report.failed[item] = error
            if tally is not None:
                tally.failures.append(error)
            continue
        log.info("%s removed: %s, %s", item.kind, item.target, choice.why)
        report.gone.append(choice)
        if tally is not None:
            tally.rows += item.rows
            tally.units += 1
            tally.metrics[item.kind] = tally.metrics.get(item.kind, 0) + item.size
            if left and waits_for(home.locks, item.task, _JOBS)():
                raise TaskWanted("another run of the task waits for it")


def _bound(home: Home, kind: Kind) -> Bound:
    section = getattr(home.config.retention, kind)
    return Bound(section.days, None if section.gb is None else round(section.gb * 1e9))
