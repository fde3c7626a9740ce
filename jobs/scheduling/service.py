"""The scheduler of a home, put together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec

from jobs.config import CONFIG_NAME, Home
from jobs.locks import scheduler_lock
from jobs.night_reports import JOB
from jobs.run_alerts import judge_home, tell_of_runs
from jobs.scheduling.children import Children
from jobs.scheduling.heartbeat import beat
from jobs.scheduling.occasions import Job, Occasion, Settled, due
from jobs.scheduling.records import SinceStore, nights_of, settled_by
from jobs.scheduling.watch import Clock, Watch
from jobs.sections.schedule import JobSection
from jobs.sections.secret import revealed
from monitoring.alerts.punctuality import ExpectedRun, RunAlert
from storage.errors import ConfigError, ExtraMissing
from storage.retired import RetiredStore
from storage.runs import RunLog


class HomeRecords:
    """What is on record in a home.

    Args:
        home: The home.
    """

    def __init__(self, home: Home) -> None:
        self._runs, self._since = RunLog(home.run_records), SinceStore(home.schedule)
        self._retired = RetiredStore(home.retired)

    def settled(self, task: str) -> Settled:
        """Which nights of a task are done.

        Raises:
            TerminalError: A record can't be read.
        """
        return settled_by(nights_of(self._runs, task), self._retired.slots(task))

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
    from jobs.scheduling.clockwork import keep_watch

    sections = {each.task: each for each in settings.jobs}
    addresses = {task: _revealed(each.heartbeat_url) for task, each in sections.items()}
    children, records = Children(settings.stop_s), HomeRecords(home)

    def run(job: Job, occasion: Occasion) -> int:
        section = sections[job.task]
        return children.run(night_command(home, section, occasion), section.longest_h * 3600)

    def succeeded(job: Job, occasion: Occasion) -> None:
        section = sections[job.task]
        file = home.root / section.heartbeat_file if section.heartbeat_file else None
        beat(job.task, occasion.night, now(), file, addresses[job.task])

    def tell() -> None:
        moment = now()
        tell_of_runs(home, expected_nights(jobs, records.since([*sections], moment), moment), moment)

    retry = timedelta(minutes=settings.retry_minutes)
    with scheduler_lock(home.locks):
        watch = Watch(jobs, records, run, succeeded, now, retry)
        keep_watch(watch, jobs, children, settings.at_once, now, tell)


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
    """Tell people of nights that are missed, failed, late or slow, each of each once; what a scheduler does by itself.

    Returns:
        What is wrong now, told before or not.

    Raises:
        ConfigError: No job is configured.
        RunLocked: Another process is telling people.
        TerminalError: A record can't be read.
        DiskFull: No space left.
    """
    jobs = _jobs(home)
    expected = expected_nights(jobs, HomeRecords(home).since([each.task for each in jobs], now), now)
    tell_of_runs(home, expected, now)
    return judge_home(home, expected, now)


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


def night_command(home: Home, section: JobSection, occasion: Occasion) -> list[str]:
    """What is run for a night: the command that cron or a person would type."""
    without = [word for step in section.without for word in ("--without", step)]
    return ["nightly", section.task, "--date", occasion.night.isoformat(), "--home", str(home.root), *without]
