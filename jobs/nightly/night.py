"""A night, step by step: what cron, a scheduler or a person calls, as often as they like.

Only what is missing is done. A step that fails is on record, and those that don't need it still run.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

from jobs.config.home import Home
from jobs.nightly.bundle import bundle_of_night
from jobs.nightly.report import (
    ALERTED,
    LEFT_SOMETHING,
    StepReport,
    StepState,
    known_steps,
    records_of_night,
    worst_code,
)
from jobs.nightly.slot_view import SlotView
from jobs.nightly.steps import STEPS, Night, Step
from jobs.runs.context import JobContext
from jobs.runs.job import NIGHTLY
from jobs.runs.record import Tally
from jobs.runs.run import hold, record_held
from models.bundle import Bundle
from storage.errors import RunLocked, TerminalError, WarehouseLocked, YebanError
from storage.records import Slot
from storage.runs.log import CHECKED_AT, LEFT_OUT, RunLog, RunRecord, RunState

log = logging.getLogger("yeban.nightly")


@dataclass(frozen=True, slots=True)
class NightRequest:
    """Which night.

    Attributes:
        task: The task's name.
        logical_date: The date.
        patterns: Files, globs or directories; empty for the task's `input`.
        without: Steps to leave out.
    """

    task: str
    logical_date: date
    patterns: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NightResult:
    """How a night stands.

    Attributes:
        slot: What it is about.
        run_id: Its record.
        state: How it ended.
        steps: Its steps, in order.
        exit_code: 0 done, 1 failed, 2 configuration, 3 done and an alert, 75 another run is at it.
    """

    slot: Slot
    run_id: str
    state: RunState
    steps: Mapping[str, StepReport]
    exit_code: int


def nightly(home: Home, request: NightRequest, context: JobContext) -> NightResult:
    """Do what is missing of a night.

    Args:
        home: The home.
        request: Which night.
        context: Where to report to, and the clock.

    Raises:
        ConfigError: There is no such task.
        BundleError: It has no bundle.
        RunLocked: Another run of the night's task is under way.
        DiskFull: Not even the record could be written.
    """
    home.task(request.task)
    runs = home.run_log
    steps = [step for name, step in STEPS.items() if name not in request.without]
    with hold(home, NIGHTLY, request.task, context):
        bundle = _bundle(home, request, runs, context)  # under the lock: another run may just have begun the night
        slot = Slot(request.task, request.logical_date, bundle.version)
        night = Night(home, slot, bundle, SlotView(home, slot, request.patterns), context)
        before = records_of_night(runs, slot)
        known = known_steps(before)
        done = [record for record in before if record.state == "done"]
        left_out = _left_out(home, request)
        if done and _is_complete(steps, night, known):
            return _checked(None if left_out else runs, done[-1], slot, steps, known, context.now())
        with record_held(home, NIGHTLY, slot, context) as tally:
            if left_out:
                tally.metrics[LEFT_OUT] = left_out
            reports = run_steps(steps, night, known, tally)
    return NightResult(slot, tally.run_id, tally.state, reports, worst_code(reports))


def _left_out(home: Home, request: NightRequest) -> list[str]:
    """What a run leaves to others of what the scheduler would do: a night is not done by it."""
    usual = next((job.without for job in home.config.schedule.jobs if job.task == request.task), ())
    steps = [step for step in request.without if step not in usual]
    return [*steps, *(["other input"] if request.patterns else [])]


def _is_complete(steps: Sequence[Step], night: Night, known: Mapping[str, StepReport]) -> bool:
    """Whether nothing is missing; where that is unknown, the steps are run, and report why."""
    try:
        return not any(_why(step, night, known) for step in steps)
    except Exception:  # the step that raised this fails in its own report, and the others still run
        log.info("what is missing can't be told", exc_info=True)
        return False


def _bundle(home: Home, request: NightRequest, runs: RunLog, context: JobContext) -> Bundle:
    """What scores the night; one without a bundle is on record, too."""
    try:
        return bundle_of_night(home, request.task, request.logical_date, runs)
    except YebanError:
        with record_held(home, NIGHTLY, Slot(request.task, request.logical_date, ""), context):
            raise


def run_steps(
    steps: Sequence[Step], night: Night, known: Mapping[str, StepReport], tally: Tally
) -> Mapping[str, StepReport]:
    """Do what is missing, in order; what fails stops only the steps that need it.

    Args:
        steps: The steps.
        night: The night.
        known: How steps stood when they were done last.
        tally: The run's record, written after each step.

    Raises:
        DiskFull: The record can't be written.
    """
    reports: dict[str, StepReport] = {}
    flat = {name: asdict(report) for name, report in known.items()}
    for step in steps:
        lacking = [need for need in step.needs if need in reports and reports[need].state not in LEFT_SOMETHING]
        if lacking:
            reports[step.name] = StepReport("waiting", why=f"it needs {', '.join(lacking)}")
        else:
            reports[step.name] = _run_step(step, night, known, tally)
        log.info("%s %s: %s %s", night.slot.task, night.slot.logical_date, step.name, _line(reports[step.name]))
        flat[step.name] = asdict(reports[step.name])
        tally.metrics["steps"] = flat
        tally.checkpoint()
    return reports


def _run_step(step: Step, night: Night, known: Mapping[str, StepReport], tally: Tally) -> StepReport:
    """Do a step if it is missing; whatever goes wrong in it stays in it."""
    why, started = "", time.perf_counter()
    try:
        why = _why(step, night, known)
        if not why:
            return _fresh(known.get(step.name))
        stamp = step.stamp(night)
        done = step.work(night)
    except (RunLocked, WarehouseLocked) as error:
        tally.staged |= isinstance(error, WarehouseLocked)
        tally.failures += [error] if isinstance(error, RunLocked) else []
        return _failed("locked", why, error, error.exit_code, started)
    except YebanError as error:
        tally.failures.append(error)
        return _failed("failed", why, error, error.exit_code, started)
    except Exception as error:  # the steps that don't need this one go on, whatever it ran into
        log.exception("%s", step.name)
        tally.failures.append(_unexpected(step, error))
        return _failed("failed", why, tally.failures[-1], 1, started)
    tally.failures += done.failures
    tally.rows += done.rows
    return StepReport(
        state="partial" if done.failures else "done",
        why=why,
        note=done.note,
        failures=tuple(str(each) for each in done.failures),
        code=1 if done.failures else ALERTED if done.alerted else 0,
        seconds=round(time.perf_counter() - started, 3),
        stamp="" if done.failures else stamp,
        alerted=done.alerted,
    )


def _why(step: Step, night: Night, known: Mapping[str, StepReport]) -> str:
    """Why a step has to run; empty where it need not."""
    return step.missing(night, known[step.name].stamp if step.name in known else "")


def _failed(state: StepState, why: str, error: YebanError, code: int, started: float) -> StepReport:
    return StepReport(state, why, failures=(str(error),), code=code, seconds=round(time.perf_counter() - started, 3))


def _unexpected(step: Step, error: Exception) -> TerminalError:
    return TerminalError(
        f"{step.name} ended with {type(error).__name__}: {error}",
        expected="one of the errors that this program knows",
        action="see the traceback in the log; the same command tries the step again",
    )


def _checked(
    runs: RunLog | None,
    record: RunRecord,
    slot: Slot,
    steps: list[Step],
    known: Mapping[str, StepReport],
    moment: datetime,
) -> NightResult:
    """Note that nothing is missing in the record of the night: there is one, and it stays the only one.

    Where `runs` is None only some of it was looked at, and nothing is noted.
    """
    if runs is not None:
        figures = {name: value for name, value in record.metrics.items() if name != LEFT_OUT}
        runs.write(replace(record, metrics={**figures, CHECKED_AT: moment.astimezone(UTC).isoformat()}))
    reports = {step.name: _fresh(known.get(step.name)) for step in steps}
    return NightResult(slot, record.run_id, "done", reports, worst_code(reports))


def _fresh(last: StepReport | None) -> StepReport:
    """A step that has nothing to do: it stands as it was done last."""
    if last is None:
        return StepReport("fresh")
    return StepReport(
        "fresh", note=last.note, code=ALERTED if last.alerted else 0, stamp=last.stamp, alerted=last.alerted
    )


def _line(report: StepReport) -> str:
    return f"{report.state}" + (f": {report.note or report.why}" if report.note or report.why else "")
