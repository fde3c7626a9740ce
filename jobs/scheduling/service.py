"""The scheduler of a home, put together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec

from jobs.config import CONFIG_NAME, Home
from jobs.locks import scheduler_lock
from jobs.nightly import JOB
from jobs.run_alerts import tell_of_runs
from jobs.scheduling.children import Children
from jobs.scheduling.heartbeat import beat
from jobs.scheduling.occasions import Job, Occasion, Settled
from jobs.scheduling.records import SinceStore, nights_of, settled_by
from jobs.scheduling.watch import Clock, Watch
from jobs.sections.schedule import JobSection
from jobs.sections.secret import revealed
from monitoring.alerts.punctuality import ExpectedRun
from storage.errors import ConfigError, ExtraMissing
from storage.runs import RunLog


class HomeRecords:
    """What is on record in a home.

    Args:
        home: The home.
    """

    def __init__(self, home: Home) -> None:
        self._runs, self._since = RunLog(home.run_records), SinceStore(home.schedule)

    def settled(self, task: str) -> Settled:
        """Which nights of a task are done.

        Raises:
            TerminalError: A record can't be read.
        """
        return settled_by(nights_of(self._runs, task))

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
    settings = home.config.schedule
    if not settings.jobs:
        raise ConfigError(
            f"no job in {home.root / CONFIG_NAME}",
            expected="at least one section [[schedule.jobs]]",
            action='for example [[schedule.jobs]] with task = "comment" and cron = "30 2 * * *"',
        )
    if find_spec("apscheduler") is None:
        raise ExtraMissing(
            "APScheduler is not installed",
            expected="the extra part `nights`",
            action="run `make nights`, or let cron call `yeban nightly`: see docs/nights.md",
        )
    from jobs.scheduling.clockwork import keep_watch

    sections = {each.task: each for each in settings.jobs}
    jobs = [each.job(home.config.time_zone) for each in settings.jobs]
    addresses = {task: _revealed(each.heartbeat_url) for task, each in sections.items()}
    children = Children(settings.stop_s)

    def run(job: Job, occasion: Occasion) -> int:
        section = sections[job.task]
        return children.run(night_command(home, section, occasion), section.longest_h * 3600)

    def succeeded(job: Job, occasion: Occasion) -> None:
        section = sections[job.task]
        file = home.root / section.heartbeat_file if section.heartbeat_file else None
        beat(job.task, occasion.night, now(), file, addresses[job.task])

    def tell() -> None:
        tell_of_runs(home, expected_nights(watch, jobs), now())

    retry = timedelta(minutes=settings.retry_minutes)
    with scheduler_lock(home.locks):
        watch = Watch(jobs, HomeRecords(home), run, succeeded, now, retry)
        keep_watch(watch, jobs, children, settings.at_once, now, tell)


def expected_nights(watch: Watch, jobs: Sequence[Job]) -> list[ExpectedRun]:
    """The nights that should have been run by now, as far back as they are caught up with.

    Raises:
        TerminalError: The records can't be read.
    """
    nights = ((job.task, each) for job in jobs for each in watch.hours(job.task))
    return [ExpectedRun(JOB, task, each.night, each.at) for task, each in nights]


def _revealed(address: str | None) -> str | None:
    return None if address is None else revealed(address, os.environ)


def night_command(home: Home, section: JobSection, occasion: Occasion) -> list[str]:
    """What is run for a night: the command that cron or a person would type."""
    without = [word for step in section.without for word in ("--without", step)]
    return ["nightly", section.task, "--date", occasion.night.isoformat(), "--home", str(home.root), *without]
