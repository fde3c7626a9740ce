"""When nights run."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator

from jobs.calendar.crontab import parse_crontab
from jobs.calendar.occasions import CATCH_UP_NIGHTS, Job
from jobs.config.sections.section import ConfigSection, path_of_a_user
from monitoring.alerts.secret import SecretAddress, variable_of

StepName = Literal["score", "load", "monitor", "relabel pick"]
"""The steps of a night, in order; `jobs.nightly.steps` does them."""
STEPS: Final[tuple[StepName, ...]] = get_args(StepName)


def known_zone(value: str) -> str:
    """The name of a time zone.

    Raises:
        ValueError: There is none of that name.
    """
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:  # OSError: a folder of zones, such as Asia
        raise ValueError(f"{value!r} is no time zone; expected a name such as Asia/Shanghai") from error
    return value


def _known_cron(value: str) -> str:
    parse_crontab(value)
    return value


class JobSection(ConfigSection):
    """The nights of a task."""

    task: str
    cron: Annotated[str, AfterValidator(_known_cron)] = "30 2 * * *"
    time_zone: Annotated[str, AfterValidator(known_zone)] | None = None
    date: Literal["yesterday", "today"] = "yesterday"
    jitter_s: float = Field(default=0.0, ge=0, le=43_200, allow_inf_nan=False)
    catch_up_nights: int = Field(default=CATCH_UP_NIGHTS, ge=0, le=366)
    without: tuple[StepName, ...] = ()
    longest_h: float = Field(default=23.0, gt=0, le=168, allow_inf_nan=False)
    heartbeat_file: str | None = None
    heartbeat_url: SecretAddress | None = None

    @field_validator("heartbeat_file")
    @classmethod
    def _of_a_user(cls, value: str | None) -> str | None:
        return None if value is None else path_of_a_user(value)

    def secrets(self) -> tuple[str, ...]:
        """Environment variables that it needs."""
        name = variable_of(self.heartbeat_url or "")
        return () if name is None else (name,)

    def job(self, time_zone: str) -> Job:
        """What the scheduler goes by.

        Args:
            time_zone: The home's, where the job names none.
        """
        return Job(
            task=self.task,
            cron=parse_crontab(self.cron),
            zone=ZoneInfo(self.time_zone or time_zone),
            days_back=1 if self.date == "yesterday" else 0,
            jitter_s=self.jitter_s,
            catch_up_nights=self.catch_up_nights,
        )


class ScheduleSection(ConfigSection):
    """All jobs, and how patient the scheduler is."""

    at_once: int = Field(default=1, ge=1, le=16)
    retry_minutes: float = Field(default=10.0, gt=0, le=1440, allow_inf_nan=False)
    stop_s: float = Field(default=600.0, gt=0, le=86_400, allow_inf_nan=False)
    jobs: tuple[JobSection, ...] = ()

    def secrets(self) -> tuple[str, ...]:
        """Environment variables without which the scheduler does not start."""
        return tuple(name for each in self.jobs for name in each.secrets())

    @field_validator("jobs")
    @classmethod
    def _one_per_task(cls, value: tuple[JobSection, ...]) -> tuple[JobSection, ...]:
        tasks = [each.task for each in value]
        twice = sorted({each for each in tasks if tasks.count(each) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: more than one job; expected one, with all its hours in `cron`")
        return value
