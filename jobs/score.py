"""The main job: one dump, read, scored, staged and loaded, exactly once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from batch.dump import Dump, plan_dump
from batch.sources import find_sources
from batch.units import UnitSize
from jobs.config import Home, Task
from jobs.loading import load_plan, open_warehouse
from jobs.locks import task_lock
from jobs.progress import Progress
from jobs.recording import Tally, copy_records, recorded_run
from models.bundle import Bundle
from models.cleaning.presets import cleaning_preset
from models.foreign import ForeignDefaults
from models.registry import Registry
from storage.errors import ConfigError, WarehouseLocked, YebanError
from storage.files import sweep_temporaries
from storage.ledger import loaded_units, remove_units
from storage.loader import LoadReport
from storage.parts import PartStore
from storage.plan import Plan
from storage.profiles import Profile, merge
from storage.records import Slot, Unit
from storage.runs import RunLog, RunState


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What to score.

    Attributes:
        task: The task's name.
        logical_date: The date.
        patterns: Files, globs or directories; empty for the task's `input`.
        bundle: Folder, version or hub name; None for the task's.
        force: Score again what is staged or loaded already.
    """

    task: str
    logical_date: date
    patterns: tuple[str, ...] = ()
    bundle: str | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class ScoreOutcome:
    """What a run did.

    Attributes:
        run_id: Its record.
        state: How it ended.
        slot: What was scored.
        labels: The bundle's classes.
        planned_rows: Rows of the dump.
        scored_rows: Rows scored by this run; the others were done before.
        loaded: What the loader did, or None where the warehouse was locked.
        figures: Speed and circumstances.
        failures: Files and parts that could not be used.
        profile: What the dump's staged units add up to; None where nothing is staged.
    """

    run_id: str
    state: RunState
    slot: Slot
    labels: tuple[str, ...]
    planned_rows: int
    scored_rows: int
    loaded: LoadReport | None
    figures: dict[str, Any]
    failures: tuple[YebanError, ...]
    profile: Profile | None


def find_bundle(home: Home, task: str, wanted: str | None) -> Bundle:
    """The bundle to use for a task: the one asked for, the configured one, or the champion."""
    configured = home.config.tasks.get(task, Task())
    foreign = configured.foreign
    defaults = ForeignDefaults(cleaning_preset(foreign.cleaning), foreign.windows, foreign.aggregation)
    return Registry(home.bundles).resolve(task, wanted or configured.bundle, defaults)


def score(home: Home, request: ScoreRequest, progress: Progress) -> ScoreOutcome:
    """Score a dump and load the result; a rerun does only what is missing.

    Raises:
        RunLocked: Another run of the task is under way.
        YebanError: Nothing could be done at all; failures of single files are in the outcome instead.
    """
    task = home.task(request.task)
    bundle = find_bundle(home, request.task, request.bundle)
    slot = Slot(request.task, request.logical_date, bundle.version)
    store, runs = PartStore(home.parts), RunLog(home.run_records)
    with task_lock(home.locks, request.task), recorded_run(runs, "score", slot) as tally:
        sweep_temporaries(home.parts)
        dump = _plan(home, request, task, slot)
        tally.failures += dump.failures
        plan = _adopt(store, dump.plan)
        if request.force:
            store.discard(slot, [unit.unit_id for unit in dump.plan.units])
        pending = dump.plan.units if request.force else _pending(home, store, dump.plan)
        if pending:
            _score_units(home, task, bundle, dump, pending, tally, progress)
        if request.force:
            _forget(home, dump.plan)
        loaded = load_plan(home, plan, bundle.manifest.model_dump(mode="json"), tally, progress)
    copy_records(open_warehouse(home), runs)
    return ScoreOutcome(
        tally.run_id,
        tally.state,
        slot,
        bundle.labels,
        dump.plan.rows,
        tally.rows,
        loaded,
        tally.figures,
        tuple(tally.failures),
        _profile(store, dump.plan),
    )


def _profile(store: PartStore, plan: Plan) -> Profile | None:
    staged = store.staged_units(plan.slot)
    profiles = [store.profile(unit) for unit in plan.units if unit.unit_id in staged]
    return merge(profiles) if profiles else None


def _plan(home: Home, request: ScoreRequest, task: Task, slot: Slot) -> Dump:
    patterns = request.patterns or task.input
    if not patterns:
        raise ConfigError(
            f"task {request.task!r} has no input",
            expected="`input` in its section of yeban.toml, or --input",
            action='for example input = "dumps/comment/dt={date}"',
        )
    sources = find_sources(patterns, request.logical_date, home.root)
    units = home.config.units
    return plan_dump(sources, slot, task.columns.mapping(), UnitSize(units.rows, units.text_mb << 20))


def _adopt(store: PartStore, new: Plan) -> Plan:
    """Put the new plan over the one before, and drop staged parts that no plan names any more."""
    before = store.load_plan(new.slot)
    plan = before.merged(new) if before else new
    store.save_plan(plan)
    store.discard(plan.slot, store.staged_units(plan.slot) - {unit.unit_id for unit in plan.units})
    return plan


def _pending(home: Home, store: PartStore, plan: Plan) -> Sequence[Unit]:
    """Units that are neither staged nor loaded. A locked or missing warehouse leaves the parts to tell."""
    done = store.staged_units(plan.slot)
    try:
        if home.warehouse.exists():
            with open_warehouse(home).reading() as connection:
                done |= loaded_units(connection, plan.slot)
    except WarehouseLocked:
        pass
    return [unit for unit in plan.units if unit.unit_id not in done]


def _forget(home: Home, plan: Plan) -> None:
    """Take a plan's rows out of the warehouse, once their replacements are staged."""
    with open_warehouse(home).writing() as connection:
        remove_units(connection, plan.slot, [unit.unit_id for unit in plan.units])


def _score_units(
    home: Home,
    task: Task,
    bundle: Bundle,
    dump: Dump,
    pending: Sequence[Unit],
    tally: Tally,
    progress: Progress,
) -> None:
    """Score and stage units. The heavy libraries are imported here, when there is something to score."""
    from batch.forward import EngineSettings
    from batch.local import LocalExecutor
    from batch.scorer import Scorer

    engine = home.config.engine
    scorer = Scorer(bundle, EngineSettings(engine.device, engine.precision, engine.max_tokens))
    executor = LocalExecutor(scorer, PartStore(home.parts), task.columns.mapping(), home.config.time_zone)
    progress.begin("score", sum(unit.rows for unit in pending))

    def count(unit: Unit) -> None:
        tally.rows += unit.rows
        tally.units += 1
        progress.advance(unit.rows)

    started = time.perf_counter()
    tally.failures += executor.run(dump, pending, count)
    seconds = max(time.perf_counter() - started, 1e-9)
    tally.figures |= {
        "seconds": round(seconds, 3),
        "docs_per_s": round(tally.rows / seconds, 1),
        "tokens_per_s": round(scorer.work.tokens / seconds, 1),
        "padding_share": round(scorer.work.padding_share, 4),
        "device": scorer.settings.device,
        "precision": scorer.settings.precision,
    }
