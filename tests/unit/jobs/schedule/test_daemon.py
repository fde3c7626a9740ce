from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.schedule.daemon import NightTrigger, goes_on
from storage.errors import DiskFull, RunLocked
from tests.support.simulated_scheduler import SHANGHAI, job

NOW = datetime(2026, 1, 4, 0, 0, tzinfo=UTC)  # a Sunday, 08:00 in Shanghai


def test_sunday_is_sunday_in_the_zone_of_the_job() -> None:
    fire = NightTrigger(job("30 2 * * 0")).get_next_fire_time(None, NOW)
    assert fire.astimezone(SHANGHAI) == datetime(2026, 1, 11, 2, 30, tzinfo=SHANGHAI)


def test_it_never_tells_an_hour_that_is_over() -> None:
    trigger = NightTrigger(job())
    previous = trigger.get_next_fire_time(None, NOW)
    assert trigger.get_next_fire_time(previous, previous) == previous + timedelta(days=1)
    slept = trigger.get_next_fire_time(previous, previous + timedelta(days=3, hours=1))
    assert slept == previous + timedelta(days=4)


def test_a_clock_that_was_set_back_does_not_bring_an_hour_again() -> None:
    trigger = NightTrigger(job())
    previous = trigger.get_next_fire_time(None, NOW)
    assert trigger.get_next_fire_time(previous, previous - timedelta(hours=5)) == previous + timedelta(days=1)


@pytest.mark.parametrize("kind", [RunLocked, DiskFull])
def test_what_is_known_to_happen_takes_a_line(
    kind: type[RunLocked] | type[DiskFull], caplog: pytest.LogCaptureFixture
) -> None:
    with goes_on("comment: what is due can't be told now"):
        raise kind("the disk is full", expected="space", action="free some")
    assert caplog.messages == ["comment: what is due can't be told now: the disk is full; free some"]
    assert caplog.records[0].exc_info is None


def test_what_nobody_thought_of_has_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with goes_on("nobody could be told now how the nights went"):
        raise ZeroDivisionError
    assert caplog.records[0].levelname == "ERROR"
    assert caplog.records[0].exc_info is not None
