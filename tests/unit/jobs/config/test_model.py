"""The whole of `yeban.toml`: what one section says of another, and names that become files."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from jobs.config.model import Config

CRON = "30 2 * * *"


def mistakes(config: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(config)
    return [each["msg"] for each in caught.value.errors()]


def test_an_empty_file_is_a_whole_configuration() -> None:
    config = Config.model_validate({})
    assert (config.time_zone, config.tasks, config.schedule.jobs) == ("Asia/Shanghai", {}, ())
    assert config.warehouse.path == "yeban.duckdb"


def test_a_job_has_to_name_a_task_that_is_there() -> None:
    tasks = {"comment": {}, "weibo": {}}
    known = Config.model_validate({"tasks": tasks, "schedule": {"jobs": [{"task": "weibo", "cron": CRON}]}})
    assert [job.task for job in known.schedule.jobs] == ["weibo"]
    (near,) = mistakes({"tasks": tasks, "schedule": {"jobs": [{"task": "webo", "cron": CRON}]}})
    assert "a job names task 'webo', and there is none; did you mean 'weibo'?" in near
    (far,) = mistakes({"tasks": tasks, "schedule": {"jobs": [{"task": "zzz", "cron": CRON}]}})
    assert "expected one of [comment, weibo]" in far


def test_a_mistake_in_a_task_is_not_counted_again_for_its_job() -> None:
    config = {"tasks": {"comment": {"inputs": "x"}}, "schedule": {"jobs": [{"task": "comment", "cron": CRON}]}}
    assert len(mistakes(config)) == 1


@pytest.mark.parametrize("name", ["a/b", "..", "", "with blank"])
def test_a_task_can_not_have_a_name_that_no_file_can_have(name: str) -> None:
    (message,) = mistakes({"tasks": {name: {}}})
    assert "can't be a task's name" in message


def test_the_zone_exists() -> None:
    (message,) = mistakes({"time_zone": "Mars/Olympus"})
    assert "Mars/Olympus" in message
