"""A monitored night as people are shown it: what was stored, with the nights before and the runs around it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from jobs.config.home import Home
from monitoring.findings.judgement import Judgement, read_judgement
from monitoring.findings.morning import Link, MetricKey, Morning, TrendPoint, WaitingBatch
from monitoring.findings.record import Findings, read_findings
from monitoring.relabel.annotation.queue import Queue
from monitoring.relabel.annotation.status import BatchProgress, batch_progress
from storage.errors import TerminalError
from storage.nights.store import NightStore
from storage.records import Slot
from storage.runs.log import RunRecord

log = logging.getLogger("yeban.monitor")

EVIDENTLY_PAGE: Final = "evidently.html"
MORNING_PAGE: Final = "report.html"
TREND_DAYS: Final = 30
_JOBS: Final = ("score", "load")


def stored_morning(home: Home, slot: Slot) -> Morning:
    """What people are shown of a night that was monitored.

    Raises:
        TerminalError: It was not, or what is stored of it is damaged.
    """
    night = _stored(home.night_store, slot)
    if night is None:
        raise TerminalError(
            f"{slot.task} {slot.logical_date}, bundle {slot.bundle}, was not monitored",
            expected="a night with findings",
            action=f"run `yeban monitor {slot.task} --date {slot.logical_date}`",
        )
    return morning_of(home, slot, *night)


def morning_of(home: Home, slot: Slot, findings: Findings, judgement: Judgement) -> Morning:
    """Put the nights before and the runs of the night beside its findings."""
    return Morning(
        findings=findings,
        judgement=judgement,
        runs=_runs(home, slot),
        trends=_trends(home.night_store, slot, findings, judgement),
        links=_links(home, slot),
        waiting=waiting_batches(home, slot.task),
        zone=ZoneInfo(home.config.time_zone),
    )


def _runs(home: Home, slot: Slot) -> tuple[RunRecord, ...]:
    """Score and load runs of the night, the newest last."""
    records = [
        record
        for record in home.run_log.list(slot.task)
        if record.logical_date == slot.logical_date and record.bundle == slot.bundle and record.job in _JOBS
    ]
    return tuple(sorted(records, key=lambda record: record.started_at))


def waiting_batches(home: Home, task: str) -> tuple[WaitingBatch, ...]:
    """Batches of the relabel queue with rows that wait for a label, the newest first.

    One that can't be read is logged and left out: it must not cost the page.
    """
    queue = Queue(home.batch_store)
    found = []
    try:
        names = queue.batches(task)
    except TerminalError as error:
        log.warning("the relabel queue is left out: %s", error.got)
        return ()
    for name in reversed(names):
        try:
            progress = batch_progress(queue, task, name)
        except TerminalError as error:
            log.warning("batch %s is left out: %s", name, error.got)
            continue
        if progress.unlabelled or progress.ties:
            command = _next_step(task, name, progress)
            found.append(WaitingBatch(name, progress.rows, progress.unlabelled, progress.ties, command))
    return tuple(found)


def _next_step(task: str, batch: str, progress: BatchProgress) -> str:
    if not progress.unlabelled:
        return f"yeban relabel export {task} --batch {batch} --adjudicate"
    if not progress.begun:
        return f"yeban relabel export {task} --batch {batch}"
    return f"yeban relabel import {task} FILE"


def _links(home: Home, slot: Slot) -> tuple[Link, ...]:
    return (
        Link(
            "evidently",
            EVIDENTLY_PAGE if home.night_store.has(slot, EVIDENTLY_PAGE) else None,
            f"yeban monitor {slot.task} --date {slot.logical_date} --html",
        ),
        Link("relabel", None, f"yeban relabel pick {slot.task}"),
    )


def _trends(
    store: NightStore, slot: Slot, findings: Findings, judgement: Judgement
) -> Mapping[MetricKey, tuple[TrendPoint, ...]]:
    """The last nights of each figure of all rows, oldest first, tonight included."""
    first = slot.logical_date - timedelta(days=TREND_DAYS - 1)
    points: dict[MetricKey, list[TrendPoint]] = defaultdict(list)
    for day in store.dates(slot.task, slot.bundle):
        if first <= day < slot.logical_date:
            night = _readable(store, Slot(slot.task, day, slot.bundle))
            if night is not None:
                _add_points(points, *night)
    _add_points(points, findings, judgement)
    return {key: tuple(values) for key, values in points.items()}


def _add_points(points: dict[MetricKey, list[TrendPoint]], findings: Findings, judgement: Judgement) -> None:
    breached = {verdict.key for verdict in judgement.verdicts if verdict.breached}
    for metric in findings.metrics:
        if not metric.slice:
            value = metric.measured.value if metric.level != metric.level else metric.level
            points[metric.key].append(TrendPoint(findings.logical_date, value, metric.key in breached))


def _readable(store: NightStore, slot: Slot) -> tuple[Findings, Judgement] | None:
    try:
        return _stored(store, slot)
    except TerminalError as error:
        log.warning("%s is left out of the trends: %s", slot.logical_date, error.got)
        return None


def _stored(store: NightStore, slot: Slot) -> tuple[Findings, Judgement] | None:
    night = store.read(slot)
    if night is None:
        return None
    try:
        return read_findings(night.findings), read_judgement(night.judgement)
    except ValueError as error:
        raise TerminalError(
            f"the findings of {slot.task} {slot.logical_date} can't be understood: {str(error)[:200]}",
            expected="findings of this version of yeban",
            action=f"run `yeban monitor {slot.task} --date {slot.logical_date}` again",
        ) from error
