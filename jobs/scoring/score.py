"""The main job: one dump, read, scored, staged and loaded, exactly once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from batch.input.dump import Dump
from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.runs.context import JobContext
from jobs.runs.disk_space import WORTH_LOOKING_BYTES, check_rooms, rooms_for
from jobs.runs.job import SCORE
from jobs.runs.record import Tally
from jobs.runs.run import hold, mirror_records, record_held
from jobs.runs.yielding import Yielding
from jobs.scoring.estimates import PART_BYTES, WAREHOUSE_BYTES, find_footprint
from jobs.scoring.plan import adopt_plan, find_pending, plan_files
from jobs.scoring.replace import order_replacing
from jobs.scoring.totals import add_up
from jobs.warehouse.load import load_plan
from jobs.warehouse.retire import bring_back
from models.bundle import Bundle
from storage.errors import YebanError
from storage.profiles.profile import Profile
from storage.records import Slot, Unit
from storage.runs.log import RunState
from storage.warehouse.loader import LoadReport

_ROUGHLY = 4
"""Rows may be so many times larger than what is assumed of them where nothing is known."""

if TYPE_CHECKING:
    from batch.executors.protocol import Executor


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What to score.

    Attributes:
        task: The task's name.
        logical_date: The date.
        patterns: Files, globs or directories; empty for the task's `input`.
        bundle: Folder, version or hub name, or the bundle itself; None for the task's.
        force: Score again what is staged or loaded already; goes on where a stopped run with it left off.
        replace: The predictions of other bundles leave as the new ones come; else they stay beside them.
        dump: The dump, where the caller has planned it by these patterns; else it is planned now.
    """

    task: str
    logical_date: date
    patterns: tuple[str, ...] = ()
    bundle: str | Bundle | None = None
    force: bool = False
    replace: bool = False
    dump: Dump | None = None


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """What a run did.

    Attributes:
        run_id: Its record.
        state: How it ended.
        slot: What was scored.
        planned_rows: Rows of the dump, as far as its files can be read.
        done_rows: Rows that were done before.
        scored_rows: Rows scored by this run; fewer than the rest where a file broke off.
        loaded: What the loader did, or None where the warehouse was locked.
        metrics: Speed and circumstances.
        failures: Files and parts that could not be used.
        profile: What the rows add up to that are staged or loaded; None where nothing is.
    """

    run_id: str
    state: RunState
    slot: Slot
    planned_rows: int
    done_rows: int
    scored_rows: int
    loaded: LoadReport | None
    metrics: dict[str, Any]
    failures: tuple[YebanError, ...]
    profile: Profile | None

    def as_dict(self) -> dict[str, Any]:
        """Flat, JSON-ready form, without the profile."""
        return {
            "run_id": self.run_id,
            "state": self.state,
            "task": self.slot.task,
            "logical_date": self.slot.logical_date.isoformat(),
            "bundle": self.slot.bundle,
            "planned_rows": self.planned_rows,
            "done_rows": self.done_rows,
            "scored_rows": self.scored_rows,
            "loaded_rows": self.loaded.rows if self.loaded else None,
            "figures": self.metrics,
            "failures": [str(each) for each in self.failures],
        }


@dataclass(frozen=True, slots=True)
class SharedRun:
    """What a run is given by a job that runs many.

    Attributes:
        executor_of: Makes the executor of a bundle, or lends the one of the run before.
        pace: Looks between units whether another run waits, and keeps to a pace.
    """

    executor_of: Callable[[Home, Bundle], Executor]
    pace: Yielding


def score(home: Home, request: ScoreRequest, context: JobContext) -> ScoreResult:
    """Score a dump and load the result; a rerun does only what is missing.

    Raises:
        RunLocked: Another run of the task is under way.
        YebanError: Nothing could be done at all; failures of single files are in the outcome instead.
    """
    home.task(request.task)
    bundle = find_bundle(home, request.task, request.bundle)
    with hold(home, SCORE, request.task, context):
        result = score_held(home, bundle, request, context)
    if result.loaded is not None:
        mirror_records(home)
    return result


def score_held(
    home: Home, bundle: Bundle, request: ScoreRequest, context: JobContext, shared: SharedRun | None = None
) -> ScoreResult:
    """The same for who holds the task's lock, and copies the records later.

    Raises:
        TaskWanted: Another run waits for the task, and this one gives way.
        YebanError: As `score`.
    """
    slot = Slot(request.task, request.logical_date, bundle.version)
    journal = home.journal
    if request.force:
        bring_back(home, slot)
    journal.check_not_retired(slot)
    with record_held(home, SCORE, slot, context) as tally:
        dump = request.dump or plan_files(home, slot, request.patterns)
        tally.failures += dump.failures
        pending = list(dump.plan.units) if request.force else find_pending(home, journal, dump.plan)
        _look_for_room(home, slot, sum(unit.rows for unit in pending))
        if request.replace:  # ordered before anything is planned or scored, so that every loader sees the order
            order_replacing(home, slot)
        plan = adopt_plan(home, journal, dump.plan)
        if request.force:
            journal.order_again(dump.plan)
            pending = find_pending(home, journal, dump.plan)
        if pending:
            _score_units(home, bundle, dump, pending, tally, context, shared)
        loaded = load_plan(home, plan, bundle.manifest.model_dump(mode="json"), tally, context)
        profile = add_up(home, journal.parts, dump.plan, ask_warehouse=loaded is not None)
    return ScoreResult(
        run_id=tally.run_id,
        state=tally.state,
        slot=slot,
        planned_rows=dump.plan.rows,
        done_rows=dump.plan.rows - sum(unit.rows for unit in pending),
        scored_rows=tally.rows,
        loaded=loaded,
        metrics=tally.metrics,
        failures=tuple(tally.failures),
        profile=profile,
    )


def _look_for_room(home: Home, slot: Slot, rows: int) -> None:
    """Refuse a run that the disk has no room for, before anything is staged; a small one is left to the disk."""
    if rows * (PART_BYTES + WAREHOUSE_BYTES) * _ROUGHLY < WORTH_LOOKING_BYTES:
        return
    needs = find_footprint(home, slot).needs(home, rows)
    check_rooms(rooms_for(needs), round(home.config.retention.keep_free_gb * 1e9), "run the same command again")


def _score_units(
    home: Home,
    bundle: Bundle,
    dump: Dump,
    pending: Sequence[Unit],
    tally: Tally,
    context: JobContext,
    shared: SharedRun | None,
) -> None:
    """Score and stage units. The heavy libraries are imported here, when there is something to score."""
    from batch.executors.protocol import ScoringWork
    from jobs.scoring.scorer import make_executor, prediction_cache

    executor_of, pace = (shared.executor_of, shared.pace) if shared else (make_executor, None)
    journal, slot = home.journal, dump.plan.slot
    mapping = home.task(slot.task).columns.mapping()
    again = {unit.unit_id for unit in pending} & journal.ordered_again(slot)

    def count(unit: Unit) -> None:
        if unit.unit_id in again:
            journal.unit_renewed(unit)
        tally.rows += unit.rows
        tally.units += 1
        context.progress.advance(unit.rows)

    with prediction_cache(home, bundle, context.now, known=not again) as cache:
        executor = executor_of(home, bundle)
        context.progress.begin("score", sum(unit.rows for unit in pending))
        work = ScoringWork(dump, pending, journal.parts, mapping, home.config.time_zone, cache)
        stats = executor.run(work, count, pace)
    tally.failures += stats.failures
    journal.close_order(slot, again)
    tally.metrics |= stats.as_metrics()
