"""Missed, failed, late, slow and skipped runs as alerts to the sinks of `[monitor]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from jobs.config.home import Home
from jobs.runs.locks import task_lock
from monitoring.alerts.delivery import DeliveryReport, deliver
from monitoring.alerts.outbox import Outbox
from monitoring.alerts.punctuality import judge_runs
from monitoring.alerts.run_alert import RunAlert
from monitoring.alerts.run_rules import ExpectedRun
from monitoring.alerts.skipping import SkippedRuns, judge_skipped
from storage.runs.log import RunRecord

OUTBOX: Final = "runs"
"""Folder of `alerts` for those of runs: they come while a task is monitored, too."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What a home's runs are held against.

    Attributes:
        expected: What was to run.
        skipped: Finds the runs that were given up, in the records of all runs.
        watched_since: When the scheduler woke last; None where there is none.
    """

    expected: Sequence[ExpectedRun]
    skipped: Callable[[Sequence[RunRecord]], Sequence[SkippedRuns]] = lambda _: ()
    watched_since: datetime | None = None


def judge_home(home: Home, duties: Duties, now: datetime) -> tuple[RunAlert, ...]:
    """The alerts about runs that were due; nothing is sent."""
    zone = ZoneInfo(home.config.time_zone)
    records = home.run_log.list()
    troubles = judge_runs(duties.expected, records, home.config.runs.rules(), now, zone, duties.watched_since)
    return (*judge_skipped(duties.skipped(records)), *troubles)


def tell_of_runs(home: Home, duties: Duties, now: datetime) -> tuple[DeliveryReport, ...]:
    """Judge the runs that were due and send the alerts, each once.

    May be called any number of times: an alert that was sent is known by its id, one that a sink did not take is sent
    again.

    Args:
        home: The home.
        duties: What was to run.
        now: The present moment, with a zone.

    Returns:
        What was delivered, one report for each task of `duties`.

    Raises:
        RunLocked: Another process is sending the alerts of a task's runs.
        DiskFull: No space left for the outbox.
    """
    alerts = judge_home(home, duties, now)
    tasks = {each.task for each in duties.expected} | {each.task for each in alerts}
    return tuple(_tell(home, task, alerts, now) for task in sorted(tasks))


def _tell(home: Home, task: str, alerts: Sequence[RunAlert], now: datetime) -> DeliveryReport:
    own = [alert for alert in alerts if alert.task == task]
    with task_lock(home.locks, task, "run-alerts"):
        outbox = Outbox(home.alerts / OUTBOX, task)
        return deliver(outbox, home.config.monitor.sinks_at(home.root), own, lambda: now)
