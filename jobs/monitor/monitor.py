"""The monitoring job: measure a night, judge the changes, deliver alerts, and write the pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeVar

from jobs.config.home import Home
from jobs.monitor.inputs import Gathered, find_night, gather
from jobs.monitor.report import EVIDENTLY_PAGE, MORNING_PAGE, morning_of
from jobs.runs.context import Clock, JobContext
from jobs.runs.job import MONITOR
from jobs.runs.record import Tally
from jobs.runs.run import run
from models.bundle import Bundle
from monitoring.alerts.delivery import DeliveryReport, deliver, post
from monitoring.alerts.history import past_nights
from monitoring.alerts.judge import judge
from monitoring.alerts.outbox import Outbox
from monitoring.findings.json_form import to_json
from monitoring.findings.judgement import Judgement
from monitoring.findings.mirror import copy_nights
from monitoring.findings.morning import Morning
from monitoring.findings.record import Findings, Missing
from monitoring.metrics.input import SampleLimits
from monitoring.metrics.measure import measure
from monitoring.page.render import render_morning
from storage.errors import TerminalError, YebanError
from storage.files.atomic import write_bytes
from storage.nights.store import StoredNight
from storage.records import Slot
from storage.runs.log import RunState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MonitorRequest:
    """What to monitor.

    Attributes:
        task: The task's name.
        logical_date: The date.
        bundle: The bundle that scored it, or its version; None for the one in use.
        html: Make Evidently's page of the night, too.
        lang: The language that the morning's page opens in.
    """

    task: str
    logical_date: date
    bundle: str | Bundle | None = None
    html: bool = False
    lang: Literal["zh", "en"] = "zh"


@dataclass(frozen=True, slots=True)
class MonitorResult:
    """What a run found out.

    Attributes:
        state: How it ended.
        slot: What was monitored.
        morning: What the pages show.
        pages: Pages that were written.
        delivery: Which alerts were delivered.
        failures: What was damaged or could not be written.
    """

    state: RunState
    slot: Slot
    morning: Morning
    pages: tuple[Path, ...]
    delivery: DeliveryReport
    failures: tuple[YebanError, ...]


def monitor(home: Home, request: MonitorRequest, context: JobContext) -> MonitorResult:
    """Monitor a night. A rerun replaces its findings, and delivers no alert twice.

    Raises:
        RunLocked: The task is being monitored.
        TerminalError: The date was never scored, or nothing of it can be read.
    """
    bundle, slot, gaps = find_night(home, request.task, request.logical_date, request.bundle)
    store = home.night_store
    with run(home, MONITOR, slot, context) as tally:
        started = time.perf_counter()
        gathered = gather(home, bundle, slot, context.progress)
        tally.failures += gathered.failures
        findings, judgement = _conclude(home, gathered, gaps)
        night = StoredNight(to_json(findings), to_json(judgement), context.now().astimezone(UTC))
        outbox = Outbox(home.alerts, slot.task)
        # Alerts first, and no night without them: once it is stored, later nights take them for delivered.
        if _try(tally, "the alerts", lambda: _posted(outbox, judgement)):
            _try(tally, "the findings", lambda: store.write(slot, night))
        delivery = _deliver(home, outbox, judgement, tally, context.now)
        pages, morning = _draw(home, request, gathered, findings, judgement, tally)
        _try(tally, "the copy in the warehouse", lambda: copy_nights(home.open_warehouse(), store, slot.task))
        tally.rows = findings.now.rows
        tally.metrics |= {
            "seconds": round(time.perf_counter() - started, 3),
            "alerts": len(judgement.alerts),
            "watched": len(judgement.watched),
        }
    return MonitorResult(tally.state, slot, morning, pages, delivery, tuple(tally.failures))


def _posted(outbox: Outbox, judgement: Judgement) -> bool:
    post(outbox, judgement.alerts)
    return True


def _conclude(home: Home, gathered: Gathered, gaps: tuple[Missing, ...]) -> tuple[Findings, Judgement]:
    settings = home.config.monitor
    limits = SampleLimits(
        min_rows=settings.min_rows,
        unsure_below=settings.unsure_below,
        embedding_rows=settings.embedding_rows,
        show_texts=settings.show_texts,
    )
    findings = measure(gathered.subject, limits, (*gaps, *gathered.gaps))
    rules = settings.rules()
    past = past_nights(home.night_store, gathered.slot, rules.history_nights)
    return findings, judge(findings, rules, past)


def _deliver(home: Home, outbox: Outbox, judgement: Judgement, tally: Tally, now: Clock) -> DeliveryReport:
    """Deliver the alerts; where the outbox can't be used, nothing is delivered, and that is a failure."""
    sinks = home.config.monitor.sinks_at(home.root)
    report = _try(tally, "the alerts", lambda: deliver(outbox, sinks, judgement.alerts, now))
    return report or DeliveryReport({}, (), sum(each.is_new for each in judgement.alerts))


def _draw(
    home: Home, request: MonitorRequest, gathered: Gathered, findings: Findings, judgement: Judgement, tally: Tally
) -> tuple[tuple[Path, ...], Morning]:
    """Write the pages; one that can't be written is a failure and does not stop the other."""
    slot, pages = gathered.slot, []
    folder = home.night_store
    if request.html or _has_evidently():
        made = _try(tally, "Evidently's report", lambda: _evidently(home, request, gathered, findings, judgement))
        pages += made or []
    morning = morning_of(home, slot, findings, judgement)

    def write() -> Path:
        path = folder.path(slot, MORNING_PAGE)
        write_bytes(path, render_morning(morning, request.lang).encode())
        return path

    page = _try(tally, "the morning page", write)
    return (*([page] if page else []), *pages), morning


def _has_evidently() -> bool:
    return find_spec("evidently") is not None


def _evidently(
    home: Home, request: MonitorRequest, gathered: Gathered, findings: Findings, judgement: Judgement
) -> list[Path]:
    from monitoring.evidently.page import save_html
    from monitoring.evidently.snapshot import make_snapshot
    from monitoring.evidently.workspace import WorkspaceStore

    subject = gathered.subject
    snapshot = make_snapshot(
        findings,
        judgement,
        subject.sample,
        subject.baseline.sample if subject.baseline else None,
        show_texts=home.config.monitor.evidently_texts,
    )
    WorkspaceStore(home.evidently).add(snapshot)
    path = home.night_store.path(gathered.slot, EVIDENTLY_PAGE)
    if not request.html:
        path.unlink(missing_ok=True)  # it would be of what was found out before
        return []
    save_html(snapshot, path)
    return [path]


def _try(tally: Tally, what: str, work: Callable[[], T]) -> T | None:
    """Do what the others can do without; why it failed is kept."""
    try:
        return work()
    except YebanError as error:
        tally.failures.append(error)
    except OSError as error:
        tally.failures.append(
            TerminalError(
                f"{what} can't be written: {error}",
                expected="a folder that may be written, with space left",
                action="check its rights and the disk, then monitor the date again: nothing else is lost",
            )
        )
    return None
