"""Which reference a task's drift is measured against, and how scored dates are frozen to be the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.runs.context import JobContext
from jobs.runs.progress import Progress
from models.bundle import Bundle
from storage.errors import ConfigError, PartCorrupt, ReferenceUnusable
from storage.lake.journal.states import SlotStates
from storage.lake.summaries import OnProgress, SummaryStore, find_summary
from storage.profiles.references import DatesOrigin, DevOrigin, Reference
from storage.profiles.summary import Summary, merge_summaries
from storage.records import Slot


@dataclass(frozen=True, slots=True)
class FoundReference:
    """What drift is measured against.

    Attributes:
        reference: The frozen one, or the bundle's own; None where there is neither.
        passed_over: Why the frozen one is not used; None where it is, or where none was frozen.
    """

    reference: Reference | None
    passed_over: ReferenceUnusable | None = None


def find_reference(home: Home, task: str, bundle: Bundle) -> FoundReference:
    """The reference for what a bundle scores: the frozen one if it is of this bundle, else the bundle's own.

    Raises:
        ReferenceUnusable: The one to use was altered.
    """
    frozen = home.reference_store.current(task)
    if frozen is None:
        return FoundReference(bundle.reference())
    if isinstance(frozen.origin, DatesOrigin) and frozen.origin.bundle == bundle.version:
        return FoundReference(frozen)
    return FoundReference(bundle.reference(), _passed_over(task, frozen.origin, bundle.version))


def _passed_over(task: str, origin: DevOrigin | DatesOrigin, version: str) -> ReferenceUnusable:
    if isinstance(origin, DatesOrigin):
        frozen = f"{origin.first} to {origin.last} scored by bundle {origin.bundle}"
    else:
        frozen = "dev rows of a bundle that it does not name"
    return ReferenceUnusable(
        f"the bundle of task {task!r} changed: the frozen reference is {frozen}, and now it is {version}",
        expected=f"a reference of bundle {version}; until then its dev rows are taken",
        action=f"freeze dates that {version} scored: yeban monitor {task} --freeze-reference --from D --to D",
    )


@dataclass(frozen=True, slots=True)
class FreezeRequest:
    """Which scored dates become the reference.

    Attributes:
        task: The task's name.
        first: First date.
        last: Last date.
    """

    task: str
    first: date
    last: date


def freeze_reference(home: Home, request: FreezeRequest, context: JobContext) -> Reference:
    """Freeze what the bundle in use scored on some dates, to be the reference from now on.

    The confusion on dev is that of the bundle's own reference. Dates that were not scored are left out.

    Args:
        home: The home.
        request: Which dates.
        context: Where to report to, and the clock.

    Raises:
        ConfigError: The dates are in the wrong order, or there is no such task.
        ReferenceUnusable: No date was scored, a date only by other bundles, or not all of a date can be read.
    """
    task, first, last = request.task, request.first, request.last
    if last < first:
        raise ConfigError(f"--from {first} is after --to {last}", expected="--from not after --to", action="swap them")
    bundle = find_bundle(home, task, None)
    states, store = home.slot_states, home.summary_store
    slots = _scored_slots(states, store, task, first, last)
    own = bundle.reference()
    _check_bundles(task, slots, bundle.version)
    days = [_whole_day(states, store, slot, context.progress) for slot in slots if slot.bundle == bundle.version]
    summaries = [summary for summary in days if summary is not None]
    if not summaries:
        raise ReferenceUnusable(
            f"no date of task {task!r} from {first} to {last} was scored",
            expected=f"at least one date with rows, scored by bundle {bundle.version}",
            action=f"run `yeban backfill {task} --from {first} --to {last}`, or choose other dates",
        )
    summary = merge_summaries(summaries)
    rows = summary.profile.total.rows
    origin = DatesOrigin(task, bundle.version, first, last, len(summaries), rows)
    reference = Reference(summary.profile, summary.sample, origin, own.confusion if own else None)
    home.reference_store.freeze(task, reference)
    return reference


def _scored_slots(states: SlotStates, store: SummaryStore, task: str, first: date, last: date) -> list[Slot]:
    """Slots of the dates that have a plan or a kept summary, by date and bundle."""
    everything = {*states.parts.slots(task), *store.slots(task)}
    within = sorted((each for each in everything if first <= each.logical_date <= last), key=_by_date)
    kept = set(store.slots(task))
    return [slot for slot in within if slot in kept or states.plan(slot) is not None]


def _by_date(slot: Slot) -> tuple[date, str]:
    return slot.logical_date, slot.bundle


def _check_bundles(task: str, slots: Sequence[Slot], version: str) -> None:
    fine = {slot.logical_date for slot in slots if slot.bundle == version}
    others = [slot for slot in slots if slot.logical_date not in fine]
    if not others:
        return
    bundles = ", ".join(sorted({slot.bundle for slot in others}))
    dates = sorted({slot.logical_date for slot in others})
    raise ReferenceUnusable(
        f"{len(dates)} dates from {dates[0]} to {dates[-1]} were scored by other bundles only: {bundles}",
        expected=f"every date scored by bundle {version}, which is in use: answers of two models can't be compared",
        action=f"run `yeban backfill {task} --from {dates[0]} --to {dates[-1]}`, or choose dates that it scored",
        bundles=bundles,
    )


def _whole_day(states: SlotStates, store: SummaryStore, slot: Slot, progress: Progress) -> Summary | None:
    """The summary of a slot; None for a dump without rows."""
    summary, failures = find_summary(states, store, slot, _reporting(progress, f"{slot.logical_date}"))
    if failures:
        raise _not_whole(slot, failures) from failures[0]
    return summary


def _not_whole(slot: Slot, failures: Sequence[PartCorrupt]) -> ReferenceUnusable:
    first = failures[0]
    more = f", and {len(failures) - 1} more like it" if len(failures) > 1 else ""
    return ReferenceUnusable(
        f"{slot.logical_date} is not whole: {first.got}{more}",
        expected="a reference of whole dates",
        action=f"{first.action}; or choose other dates",
    )


def _reporting(progress: Progress, what: str) -> OnProgress:
    reported = 0

    def report(done: int, rows: int) -> None:
        nonlocal reported
        if not reported:
            progress.begin(what, rows)
        progress.advance(done - reported)
        reported = done

    return report
