"""The main job: one dump, read, scored, staged and loaded, exactly once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from batch.dump import Dump, plan_dump
from batch.sources import SourceFile, find_sources
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
from storage.errors import BundleIncomplete, ConfigError, InputError, WarehouseLocked, YebanError
from storage.files import sweep_temporaries
from storage.ledger import loaded_units, remove_units
from storage.loader import LoadReport
from storage.parts import PartStore
from storage.plan import Plan
from storage.profiles.profile import Profile, merge
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
        planned_rows: Rows of the dump, as far as its files can be read.
        done_rows: Rows that were done before.
        scored_rows: Rows scored by this run; fewer than the rest where a file broke off.
        loaded: What the loader did, or None where the warehouse was locked.
        figures: Speed and circumstances.
        failures: Files and parts that could not be used.
        profile: What the dump's staged units add up to; None where nothing is staged.
    """

    run_id: str
    state: RunState
    slot: Slot
    planned_rows: int
    done_rows: int
    scored_rows: int
    loaded: LoadReport | None
    figures: dict[str, Any]
    failures: tuple[YebanError, ...]
    profile: Profile | None


def find_bundle(home: Home, task: str, wanted: str | None) -> Bundle:
    """The bundle to use for a task: the one asked for, the configured one, or the champion.

    Raises:
        BundleError: There is none, or it is not whole.
        ConfigError: Neither the configuration nor the bundles know the task.
    """
    configured = home.config.tasks.get(task, Task())
    foreign = configured.foreign
    defaults = ForeignDefaults(cleaning_preset(foreign.cleaning), foreign.windows, foreign.aggregation)
    registry = Registry(home.bundles)
    try:
        return registry.resolve(task, wanted or _from_home(home, configured.bundle), defaults)
    except BundleIncomplete:
        if wanted is None and not registry.at_hand(task):
            home.task(task)  # a mistyped name explains a missing bundle best
        raise


def _from_home(home: Home, bundle: str | None) -> str | None:
    """A configured folder counts from the home; versions, hub names and whole paths stay as they are."""
    return str(home.root / bundle) if bundle and (home.root / bundle).is_dir() else bundle


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
        _sweep(home)
        dump = _plan(home, request, task, slot)
        tally.failures += dump.failures
        plan = _adopt(store, dump.plan)
        if request.force:
            store.discard(slot, [unit.unit_id for unit in dump.plan.units])
        pending = dump.plan.units if request.force else _pending(home, store, dump.plan)
        if pending:
            _score_units(home, task, bundle, dump, pending, tally, progress)
        if request.force:
            _forget(home, store, dump.plan)
        loaded = load_plan(home, plan, bundle.manifest.model_dump(mode="json"), tally, progress)
    if loaded is not None:
        copy_records(open_warehouse(home), runs)
    return ScoreOutcome(
        run_id=tally.run_id,
        state=tally.state,
        slot=slot,
        planned_rows=dump.plan.rows,
        done_rows=dump.plan.rows - sum(unit.rows for unit in pending),
        scored_rows=tally.rows,
        loaded=loaded,
        figures=tally.figures,
        failures=tuple(tally.failures),
        profile=_profile(store, dump.plan),
    )


def _sweep(home: Home) -> None:
    """Remove what killed runs left half-written. Beside the warehouse lie dumps: what is below is not ours."""
    for folder in (home.parts, home.run_records, home.locks):
        sweep_temporaries(folder)
    sweep_temporaries(home.warehouse.parent, recursive=False)


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
    sources, missing = _find(home, patterns, request.logical_date)
    units = home.config.units
    dump = plan_dump(sources, slot, task.columns.mapping(), UnitSize(units.rows, units.text_mb << 20))
    return replace(dump, failures=(*missing, *dump.failures))


def _find(home: Home, patterns: Sequence[str], logical_date: date) -> tuple[list[SourceFile], list[InputError]]:
    """The files of all patterns, each once; a pattern without files does not stop the others.

    Raises:
        InputError: No pattern has a file.
    """
    found: dict[str, SourceFile] = {}
    missing = []
    for pattern in patterns:
        try:
            found |= {source.name: source for source in find_sources([pattern], logical_date, home.root)}
        except InputError as error:
            missing.append(error)
    if not found:
        raise missing[0]
    return [found[name] for name in sorted(found)], missing


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


def _forget(home: Home, store: PartStore, plan: Plan) -> None:
    """Take those rows of a plan out of the warehouse whose replacements are staged.

    Raises:
        WarehouseLocked: The old rows are still in, and in the ledger, so `yeban load` would leave them.
    """
    staged = store.staged_units(plan.slot)
    try:
        with open_warehouse(home).writing() as connection:
            remove_units(connection, plan.slot, [unit.unit_id for unit in plan.units if unit.unit_id in staged])
    except WarehouseLocked as error:
        raise WarehouseLocked(
            error.got,
            expected=error.expected,
            action="close it there, then run the same command again, with --force: the old rows are still in",
            **error.facts,
        ) from error


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
    from batch.local import LocalExecutor
    from jobs.scoring import kept_answers, make_scorer

    def count(unit: Unit) -> None:
        tally.rows += unit.rows
        tally.units += 1
        progress.advance(unit.rows)

    with kept_answers(home, bundle) as answers:
        scorer = make_scorer(home, bundle, answers)
        executor = LocalExecutor(scorer, PartStore(home.parts), task.columns.mapping(), home.config.time_zone)
        progress.begin("score", sum(unit.rows for unit in pending))
        started = time.perf_counter()
        tally.failures += executor.run(dump, pending, count)
        seconds = max(time.perf_counter() - started, 1e-9)
    tally.figures |= {
        "seconds": round(seconds, 3),
        "docs_per_s": round(tally.rows / seconds, 1),
        "tokens_per_s": round(scorer.engine.work.tokens / seconds, 1),
        "padding_share": round(scorer.engine.work.padding_share, 4),
        "device": scorer.settings.device,
        "precision": scorer.settings.precision,
        "batches": scorer.engine.forward.name,
        **{f"{step}_s": round(busy, 3) for step, busy in executor.busy.items()},
    }
    if answers is not None and answers.asked:
        tally.figures["cache_hit_rate"] = round(answers.found / answers.asked, 4)
