"""A scheduler on a clock that tests set, with real records: what happens in weeks, in a second."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jobs.calendar.crontab import parse_crontab
from jobs.calendar.occasions import Job, Occasion
from jobs.config.file import Config, Home
from jobs.schedule.service import HomeRecords, check
from jobs.schedule.watch import Watch
from jobs.schedule.watched import WatchedStore
from storage.processes import host_name
from storage.runs.log import RunLog, RunRecord, RunState

SHANGHAI = ZoneInfo("Asia/Shanghai")
PULSE = timedelta(minutes=10)
DEAD = 2**22 + 1
"""No process has this number."""

Answer = Callable[[str, date, int], int]
"""The exit code of a night, by task, date and how often it was tried."""


def job(cron: str = "30 2 * * *", zone: str = "Asia/Shanghai", task: str = "comment", **more: int) -> Job:
    return Job(task, parse_crontab(cron), ZoneInfo(zone), **more)


def well(_task: str, _night: date, _count: int) -> int:
    return 0


class SimulatedScheduler:
    """A home, a clock, and a scheduler on them.

    Args:
        root: The home.
        jobs: What is scheduled.
        start: When the first scheduler starts, local time of the first job.
        answer: How nights end.
        takes: How long they take.
    """

    def __init__(
        self,
        root: Path,
        jobs: Sequence[Job],
        start: datetime,
        answer: Answer = well,
        takes: timedelta = timedelta(minutes=40),
    ) -> None:
        self.home = Home(root, Config())
        self.runs = RunLog(self.home.run_records)
        self.jobs, self.answer, self.takes = list(jobs), answer, takes
        self.now = start.replace(tzinfo=jobs[0].zone).astimezone(UTC)
        self.ran: list[tuple[str, date, datetime]] = []
        self.succeeded: list[date] = []
        self.watch = self.new_watch()

    def new_watch(self) -> Watch:
        """A scheduler that has just started: it remembers nothing."""
        return Watch(
            self.jobs, HomeRecords(self.home), self._run, self._note, lambda: self.now, retry=timedelta(minutes=10)
        )

    def restart(self) -> None:
        self.watch = self.new_watch()

    def live(self, **span: float) -> None:
        """Let time pass: a look at each hour of a job, and every few minutes."""
        end = self.now + timedelta(**span)
        while True:
            for each in self.jobs:
                self.watch.round(each.task)
            self.look()
            if self.now >= end:
                return
            fires = [each.next_after(self.now).at for each in self.jobs]
            self.now = min(*fires, self.now + PULSE, end)

    def look(self) -> None:
        """What else is done every few minutes: nothing here."""

    def sleep(self, **span: float) -> None:
        """Time passes and nobody looks; a negative one is a clock that is set back."""
        self.now += timedelta(**span)

    def nights(self, task: str = "comment") -> list[date]:
        """Nights that were done, in the order of their records; a night with two records stands here twice."""
        done = [each for each in self.runs.list(task) if each.state == "done"]
        return [each.logical_date for each in reversed(done) if each.logical_date]

    def tried(self, night: date) -> int:
        return sum(1 for _, each, _ in self.ran if each == night)

    def record(self, task: str, night: date, state: RunState, *, host: str | None = None, job: str = "nightly") -> None:
        """What `yeban nightly` leaves: one record that says done, however often it is called."""
        done = [each for each in self.runs.list(task) if each.logical_date == night and each.state == state == "done"]
        if done:
            figures = {"checked_at": self.now.isoformat()}
            self.runs.write(RunRecord(**{**_fields(done[0]), "figures": figures}))
            return
        self.runs.write(
            RunRecord(
                run_id=f"{self.now:%Y%m%dT%H%M%S}-{task}-{night:%Y%m%d}-{len(self.ran):06x}",
                job=job,
                task=task,
                logical_date=night,
                bundle="b1",
                started_at=self.now,
                finished_at=None if state == "running" else self.now,
                state=state,
                rows=0,
                units=0,
                failures=[],
                figures={},
                host=host or host_name(),
                pid=DEAD,
            )
        )

    def _run(self, job: Job, occasion: Occasion) -> int:
        task, night = job.task, occasion.night
        self.ran.append((task, night, self.now))
        code = self.answer(task, night, self.tried(night))
        if code != 75:
            self.record(task, night, "done" if code in (0, 3) else "running" if code < 0 else "failed")
        self.now += self.takes
        return code

    def _note(self, _job: Job, occasion: Occasion) -> None:
        self.succeeded.append(occasion.night)


class AlertingScheduler(SimulatedScheduler):
    """A world whose scheduler tells a sink of what goes wrong, every few minutes, also while a night runs."""

    heard: list[tuple[datetime, str, str]]
    """When, of which night, and of what trouble."""

    def home_of_alerts(self) -> Home:
        job = self.jobs[0]
        section = {"task": job.task, "cron": job.cron.text, "catch_up_nights": job.catch_up_nights}
        sinks = [{"kind": "jsonl", "path": "alerts.jsonl"}]
        flat = {"monitor": {"sinks": sinks}, "tasks": {job.task: {}}, "schedule": {"jobs": [section]}}
        return Home(self.home.root, Config.model_validate(flat))

    def look(self) -> None:
        WatchedStore(self.home.schedule).look(self.now)
        check(self.home_of_alerts(), self.now)
        file = self.home.root / "alerts.jsonl"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        self.heard = getattr(self, "heard", [])
        for alert in map(json.loads, lines[len(self.heard) :]):
            self.heard.append((self.now, alert["logical_date"], alert["trouble"]))

    def troubles(self) -> list[tuple[str, str]]:
        return [(night, trouble) for _, night, trouble in self.heard]

    def _run(self, job: Job, occasion: Occasion) -> int:
        self.ran.append((job.task, occasion.night, self.now))
        code = self.answer(job.task, occasion.night, self.tried(occasion.night))
        self.record(job.task, occasion.night, "running", host="elsewhere")  # so that nobody asks for its process
        (begun,) = (each for each in self.runs.list(job.task) if each.state == "running")
        end = self.now + self.takes
        while self.now < end:
            self.now = min(self.now + PULSE, end)
            self.look()
        self.runs.write(replace(begun, state="failed" if code else "done", finished_at=self.now))
        return code


def _fields(record: RunRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in RunRecord.__slots__}


def nights(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]
