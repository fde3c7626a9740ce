"""What is scheduled, what comes next, and how the last nights ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from jobs.calendar.occasions import Job, Occasion, due
from jobs.config.home import Home
from jobs.nightly.report import JOB, steps_of
from jobs.schedule.given_up import course_by, given_up
from jobs.schedule.records import SinceStore, settled_by
from jobs.schedule.watch import wait_after
from monitoring.alerts.skipping import SkippedRuns
from storage.lake.journal.states import SlotStates
from storage.runs.log import RunLog, RunRecord, RunState

_NEXT_TIMES: Final = 3


@dataclass(frozen=True, slots=True)
class OpenNight:
    """A night that was begun and is not done.

    Attributes:
        night: The date.
        state: How its last try stands.
        again_by: About when a scheduler tries it again; None while one is at it.
    """

    night: date
    state: RunState
    again_by: datetime | None


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How a job stands.

    Attributes:
        job: The job.
        next_times: When it runs next, in its own zone.
        missed: Nights that are due and were not begun, the oldest first; they are run next.
        open_nights: Nights that are due, begun, and not done, the oldest first.
        given_up: Nights that were missed, and that no scheduler runs any more.
        last: The newest record of a night; None where there is none.
    """

    job: Job
    next_times: tuple[datetime, ...]
    missed: tuple[date, ...]
    open_nights: tuple[OpenNight, ...]
    given_up: tuple[SkippedRuns, ...]
    last: RunRecord | None

    @property
    def alerted(self) -> bool:
        """Whether there is an alert of the last night."""
        return self.last is not None and any(step.alerted for step in steps_of(self.last).values())

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        last = self.last
        return {
            "task": self.job.task,
            "cron": self.job.cron.text,
            "time_zone": self.job.zone.key,
            "next": [each.isoformat() for each in self.next_times],
            "missed": [each.isoformat() for each in self.missed],
            "open": [
                {
                    "logical_date": each.night.isoformat(),
                    "state": each.state,
                    "again_by": each.again_by.isoformat() if each.again_by else None,
                }
                for each in self.open_nights
            ],
            "given_up": [[night.isoformat() for night in span.logical_dates] for span in self.given_up],
            "last": None
            if last is None
            else {
                "logical_date": last.logical_date.isoformat() if last.logical_date else None,
                "run_id": last.run_id,
                "state": last.state,
                "alert": self.alerted,
                "finished_at": last.finished_at.isoformat() if last.finished_at else None,
            },
        }


def schedule_status(home: Home, now: datetime) -> list[JobStatus]:
    """How the jobs of a home stand."""
    runs, states = home.run_log, home.slot_states
    since, settings = SinceStore(home.schedule).read(), home.config.schedule
    retry = timedelta(minutes=settings.retry_minutes)
    jobs = [each.job(home.config.time_zone) for each in settings.jobs]
    return [_status(job, runs, states, since.get(job.task, now), now, retry) for job in jobs]


def _status(job: Job, runs: RunLog, states: SlotStates, since: datetime, now: datetime, retry: timedelta) -> JobStatus:
    everything = runs.list(job.task)
    records = [each for each in everything if each.job == JOB]
    settled, since = settled_by(records, states.retired_slots(job.task)), min(since, now)
    not_done = [(each, _tries(records, each)) for each in due(job, now, since, settled)]
    times, moment = [], now
    for _ in range(_NEXT_TIMES):
        moment = job.next_after(moment).at
        times.append(moment.astimezone(job.zone))
    return JobStatus(
        job=job,
        next_times=tuple(times),
        missed=tuple(each.night for each, tries in not_done if not tries),
        open_nights=tuple(_open(each.night, tries, job, now, retry) for each, tries in not_done if tries),
        given_up=tuple(given_up(job, now, since, course_by(everything, settled))),
        last=records[0] if records else None,
    )


def _tries(records: Sequence[RunRecord], occasion: Occasion) -> list[RunRecord]:
    """Records of a night that was begun at its hour or later, newest first; what is still at work counts, too."""
    own = [each for each in records if each.logical_date == occasion.night and each.state != "done"]
    return [each for each in own if each.started_at >= occasion.at or each.state == "running"]


def _open(night: date, tries: Sequence[RunRecord], job: Job, now: datetime, retry: timedelta) -> OpenNight:
    last = tries[0]
    if last.state == "running":
        return OpenNight(night, last.state, None)
    again = (last.finished_at or last.started_at) + wait_after(len(tries), retry)
    return OpenNight(night, last.state, max(again, now).astimezone(job.zone))
