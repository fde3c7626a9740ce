"""Shadow mode: a date is scored by the champion and by a challenger, and their answers are compared.

What is scored for this is staged in a store of its own, `shadow`, that nothing loads: the warehouse shows the bundle
that was loaded last, and a challenger must not come to stand there by being tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from batch.input.dump import Dump
from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.runs.leftovers import sweep
from jobs.runs.locks import task_lock
from jobs.runs.progress import Progress
from jobs.runs.record import Tally, recorded_run
from jobs.scoring.plan import plan_files
from models.bundle import Bundle
from models.evaluation.side_by_side import Answers, SideBySide, side_by_side
from storage.errors import ConfigError, NoInput, YebanError
from storage.files.atomic import write_json
from storage.lake.parts import PartStore
from storage.records import Slot, Unit


@dataclass(frozen=True, slots=True)
class ShadowRequest:
    """What to compare.

    Attributes:
        task: The task's name.
        logical_date: The date.
        challenger: Version, folder or hub name.
        patterns: Files, globs or directories; empty for the task's `input`.
    """

    task: str
    logical_date: date
    challenger: str
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShadowResult:
    """How the two answered.

    Attributes:
        champion: Version in use.
        challenger: Version that was tried.
        found: The comparison.
        json_file: Where it was written.
        failures: Files that could not be read: their rows are left out.
    """

    champion: str
    challenger: str
    found: SideBySide
    json_file: Path
    failures: tuple[YebanError, ...]


def shadow(home: Home, request: ShadowRequest, progress: Progress) -> ShadowResult:
    """Score a date with both bundles, as far as it is not scored already, and compare what they say.

    Raises:
        RunLocked: Another shadow run of the task is under way.
        YebanError: A bundle or the dump cannot be used, or the two are of different classes.
    """
    home.task(request.task)
    champion, challenger = find_bundle(home, request.task, None), find_bundle(home, request.task, request.challenger)
    _check_pair(champion, challenger)
    slot = Slot(request.task, request.logical_date, challenger.version)
    with task_lock(home.locks, request.task, "shadow"), recorded_run(home.run_log, "shadow", slot) as tally:
        sweep(home)
        stores = [_scored(home, bundle, request, tally, progress) for bundle in (champion, challenger)]
        found = _compare(stores, champion.labels)
    folder = home.root / "reports" / "shadow" / request.task / request.logical_date.isoformat()
    file = folder / f"{challenger.version}-vs-{champion.version}.json"
    pair = {"champion": champion.version, "challenger": challenger.version}
    write_json(
        file, {"task": request.task, "logical_date": request.logical_date.isoformat(), **pair, **found.as_dict()}
    )
    failures = {str(each): each for each in tally.failures}
    return ShadowResult(champion.version, challenger.version, found, file, tuple(failures.values()))


@dataclass(frozen=True, slots=True)
class _Scored:
    """A bundle's units of the dump, and the store that has their parts."""

    store: PartStore
    units: tuple[Unit, ...]


def _check_pair(champion: Bundle, challenger: Bundle) -> None:
    if champion.version == challenger.version:
        raise ConfigError(
            f"bundle {challenger.version} is the one in use",
            expected="another one, to compare it with",
            action="give a challenger with --bundle",
        )
    if champion.labels != challenger.labels:
        raise ConfigError(
            f"the classes differ: {', '.join(champion.labels)} and {', '.join(challenger.labels)}",
            expected="two bundles of the same classes, in the same order",
            action="compare bundles of one label map",
        )


def _scored(home: Home, bundle: Bundle, request: ShadowRequest, tally: Tally, progress: Progress) -> _Scored:
    """The parts of a bundle: those of its nights where they are all there, else its shadow's, scored now if need be."""
    slot = Slot(request.task, request.logical_date, bundle.version)
    dump = plan_files(home, slot, request.patterns)
    tally.failures += dump.failures
    nights, planned = home.part_store, {unit.unit_id for unit in dump.plan.units}
    if planned <= nights.staged_units(slot):
        return _Scored(nights, dump.plan.units)
    shadows = home.shadow_store
    shadows.discard(slot, shadows.staged_units(slot) - planned)
    there = shadows.staged_units(slot)
    _stage(home, bundle, dump, [unit for unit in dump.plan.units if unit.unit_id not in there], tally, progress)
    there = shadows.staged_units(slot)
    return _Scored(shadows, tuple(unit for unit in dump.plan.units if unit.unit_id in there))


def _stage(home: Home, bundle: Bundle, dump: Dump, units: Sequence[Unit], tally: Tally, progress: Progress) -> None:
    """Score units into the shadow store, without kept answers: those of the nights are left as they are."""
    if not units:
        return
    from batch.local import LocalExecutor
    from jobs.scoring.scorer import make_scorer

    def count(unit: Unit) -> None:
        tally.rows += unit.rows
        tally.units += 1
        progress.advance(unit.rows)

    mapping = home.task(dump.plan.slot.task).columns.mapping()
    scorer = make_scorer(home, bundle)
    executor = LocalExecutor(scorer, home.shadow_store, mapping, home.config.time_zone)
    progress.begin("score", sum(unit.rows for unit in units))
    tally.failures += executor.run(dump, units, count)


def _compare(stores: Sequence[_Scored], labels: tuple[str, ...]) -> SideBySide:
    """Compare unit by unit: both bundles' units are cut from the same rows."""
    champion, challenger = ({_place(unit): unit for unit in each.units} for each in stores)
    total: SideBySide | None = None
    for place in sorted(champion.keys() & challenger.keys()):
        tables = stores[0].store.read(champion[place]), stores[1].store.read(challenger[place])
        ids = tables[0]["doc_id"].to_pylist()
        found = side_by_side(_answers(tables[0], labels), _answers(tables[1], labels), ids, labels)
        total = found if total is None else total.merged(found)
    if total is None:
        raise NoInput(
            "no row was scored by both", expected="a dump that can be read", action="mend the files that are named"
        )
    return total


def _place(unit: Unit) -> tuple[Any, ...]:
    return unit.source_path, unit.fingerprint, unit.row_start, unit.row_stop


def _answers(table: pa.Table, labels: tuple[str, ...]) -> Answers:
    index = pc.fill_null(pc.index_in(table["label"], pa.array(labels, pa.string())), len(labels))
    confidence = table["confidence"].to_numpy().astype(np.float64)
    return Answers(index.to_numpy().astype(np.int64), confidence)
