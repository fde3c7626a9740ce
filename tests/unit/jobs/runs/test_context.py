"""What a job is given beside its home and its request."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from jobs.runs.context import quiet_context, system_clock
from jobs.runs.progress import LogLines

LATE = datetime(2026, 1, 4, 17, 0, tzinfo=UTC)
"""01:00 of the next day in Shanghai."""


def test_the_clock_of_the_system_has_a_zone_and_is_that_of_now() -> None:
    assert system_clock().tzinfo is UTC
    assert abs(system_clock() - datetime.now(UTC)) < timedelta(minutes=1)


def test_today_is_a_date_of_a_zone() -> None:
    context = quiet_context(lambda: LATE)
    assert context.today("UTC") == date(2026, 1, 4)
    assert context.today("Asia/Shanghai") == date(2026, 1, 5)


def test_a_quiet_job_shows_no_bars_and_writes_to_the_log() -> None:
    context = quiet_context()
    assert not context.interactive
    assert isinstance(context.progress, LogLines)
    assert context.now is system_clock
