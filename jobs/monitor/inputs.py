"""All that monitoring needs to know of a night, gathered; what can't be had is named and stops nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.monitor.embedder import lazy_embedder
from jobs.monitor.references import find_reference
from jobs.runs.progress import Progress
from models.bundle import Bundle
from monitoring.findings.record import Missing, ReferenceNote
from monitoring.metrics.input import Baseline, LabelledSample, MonitoringInput
from storage.errors import ReferenceUnusable, TerminalError, WarehouseLocked, YebanError
from storage.lake.summaries import find_summary
from storage.profiles.profile import empty
from storage.profiles.references import DatesOrigin, Reference, reference_id
from storage.profiles.sample import SAMPLE_SCHEMA
from storage.profiles.summary import Summary
from storage.records import Slot
from storage.warehouse.night_history import labelled_rows, volumes

VOLUME_DAYS: Final = 28
"""Earlier days that the number of rows is compared with: four whole weeks."""
LABEL_DAYS: Final = 30
"""Labels of so many days count: annotators label hundreds of rows a week."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A night to be measured.

    Attributes:
        slot: What was scored.
        subject: What is known of it.
        gaps: What could not be had.
        failures: What is damaged.
    """

    slot: Slot
    subject: MonitoringInput
    gaps: tuple[Missing, ...]
    failures: tuple[YebanError, ...]


def find_night(
    home: Home, task: str, day: date, wanted: str | Bundle | None
) -> tuple[Bundle, Slot, tuple[Missing, ...]]:
    """Find what was scored on a date: by the bundle asked for or in use, or else by the one that did score it.

    Raises:
        TerminalError: The date was never scored.
    """
    home.task(task)
    bundle = find_bundle(home, task, wanted)
    scored = sorted({*home.part_store.slots(task), *home.summary_store.slots(task)}, key=str)
    there = [slot for slot in scored if slot.logical_date == day]
    slot = Slot(task, day, bundle.version)
    if slot in there:
        return bundle, slot, ()
    if not there or wanted is not None:
        raise TerminalError(
            f"{task} {day} was never scored" + (f" by bundle {bundle.version}" if there else ""),
            expected="a date with staged parts" + (f"; that one has {there[-1].bundle}" if there else ""),
            action=f"run `yeban score {task} --date {day}` first",
        )
    other = there[-1]
    gap = Missing.in_english(
        "bundle",
        f"{day} was scored by bundle {other.bundle}, not by {bundle.version}, which is in use",
        f"`yeban score {task} --date {day}` scores it with the one in use",
    )
    return find_bundle(home, task, other.bundle), other, (gap,)


def gather(home: Home, bundle: Bundle, slot: Slot, progress: Progress) -> Gathered:
    """Gather all that is known of a night.

    Raises:
        TerminalError: Nothing of it can be read.
    """
    summary, failures = _summary(home, slot, progress)
    if summary is None and not failures and _is_empty(home, slot):
        summary = Summary(empty(bundle.labels), SAMPLE_SCHEMA.empty_table())
    if summary is None:
        raise TerminalError(
            f"nothing of {slot.task} {slot.logical_date}, bundle {slot.bundle}, can be read: "
            + ("; ".join(failure.got for failure in failures[:3]) or "no unit is staged"),
            expected="profiles and samples of its units",
            action=f"run `yeban score {slot.task} --date {slot.logical_date}` again",
        )
    damaged: list[YebanError] = [*failures]
    gaps = [_damaged(failures)] if failures else []
    baseline, found = _baseline(home, bundle, slot, gaps, damaged)
    past, labelled = _from_warehouse(home, bundle, slot, gaps, damaged)
    subject = MonitoringInput(
        task=slot.task,
        logical_date=slot.logical_date,
        bundle=slot.bundle,
        profile=summary.profile,
        sample=summary.sample,
        baseline=baseline,
        past_rows=past,
        vocabulary=bundle.tokenizer(),
        confusion=np.array(found.confusion, np.int64) if found and found.confusion else None,
        labelled=labelled,
        embed=lazy_embedder(home, bundle) if baseline and baseline.sample is not None else None,
    )
    return Gathered(slot, subject, tuple(gaps), tuple(damaged))


def _summary(home: Home, slot: Slot, progress: Progress) -> tuple[Summary | None, tuple[YebanError, ...]]:
    done = 0

    def advance(seen: int, total: int) -> None:
        nonlocal done
        if not done:
            progress.begin("merge", total)
        progress.advance(seen - done)
        done = seen

    return find_summary(home.slot_states, home.summary_store, slot, advance)


def _is_empty(home: Home, slot: Slot) -> bool:
    """Whether the night was scored and had no row: the worst night there is, and worth an alert."""
    plan = home.slot_states.plan(slot)
    return plan is not None and not plan.units


def _damaged(failures: tuple[YebanError, ...]) -> Missing:
    return Missing.in_english(
        "rows",
        f"the night is not whole, so the figures are of what can be read: {failures[0].got}"
        + (f", and {len(failures) - 1} more like it" if len(failures) > 1 else ""),
        failures[0].action,
    )


def _baseline(
    home: Home, bundle: Bundle, slot: Slot, gaps: list[Missing], damaged: list[YebanError]
) -> tuple[Baseline | None, Reference | None]:
    try:
        found = find_reference(home, slot.task, bundle)
    except ReferenceUnusable as error:
        damaged.append(error)
        gaps.append(Missing.in_english("drift", error.got, error.action))
        return None, None
    if found.passed_over is not None:
        passed = found.passed_over
        gaps.append(Missing.in_english("reference", passed.got, passed.action))
    reference = found.reference
    if reference is None:
        return None, None
    origin = reference.origin
    of_dates = isinstance(origin, DatesOrigin)
    note = ReferenceNote(
        reference=reference_id(reference),
        kind="dates" if of_dates else "dev",
        bundle=bundle.version,
        first=origin.first if isinstance(origin, DatesOrigin) else None,
        last=origin.last if isinstance(origin, DatesOrigin) else None,
        rows=origin.rows,
    )
    return Baseline(note, reference.profile, reference.sample), reference


def _from_warehouse(
    home: Home, bundle: Bundle, slot: Slot, gaps: list[Missing], damaged: list[YebanError]
) -> tuple[tuple[int, ...], LabelledSample | None]:
    """Rows of the nights before, and the labels of annotators."""
    warehouse, what = home.open_warehouse(), "rows, accuracy, ece"
    if not warehouse.path.exists():
        gaps.append(Missing.in_english(what, "there is no warehouse yet", "run `yeban load`"))
        return (), None
    day, before = slot.logical_date, timedelta(days=1)
    try:
        with warehouse.reading() as con:
            past = volumes(con, slot.task, day - VOLUME_DAYS * before, day - before)
            rows = labelled_rows(con, slot.task, slot.bundle, day - (LABEL_DAYS - 1) * before, day)
    except WarehouseLocked as error:
        gaps.append(Missing.in_english(what, error.got, "monitor the date again once it is free"))
        return (), None
    except YebanError as error:
        damaged.append(error)
        gaps.append(Missing.in_english(what, error.got, error.action))
        return (), None
    return tuple(past.values()), _labelled(rows, bundle.labels) if rows.num_rows else None


def _labelled(rows: pa.Table, labels: tuple[str, ...]) -> LabelledSample:
    """Drawn rows by class index; the others are counted."""
    known = pc.is_in(rows["label"], pa.array(labels))
    unknown = sorted(set(rows.filter(pc.invert(known))["label"].to_pylist()))
    drawn = rows.filter(pc.and_(known, rows["drawn"]))
    blank = [float("nan")] * len(labels)
    probs = np.array([each or blank for each in drawn["probs"].to_pylist()], np.float64).reshape(-1, len(labels))
    gold = pc.index_in(drawn["label"], pa.array(labels)).to_numpy().astype(np.int64)
    biased = rows.filter(pc.invert(rows["drawn"])).num_rows
    return LabelledSample(probs, gold, biased, tuple(unknown))
