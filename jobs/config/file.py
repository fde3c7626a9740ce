"""`yeban.toml`: one file, typed, every mistake reported at once."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator

from jobs.config.diagnostics import find_mistakes
from jobs.config.sections.gate import GateSection
from jobs.config.sections.monitoring import MonitorSection
from jobs.config.sections.observing import LogsSection, MetricsSection
from jobs.config.sections.relabel import RelabelSection
from jobs.config.sections.retention import RetentionSection
from jobs.config.sections.runs import RunsSection
from jobs.config.sections.schedule import ScheduleSection, known_zone
from jobs.config.sections.scoring import EngineSection, Task, UnitsSection, WarehouseSection
from jobs.config.sections.section import ConfigSection
from jobs.config.task_names import EXPECTED, is_task_name
from storage.errors import ConfigError

CONFIG_NAME: Final = "yeban.toml"


def _file_name(name: str) -> str:
    if not is_task_name(name):
        raise ValueError(f"{name!r} can't be a task's name; expected {EXPECTED}")
    return name


class Config(ConfigSection):
    """The whole file."""

    time_zone: str = "Asia/Shanghai"
    engine: EngineSection = EngineSection()
    units: UnitsSection = UnitsSection()
    warehouse: WarehouseSection = WarehouseSection()
    monitor: MonitorSection = MonitorSection()
    gate: GateSection = GateSection()
    relabel: RelabelSection = RelabelSection()
    retention: RetentionSection = RetentionSection()
    runs: RunsSection = RunsSection()
    logs: LogsSection = LogsSection()
    metrics: MetricsSection = MetricsSection()
    tasks: dict[Annotated[str, AfterValidator(_file_name)], Task] = Field(default_factory=dict)
    schedule: ScheduleSection = ScheduleSection()  # after the tasks, which its jobs name

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        return known_zone(value)

    @field_validator("schedule")
    @classmethod
    def _jobs_have_tasks(cls, value: ScheduleSection, info: ValidationInfo) -> ScheduleSection:
        tasks = info.data.get("tasks", {job.task: None for job in value.jobs})  # mistaken tasks are reported as such
        for job in value.jobs:
            if job.task not in tasks:
                near = difflib.get_close_matches(job.task, tasks, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"expected one of [{', '.join(tasks)}]"
                raise ValueError(f"a job names task {job.task!r}, and there is none; {hint}")
        return value


@dataclass(frozen=True, slots=True)
class Home:
    """A folder with a `yeban.toml`, and where everything lies below it."""

    root: Path
    config: Config

    @property
    def parts(self) -> Path:
        """Staged parts, profiles and plans."""
        return self.root / "parts"

    @property
    def summaries(self) -> Path:
        """The summary of each slot, kept when it was asked for."""
        return self.root / "summaries"

    @property
    def references(self) -> Path:
        """Frozen references."""
        return self.root / "references"

    @property
    def bundles(self) -> Path:
        """Trained bundles."""
        return self.root / "bundles"

    @property
    def shadow(self) -> Path:
        """Parts that were scored to be compared, and are never loaded."""
        return self.root / "shadow"

    @property
    def run_records(self) -> Path:
        """One JSON file per run."""
        return self.root / "runs"

    @property
    def answers(self) -> Path:
        """The prediction cache: safe to remove."""
        return self.root / "cache" / "answers"

    @property
    def evidently(self) -> Path:
        """Workspace of Evidently's UI: reports made from what is kept elsewhere."""
        return self.root / "evidently"

    @property
    def nights(self) -> Path:
        """What monitoring found out: one folder per night."""
        return self.root / "nights"

    @property
    def alerts(self) -> Path:
        """Alerts on their way, and those that have arrived."""
        return self.root / "alerts"

    @property
    def relabel(self) -> Path:
        """Batches of the labelling queue."""
        return self.root / "relabel"

    @property
    def effects(self) -> Path:
        """Predictions of the networks of the learning curve: safe to remove."""
        return self.root / "cache" / "effect"

    @property
    def retired(self) -> Path:
        """Notes of predictions that were removed."""
        return self.root / "retired"

    @property
    def reports(self) -> Path:
        """Comparisons of shadow runs."""
        return self.root / "reports"

    @property
    def logs(self) -> Path:
        """Where cron and others may send the output of commands."""
        return self.root / "logs"

    @property
    def locks(self) -> Path:
        """One lock file per task."""
        return self.root / "locks"

    @property
    def schedule(self) -> Path:
        """State of the scheduler: since when it is responsible for each task, when it woke, its last heartbeats."""
        return self.root / "schedule"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.root / self.config.warehouse.path

    def task(self, name: str) -> Task:
        """A configured task.

        Raises:
            ConfigError: There is none of that name.
        """
        if name in self.config.tasks:
            return self.config.tasks[name]
        near = difflib.get_close_matches(name, self.config.tasks, n=1)
        raise ConfigError(
            f"no task {name!r} in {self.root / CONFIG_NAME}" + (f"; did you mean {near[0]!r}?" if near else ""),
            expected=f"one of {', '.join(self.config.tasks) or '(none configured)'}",
            action=f"check the spelling, or add a section [tasks.{name}]",
        )


def find_home(given: Path | None, start: Path) -> Home:
    """Find and read the configuration.

    Args:
        given: `--home`, or None to look for `yeban.toml` in `start` and its parents.
        start: Where to look from.

    Raises:
        ConfigError: There is none, or it has mistakes; all of them are named.
    """
    places = [given] if given is not None else [start, *start.parents]
    for place in places:
        file = place / CONFIG_NAME
        if file.is_file():
            home = Home(place.resolve(), read_config(file))
            _check_warehouse(home.warehouse)
            return home
    raise ConfigError(
        f"no {CONFIG_NAME} in {places[0]}" + ("" if given else " or above"),
        expected=f"a folder with a {CONFIG_NAME}",
        action="run `yeban init`, or point --home to one",
    )


def _check_warehouse(path: Path) -> None:
    """Refuse a path that DuckDB reads as another one: `?` begins its options, and a backslash is a slash to it."""
    if "?" in str(path) or "\\" in str(path):
        raise ConfigError(
            f"the warehouse would be {path}, which DuckDB takes for another path",
            expected="a path without ? and \\",
            action="move the home, or give `warehouse.path` in yeban.toml a whole path elsewhere",
        )


def read_config(file: Path) -> Config:
    """Read and check `yeban.toml`.

    Raises:
        ConfigError: With every mistake in it.
    """
    try:
        text = file.read_text("utf-8-sig")
        return Config.model_validate(tomllib.loads(text))
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file} is not UTF-8: {error}",
            expected="a TOML file in UTF-8",
            action="save it as UTF-8 in the editor; it may be GBK now",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{file} is not TOML: {error}", expected="a TOML file", action="mend the line named"
        ) from error
    except ValidationError as error:
        mistakes = find_mistakes(error, text, Config.model_json_schema())
        lines = "\n    ".join(map(str, mistakes))
        raise ConfigError(
            f"{file} has {len(mistakes)} mistake(s):\n    {lines}",
            expected="the keys that `yeban init` writes",
            action="mend them; `yeban init OTHER_DIR` writes a commented file to compare with",
            file=str(file),
            mistakes=[each.as_dict() for each in mistakes],
        ) from None  # pydantic's text would show values, and some of them are secrets


def parse_date(text: str, time_zone: str, now: datetime) -> date:
    """Read a logical date.

    Args:
        text: `YYYY-MM-DD`, `today` or `yesterday`.
        time_zone: Whose calendar `today` is on.
        now: The present moment, with a zone.

    Raises:
        ConfigError: Anything else.
    """
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"{text!r} is no date", expected="YYYY-MM-DD, today or yesterday", action="for example 2026-01-05"
        ) from error
