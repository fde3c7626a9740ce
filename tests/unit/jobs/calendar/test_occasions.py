from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobs.calendar.occasions import Job, Occasion, due
from tests.support.simulated_scheduler import job, nights

NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def due_dates(job: Job, now: datetime = NOW, since: datetime = LONG_AGO, *, done: tuple[date, ...] = ()) -> list[date]:
    return [each.night for each in due(job, now, since, lambda occasion: occasion.night in done)]


def test_missed_nights_come_oldest_first_and_no_more_than_asked_for() -> None:
    assert due_dates(job(catch_up_nights=3)) == nights(date(2026, 1, 16), 4)
    assert due_dates(job(catch_up_nights=0)) == [date(2026, 1, 19)]
    assert due_dates(job(catch_up_nights=3), done=(date(2026, 1, 17),)) == [
        date(2026, 1, 16),
        date(2026, 1, 18),
        date(2026, 1, 19),
    ]


def test_nights_of_a_weekly_job_are_counted_and_not_days() -> None:
    assert due_dates(job("30 2 * * 1", catch_up_nights=2)) == [date(2026, 1, 4), date(2026, 1, 11), date(2026, 1, 18)]


def test_nothing_from_before_the_scheduler_was_set_up() -> None:
    since = datetime(2026, 1, 18, 18, 30, tzinfo=UTC)  # 02:30 of the 19th in Shanghai: that one is over
    assert due_dates(job(), since=since) == [date(2026, 1, 19)]
    assert due_dates(job(), since=since - timedelta(seconds=1)) == nights(date(2026, 1, 18), 2)
    assert due_dates(job(), since=NOW) == []


def test_today_and_yesterday() -> None:
    evening = datetime(2026, 1, 20, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert due_dates(job("0 23 * * *", days_back=0, catch_up_nights=0), evening) == [date(2026, 1, 20)]
    assert due_dates(job("0 23 * * *", days_back=1, catch_up_nights=0), evening) == [date(2026, 1, 19)]


def test_a_night_with_several_hours_is_due_at_each() -> None:
    twice = job("30 2,5 * * *", catch_up_nights=0)
    early, late = (datetime(2026, 1, 19, hour, 30, tzinfo=UTC) for hour in (18, 21))
    assert due(twice, early + timedelta(hours=1), LONG_AGO, lambda _: False) == [Occasion(date(2026, 1, 19), early)]
    assert due(twice, late, LONG_AGO, lambda _: False) == [Occasion(date(2026, 1, 19), late)]


def test_jitter_spreads_nights_and_agrees_with_itself() -> None:
    spread = job(jitter_s=3600)
    moments = [spread.fires_for(night)[0] for night in nights(date(2026, 1, 1), 50)]
    assert moments == [job(jitter_s=3600).fires_for(night)[0] for night in nights(date(2026, 1, 1), 50)]
    late = [
        moment - job().fires_for(night)[0] for moment, night in zip(moments, nights(date(2026, 1, 1), 50), strict=True)
    ]
    assert timedelta(0) <= min(late) < timedelta(minutes=10)
    assert timedelta(minutes=50) < max(late) <= timedelta(hours=1)
    other = job(task="weibo", jitter_s=3600).fires_for(date(2026, 1, 1))
    assert other[0] != moments[0]


@pytest.mark.parametrize("jitter_s", [0, 3600, 43_200])
@pytest.mark.parametrize("cron", ["30 2 * * *", "0 0,12 * * *", "15 23 * * 0"])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"])
def test_walking_from_one_occasion_to_the_next_leaves_none_out(zone: str, cron: str, jitter_s: int) -> None:
    one = job(cron, zone, jitter_s=jitter_s)
    start = datetime(2026, 2, 20, 12, tzinfo=ZoneInfo(zone))
    everything = sorted(
        each for night in nights(date(2026, 2, 10), 90) for each in one.fires_for(night) if each > start
    )
    moment, walked = start.astimezone(UTC), []
    for _ in range(len(everything) // 2):
        occasion = one.next_after(moment)
        assert occasion.at in one.fires_for(occasion.night)
        walked.append(moment := occasion.at)
    assert walked == everything[: len(walked)]
