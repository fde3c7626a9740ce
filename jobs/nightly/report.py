"""What a night leaves on record: how each of its steps ended, and what is known of them the next time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from storage.errors import RunLocked
from storage.records import Slot
from storage.runs.log import RunLog, RunRecord

JOB: Final = "nightly"
ALERTED: Final = 3
_SERIOUSNESS: Final = (2, 1, RunLocked.exit_code, ALERTED, 0)
"""Exit codes, the most serious first: wrong configuration, failed, to be tried again, to be looked at."""

StepState = Literal["done", "fresh", "partial", "failed", "locked", "waiting"]
"""`fresh`: nothing was missing; `partial`: done, but something was left out; `locked`: another run was at it, or
another process had the warehouse open; `waiting`: what it needs is not there."""
LEFT_SOMETHING: Final = ("done", "fresh", "partial")
"""A step that needs this one can go on."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """How a step ended.

    Attributes:
        state: See `StepState`.
        why: Why it ran, or why not.
        note: What it did.
        failures: What went wrong.
        code: Its exit code.
        seconds: How long it took.
        stamp: What its result was made of.
        alerted: The night needs a person's attention.
    """

    state: StepState
    why: str = ""
    note: str = ""
    failures: tuple[str, ...] = ()
    code: int = 0
    seconds: float = 0.0
    stamp: str = ""
    alerted: bool = False


def steps_of(record: RunRecord) -> dict[str, StepReport]:
    """The steps in a record of `nightly`; none where another version wrote it."""
    try:
        steps = {name: StepReport(**flat) for name, flat in record.metrics.get("steps", {}).items()}
        return {name: replace(step, failures=tuple(step.failures)) for name, step in steps.items()}
    except (AttributeError, TypeError):
        return {}


def worst_code(reports: Mapping[str, StepReport]) -> int:
    """The most serious exit code of some steps; 0 where there is none."""
    codes = {report.code for report in reports.values()}
    return next((code for code in _SERIOUSNESS if code in codes), 0)


def records_of_night(runs: RunLog, slot: Slot) -> list[RunRecord]:
    """What is on record of a night, the newest last."""
    found = [each for each in runs.list(slot.task) if each.job == JOB and each.logical_date == slot.logical_date]
    return [each for each in reversed(found) if each.bundle == slot.bundle]


def known_steps(records: Sequence[RunRecord]) -> dict[str, StepReport]:
    """How the steps stood when they were done last."""
    steps = (each for record in records for each in steps_of(record).items())
    return {name: report for name, report in steps if report.state in LEFT_SOMETHING}
