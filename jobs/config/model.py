"""The model of `yeban.toml`: all its sections in one."""

from __future__ import annotations

import difflib
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

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
