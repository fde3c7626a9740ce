"""The steps of a night: what each needs, how it detects that it is missing, and what it does.

A step asks what is on disk, not what a record says: so it is right after a crash, and after work done by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from jobs.config.home import Home
from jobs.nightly.slot_view import SlotView
from jobs.runs.context import JobContext
from jobs.warehouse.load import load_slot
from models.bundle import Bundle
from storage.errors import NothingToPick, TerminalError, WarehouseLocked, YebanError
from storage.records import Slot
from storage.relabel.batches import BatchHead
from storage.runs.log import RunState
from storage.warehouse.relabel_mirror import copy_batches


@dataclass(frozen=True, slots=True)
class Night:
    """What a night is about.

    Attributes:
        home: The home.
        slot: Task, date and bundle's version.
        bundle: The one of all steps, whatever is promoted meanwhile.
        view: What was seen of the dump and the slot.
        context: Where to report to, and the clock.
    """

    home: Home
    slot: Slot
    bundle: Bundle
    view: SlotView
    context: JobContext


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did.

    Attributes:
        note: In a few words.
        failures: What it left out.
        alerted: There is an alert, so people have to look at the night.
        rows: Rows that were scored: how long a night takes depends on them.
    """

    note: str = ""
    failures: tuple[YebanError, ...] = ()
    alerted: bool = False
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a night.

    Attributes:
        name: As `runs` and yeban.toml call it.
        needs: Steps that must have left something to go on with.
        missing: Why it has to run, empty where it need not; takes the value of `stamp` when it was done last.
        stamp: What its result depends on.
        work: Does it.
    """

    name: str
    needs: tuple[str, ...]
    missing: Callable[[Night, str], str]
    work: Callable[[Night], StepResult]
    stamp: Callable[[Night], str] = field(default=lambda _: "")


def _unscored(night: Night, _: str) -> str:
    dump = night.view.dump()
    if dump.failures:
        return f"{len(dump.failures)} file(s) could not be used"
    plan = night.view.journal.plan(night.slot)
    if plan is None or any(set(plan.files.get(path, ())) != set(units) for path, units in dump.plan.files.items()):
        return "the dump is new or has changed"
    if dump.plan.files.keys() - plan.files.keys():
        return "the dump has new files"
    pending = night.view.pending(dump.plan)
    if pending:
        return f"{sum(unit.rows for unit in pending):,} rows are not scored"
    return _bad_end(night, "score")


_BAD_ENDS: Final[Mapping[str, tuple[RunState, ...]]] = {
    "score": ("failed", "interrupted"),
    "load": ("failed", "interrupted", "staged"),
}


def _bad_end(night: Night, job: str) -> str:
    """How a job's last run for the night ended, where it ended badly.

    It may have done all it had to before it was cut off. Another run finds nothing to do and records that, or the
    morning's page would ask people to repair what is whole.
    """
    slot = night.slot
    for record in night.home.run_log.list(slot.task):  # the newest first
        if (record.job, record.logical_date, record.bundle) == (job, slot.logical_date, slot.bundle):
            return f"its last run is {record.state}" if record.state in _BAD_ENDS[job] else ""
    return ""


def _score(night: Night) -> StepResult:
    from jobs.scoring.score import ScoreRequest, score

    slot = night.slot
    view, dump = night.view, night.view.dump()
    request = ScoreRequest(slot.task, slot.logical_date, view.patterns, night.bundle, dump=dump)
    with view.changing():
        outcome = score(night.home, request, night.context)
    note = f"{outcome.scored_rows:,} rows scored, {outcome.done_rows:,} done before"
    return StepResult(note, outcome.failures, rows=outcome.scored_rows)


def _unloaded(night: Night, _: str) -> str:
    if not night.view.is_settled():
        return "the warehouse does not have it as it is planned"
    return _bad_end(night, "load")


def _load(night: Night) -> StepResult:
    view = night.view
    with view.changing():
        loaded = load_slot(night.home, view.journal, view.plan(), night.context)
    if loaded.report is None:
        raise WarehouseLocked(
            "; ".join(loaded.failures).splitlines()[0],
            expected="nobody else to have the warehouse open for so long",
            action="close it there; the same command, or `yeban load`, brings in what is staged",
        )
    failures = tuple(TerminalError(each.splitlines()[0]) for each in loaded.failures)
    return StepResult(f"{loaded.report.rows:,} rows loaded", failures)


def _stamp(night: Night) -> str:
    return night.view.stamp()


def _unmonitored(night: Night, stamp: str) -> str:
    if night.home.night_store.measured_at(night.slot) is None:
        return "it was not monitored"
    return "" if stamp == _stamp(night) else "it was monitored as it was before"


def _monitor(night: Night) -> StepResult:
    from jobs.monitor.monitor import MonitorRequest, monitor
    from monitoring.wording.headline import headline

    request = MonitorRequest(night.slot.task, night.slot.logical_date, night.bundle)
    outcome = monitor(night.home, request, night.context)
    line = headline(outcome.morning)
    return StepResult(line.text.en, outcome.failures, line.state == "alert")


def night_seed(night: date) -> int:
    """The seed of the batch that belongs to a night: no batch that is picked by hand has it by chance."""
    return night.toordinal()


def _own_batch(night: Night) -> BatchHead | None:
    """The batch of the night, by whichever bundle: people are asked once."""
    day = night.slot.logical_date
    heads = night.home.batch_store.heads(night.slot.task)
    return next((head for head in heads if (head.last_date, head.seed) == (day, night_seed(day))), None)


def _unpicked(night: Night, stamp: str) -> str:
    head = _own_batch(night)
    if head is None:
        return "" if stamp == _stamp(night) else "no batch was picked"
    return "" if night.view.has_batch(head.batch) else "the warehouse does not have the batch"


def _pick(night: Night) -> StepResult:
    from jobs.relabel.pick import PickRequest, pick

    slot, settings = night.slot, night.home.config.relabel
    if head := _own_batch(night):
        copy_batches(night.home.open_warehouse(), night.home.batch_store, slot.task)
        return StepResult(f"batch {head.batch}")
    last = slot.logical_date
    first = last - timedelta(days=settings.days - 1)
    request = PickRequest(slot.task, first=first, last=last, seed=night_seed(last), bundle=night.bundle)
    try:
        outcome = pick(night.home, request, night.context)
    except NothingToPick as error:
        return StepResult(error.got)
    return StepResult(f"batch {outcome.head.batch}: {sum(outcome.arms.values())} rows to label")


STEPS: Final[Mapping[str, Step]] = {
    step.name: step
    for step in (
        Step("score", (), _unscored, _score),
        Step("load", ("score",), _unloaded, _load),
        Step("monitor", ("score",), _unmonitored, _monitor, _stamp),
        Step("relabel pick", ("load",), _unpicked, _pick, _stamp),
    )
}
"""In the order in which they run. Monitoring reads the parts, so it does not wait for the warehouse."""
