"""Missed, failed, late and slow runs, told to the sinks of `[monitor]`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from jobs.config import Home
from jobs.locks import task_lock
from monitoring.alerts.delivery import DeliveryReport, deliver
from monitoring.alerts.outbox import Outbox
from monitoring.alerts.punctuality import ExpectedRun, RunAlert, judge_runs
from storage.runs import RunLog

OUTBOX: Final = "runs"
"""Folder of `alerts` for those of runs: they come while a task is monitored, too."""


def judge_home(home: Home, expected: Sequence[ExpectedRun], now: datetime) -> tuple[RunAlert, ...]:
    """What is wrong with the runs that were to be; tells nobody."""
    zone = ZoneInfo(home.config.time_zone)
    records = RunLog(home.run_records).list()
    return judge_runs(expected, records, home.config.runs.rules(), now, zone)


def tell_of_runs(home: Home, expected: Sequence[ExpectedRun], now: datetime) -> tuple[DeliveryReport, ...]:
    """Judge the runs that were to be and tell people, each of each trouble once.

    Call it as often as you like: what was told is known by its id, and what a sink did not take is tried again.

    Args:
        home: The home.
        expected: What was to run.
        now: The present moment, with a zone.

    Returns:
        What was delivered, one report for each task of `expected`.

    Raises:
        RunLocked: Another process is telling people of a task's runs.
        DiskFull: No space left for the outbox.
    """
    alerts = judge_home(home, expected, now)
    return tuple(_tell(home, task, alerts, now) for task in sorted({each.task for each in expected}))


def _tell(home: Home, task: str, alerts: Sequence[RunAlert], now: datetime) -> DeliveryReport:
    own = [alert for alert in alerts if alert.task == task]
    with task_lock(home.locks, task, "run-alerts"):
        outbox = Outbox(home.alerts / OUTBOX, task)
        return deliver(outbox, home.config.monitor.sinks_at(home.root), own, lambda: now)
