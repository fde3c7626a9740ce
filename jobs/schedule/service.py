"""The scheduler of a home, put together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib.util import find_spec

from jobs.calendar.occasions import Job, Occasion, Settled, due
from jobs.config.home import CONFIG_NAME, Home
from jobs.config.sections.schedule import JobSection
from jobs.nightly.report import JOB
from jobs.runs.locks import scheduler_lock
from jobs.runs.logs import logs_are_json
from jobs.schedule.children import Children
from jobs.schedule.given_up import course_by, given_up
from jobs.schedule.heartbeat import Heartbeats, beat
from jobs.schedule.records import SinceStore, nights_of, settled_by
from jobs.schedule.run_alerts import Duties, judge_home, tell_of_runs
from jobs.schedule.watch import Clock, Watch
from jobs.schedule.watched import WatchedStore
from monitoring.alerts.run_alert import RunAlert
from monitoring.alerts.run_rules import ExpectedRun
from monitoring.alerts.secret import revealed
from monitoring.alerts.skipping import SkippedRuns
from storage.errors import ConfigError, ExtraMissing
from storage.runs.log import RunRecord


class HomeRecords:
    """What is on record in a home.

    Args:
        home: The home.
    """

    def __init__(self, home: Home) -> None:
        self._runs, self._since = home.run_log, SinceStore(home.schedule)
        self._states = home.slot_states

    def settled(self, task: str) -> Settled:
        """Which nights of a task are done."""
        return settled_by(nights_of(self._runs, task), self._states.retired_slots(task))

    def since(self, tasks: Sequence[str], now: datetime) -> Mapping[str, datetime]:
        """Since when each task's nights count.

        Raises:
            DiskFull: No space left to note it.
        """
        return self._since.begin(tasks, now)


def serve(home: Home, now: Clock) -> None:
    """Run the nights of a home until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: No job is configured, or an environment variable that a heartbeat names is not set.
        RunLocked: Another scheduler runs for this home.
        ExtraMissing: APScheduler is not installed.
    """
    settings, jobs = home.config.schedule, _jobs(home)
    if find_spec("apscheduler") is None:
        raise ExtraMissing(
            "APScheduler is not installed",
            expected="the extra part `nights`",
            action="run `make nights`, or let cron call `yeban nightly`: see docs/nights.md",
        )
    from jobs.schedule.daemon import keep_watch

    sections = {each.task: each for each in settings.jobs}
    children, records = Children(settings.stop_s), HomeRecords(home)

    beats = Heartbeats(home.schedule, _sender(home, sections, now))
    watched, as_json = WatchedStore(home.schedule), logs_are_json()

    def run(job: Job, occasion: Occasion) -> int:
        section = sections[job.task]
        return children.run(night_command(home, section, occasion, as_json=as_json), section.longest_h * 3600)

    def succeeded(job: Job, occasion: Occasion) -> None:
        beats.ran(job.task, occasion.night)

    def tell() -> None:
        moment = now()
        watched.look(moment)
        tell_of_runs(home, duties(home, jobs, records.since([*sections], moment), moment), moment)
        for task in sections:
            if night := watch.newest_done(task):
                beats.found(task, night)

    with scheduler_lock(home.locks):
        watched.look(now())
        watch = Watch(jobs, records, run, succeeded, now, timedelta(minutes=settings.retry_minutes))
        keep_watch(watch, jobs, children, settings.at_once, now, tell)


def _sender(home: Home, sections: Mapping[str, JobSection], now: Clock) -> Callable[[str, date], None]:
    """Beats as the jobs say; addresses that the environment holds are read once, at the start."""
    addresses = {task: _revealed(each.heartbeat_url) for task, each in sections.items()}

    def send(task: str, night: date) -> None:
        name = sections[task].heartbeat_file
        beat(task, night, now(), home.root / name if name else None, addresses[task])

    return send


def duties(home: Home, jobs: Sequence[Job], since: Mapping[str, datetime], now: datetime) -> Duties:
    """What the nights of a home are held against.

    Args:
        home: The home.
        jobs: The jobs.
        since: Since when each task's nights count.
        now: The present moment.
    """

    def skipped(records: Sequence[RunRecord]) -> list[SkippedRuns]:
        return [span for job in jobs for span in _skipped(home, job, records, since[job.task], now)]

    return Duties(expected_nights(jobs, since, now), skipped, WatchedStore(home.schedule).since())


def _skipped(
    home: Home, job: Job, records: Sequence[RunRecord], since: datetime, now: datetime
) -> Sequence[SkippedRuns]:
    own = [each for each in records if each.task == job.task]
    settled = settled_by([each for each in own if each.job == JOB], home.slot_states.retired_slots(job.task))
    return given_up(job, now, since, course_by(own, settled))


def expected_nights(jobs: Sequence[Job], since: Mapping[str, datetime], now: datetime) -> list[ExpectedRun]:
    """The nights that should have been run by now, as far back as they are caught up with.

    Args:
        jobs: The jobs.
        since: Since when each task's nights count.
        now: The present moment.
    """
    nights = ((job.task, each) for job in jobs for each in due(job, now, since[job.task], lambda _: False))
    return [ExpectedRun(JOB, task, each.night, each.at) for task, each in nights]


def check(home: Home, now: datetime) -> tuple[RunAlert, ...]:
    """Tell people of nights that are missed, failed, late, slow or given up, each of each once, as a scheduler does.

    Returns:
        What is wrong now, told before or not.

    Raises:
        ConfigError: No job is configured.
        RunLocked: Another process is telling people.
        DiskFull: No space left.
    """
    jobs = _jobs(home)
    wanted = duties(home, jobs, HomeRecords(home).since([each.task for each in jobs], now), now)
    tell_of_runs(home, wanted, now)
    return judge_home(home, wanted, now)


def _jobs(home: Home) -> list[Job]:
    settings = home.config.schedule
    if not settings.jobs:
        raise ConfigError(
            f"no job in {home.root / CONFIG_NAME}",
            expected="at least one section [[schedule.jobs]]",
            action='for example [[schedule.jobs]] with task = "comment" and cron = "30 2 * * *"',
        )
    return [each.job(home.config.time_zone) for each in settings.jobs]


def _revealed(address: str | None) -> str | None:
    return None if address is None else revealed(address, os.environ)


def night_command(home: Home, section: JobSection, occasion: Occasion, *, as_json: bool = False) -> list[str]:
    """What is run for a night: the command that cron or a person would type.

    Args:
        home: The home.
        section: The job's settings.
        occasion: The night.
        as_json: Its log is JSON, as that of the scheduler is: both write to one stream.
    """
    before = ["--log-json"] if as_json else []
    without = [word for step in section.without for word in ("--without", step)]
    night = occasion.night.isoformat()
    return [*before, "nightly", section.task, "--date", night, "--home", str(home.root), *without]
