"""The schedule: what starts the nights, and which were missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from jobs.config.home import Home
from jobs.doctor.check import Diagnosis, ok, problem, warning
from jobs.runs.locks import running_scheduler
from jobs.schedule.status import JobStatus, schedule_status
from monitoring.alerts.secret import missing_variables
from monitoring.alerts.skipping import make_up_command

ABOUT: Final = "schedule"
_NAMED: Final = 3
"""Missed nights of a task that are named one by one."""


def check_schedule(
    home: Home, now: datetime, environment: Mapping[str, str], *, apscheduler: bool
) -> Iterator[Diagnosis]:
    """What `[schedule]` wants, against what runs here. Cron may start the same nights, which can't be seen from here.

    Args:
        home: The home.
        now: The present moment, with a zone.
        environment: Where secrets are.
        apscheduler: It is installed.
    """
    settings = home.config.schedule
    if not settings.jobs:
        yield ok(ABOUT, "no [[schedule.jobs]] in yeban.toml: cron or people start the nights")
        return
    scheduler = running_scheduler(home.locks)
    for name in missing_variables(settings.secrets(), environment):
        yield _without_secret(name, runs=scheduler is not None)
    if not apscheduler:
        yield warning(
            ABOUT,
            f"{_jobs(len(settings.jobs))}, and APScheduler is not installed: `yeban schedule start` would refuse",
            "run `make nights`, or let cron run `yeban nightly` (examples/crontab)",
        )
    states = schedule_status(home, now)
    yield _nights(states, scheduler)
    for each in states:
        for span in each.given_up:
            found = f"{each.job.task}: {_told(span.logical_dates)} came and were given up, nobody runs them any more"
            yield warning(ABOUT, found, f"if you want them: {make_up_command(span)}")


def _without_secret(name: str, *, runs: bool) -> Diagnosis:
    found = f"the environment variable {name} of a heartbeat_url is not set here"
    if runs:  # it has the address since it was started
        return warning(ABOUT, found, "set it where the scheduler is started next: it ends with 2 without it")
    return problem(ABOUT, found, f"set {name} where `yeban schedule start` runs: it ends with 2 without it")


def _nights(states: Sequence[JobStatus], scheduler: str | None) -> Diagnosis:
    who = f"the scheduler runs: {scheduler}" if scheduler else "no scheduler runs for this home"
    missed = "; ".join(f"{each.job.task} {_told(nights)}" for each in states if (nights := _open_nights(each)))
    if not missed:
        found = ok(ABOUT, f"{_jobs(len(states))}, no night is missed; {who}" + ", cron may run them" * (not scheduler))
    elif scheduler:
        found = warning(ABOUT, f"missed: {missed}; {who}", "see `yeban schedule list` and its log: it tries them again")
    else:
        action = (
            "run `yeban schedule start` (examples/yeban.service), or let cron run `yeban nightly` (examples/crontab)"
        )
        found = warning(ABOUT, f"missed: {missed}; {who}", action)
    return found


def _open_nights(state: JobStatus) -> list[date]:
    """Nights that came and are not done, without one that is under way."""
    return sorted([*state.missed, *(each.night for each in state.open_nights if each.again_by is not None)])


def _told(nights: Sequence[date]) -> str:
    if len(nights) > _NAMED:
        return f"{len(nights)} nights, {nights[0]} to {nights[-1]}"
    return ", ".join(map(str, nights))


def _jobs(count: int) -> str:
    return f"{count} job{'s' * (count > 1)} in yeban.toml"
