from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.calendar.crontab import parse_crontab

SHANGHAI, NEW_YORK, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def on(text: str, first: date, days: int = 31) -> list[date]:
    """The dates of an expression in a stretch of the calendar."""
    cron = parse_crontab(text)
    return [day for number in range(days) if cron.is_on(day := first + timedelta(days=number))]


def local(text: str, day: date, zone: ZoneInfo) -> list[str]:
    return [f"{each.astimezone(zone):%d %H:%M}" for each in parse_crontab(text).fires_on(day, zone)]


@pytest.mark.parametrize("weekday", ["0", "7", "sun", "SUN", "7-7", "0,7"])
def test_sunday_has_two_numbers(weekday: str) -> None:
    sundays = [date(2026, 3, day) for day in (1, 8, 15, 22, 29)]
    assert on(f"30 2 * * {weekday}", date(2026, 3, 1)) == sundays
    assert all(day.strftime("%a") == "Sun" for day in sundays)


@pytest.mark.parametrize(
    ("weekday", "names"),
    [
        ("1-5", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("mon-fri", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("5-7", {"Fri", "Sat", "Sun"}),
        ("fri-sun", {"Fri", "Sat", "Sun"}),
        ("6,0", {"Sat", "Sun"}),
        ("*/2", {"Sun", "Tue", "Thu", "Sat"}),
        ("1-6/2", {"Mon", "Wed", "Fri"}),
        ("4/2", {"Thu", "Sat"}),
        ("*", {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}),
    ],
)
def test_weekdays(weekday: str, names: set[str]) -> None:
    assert {day.strftime("%a") for day in on(f"0 0 * * {weekday}", date(2026, 3, 1))} == names


def test_either_day_is_enough_where_both_are_restricted() -> None:
    assert on("0 0 13 * 5", date(2026, 3, 1)) == [date(2026, 3, day) for day in (6, 13, 20, 27)]
    assert on("0 0 1,15 * 1", date(2026, 3, 1)) == [date(2026, 3, day) for day in (1, 2, 9, 15, 16, 23, 30)]


def test_a_star_with_a_step_is_no_restriction_of_the_other_day() -> None:
    """As in cron: a field that begins with a star is joined with AND."""
    assert on("0 0 */2 * 0", date(2026, 3, 1)) == [date(2026, 3, day) for day in (1, 15, 29)]


def test_month_ends() -> None:
    assert on("0 0 31 * *", date(2026, 1, 1), 365) == [date(2026, month, 31) for month in (1, 3, 5, 7, 8, 10, 12)]
    assert on("0 0 30 2,4 *", date(2026, 1, 1), 365) == [date(2026, 4, 30)]
    assert on("0 0 29 2 *", date(2026, 1, 1), 1000) == [date(2028, 2, 29)]
    after = parse_crontab("0 0 29 2 *").next_after(datetime(2096, 3, 1, tzinfo=UTC), SHANGHAI)
    assert after.astimezone(SHANGHAI).date() == date(2104, 2, 29)  # 2100 is no leap year


def test_hours_lists_ranges_and_nicknames() -> None:
    assert local("15,45 1-3/2 * * *", date(2026, 1, 5), SHANGHAI) == ["05 01:15", "05 01:45", "05 03:15", "05 03:45"]
    assert local("*/20 4 * jan mon", date(2026, 1, 5), SHANGHAI) == ["05 04:00", "05 04:20", "05 04:40"]
    assert local("*/20 4 * feb mon", date(2026, 1, 5), SHANGHAI) == []
    assert local("@daily", date(2026, 1, 5), SHANGHAI) == ["05 00:00"]
    assert local("@weekly", date(2026, 1, 4), SHANGHAI) == ["04 00:00"]
    assert len(local("@hourly", date(2026, 1, 5), SHANGHAI)) == 24


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "five fields"),
        ("30 2 * *", "five fields"),
        ("30 2 * * * *", "five fields"),
        ("60 2 * * *", "'60' is no minute; expected 0 to 59"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 0 * *", "'0' is no day of the month"),
        ("0 0 32 * *", "'32' is no day of the month"),
        ("0 0 * 13 *", "'13' is no month; expected 1 to 12 or jan to dec"),
        ("0 0 * * 8", "'8' is no weekday; expected 0 to 7 or sun to sat"),
        ("0 0 * * mun", "'mun' is no weekday"),
        ("0 0 * mon *", "'mon' is no month"),
        ("5-1 0 * * *", "'5-1' is no minute"),
        ("*/0 0 * * *", "'*/0' is no minute"),
        ("*-5 0 * * *", "'*-5' is no minute"),
        ("1,,2 0 * * *", "'' is no minute"),
        ("-1 0 * * *", "'-1' is no minute"),
        ("１ 0 * * *", "is no minute"),
        ("@reboot", "five fields"),
        ("0 0 30 2 *", "never comes"),
        ("0 0 31 2,4,6,9,11 *", "never comes"),
    ],
)
def test_mistakes_are_named(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_crontab(text)
    assert word in str(caught.value)


def test_an_hour_that_is_skipped_is_that_hour_of_the_old_offset() -> None:
    day = date(2026, 3, 8)  # New York goes from 02:00 to 03:00
    assert local("30 2 * * *", day, NEW_YORK) == ["08 03:30"]
    assert local("30 2,3 * * *", day, NEW_YORK) == ["08 03:30"]  # they fall together
    assert local("59 1 * * *", day, NEW_YORK) == ["08 01:59"]


def test_an_hour_that_comes_twice_counts_once() -> None:
    day = date(2026, 11, 1)  # New York has 01:30 twice
    (moment,) = parse_crontab("30 1 * * *").fires_on(day, NEW_YORK)
    assert moment == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert parse_crontab("30 1 * * *").next_after(moment, NEW_YORK).astimezone(NEW_YORK).day == 2


ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Beirut")


@pytest.mark.parametrize("zone", [*ZONES, "Pacific/Apia", "Africa/Casablanca"])
@pytest.mark.parametrize("hour", ["30 2 * * *", "0 0 * * *", "30 0 * * *", "30 1 * * *"])
def test_each_date_of_a_year_comes_once_in_any_zone(zone: str, hour: str) -> None:
    where, cron = ZoneInfo(zone), parse_crontab(hour)
    first = date(2011, 7, 1) if zone == "Pacific/Apia" else date(2025, 7, 1)
    days = [first + timedelta(days=number) for number in range(400)]
    moments = [cron.fires_on(day, where) for day in days]
    assert {len(each) for each in moments} == {1}
    flat = [each for (each,) in moments]
    assert flat == sorted(flat)
    found, walked = flat[0] - timedelta(microseconds=1), []
    while len(walked) < len(set(flat)):
        found = cron.next_after(found, where)
        walked.append(found)
    assert walked == sorted(set(flat))


FIELDS = (
    st.sampled_from(["0", "30", "*/20", "5,35"]),
    st.sampled_from(["2", "*/6", "0-3", "23"]),
    st.sampled_from(["*", "1", "15,31", "*/10", "28-31"]),
    st.sampled_from(["*", "2", "jan,dec", "3-10/3"]),
)


@settings(max_examples=150, deadline=None)
@given(st.tuples(*FIELDS), st.integers(0, 7) | st.none(), st.integers(0, 1000))
def test_it_agrees_with_apscheduler_where_that_means_the_same(
    words: tuple[str, ...], weekday: int | None, hours: int
) -> None:
    """In a zone without DST, with the weekday by its name, and one of the two days at most."""
    minute, hour, day, month = words
    if weekday is not None:
        day = "*"
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    cron = parse_crontab(f"{minute} {hour} {day} {month} {'*' if weekday is None else weekday}")
    theirs = CronTrigger(
        minute=minute,
        hour=hour,
        day=day,
        month=month,
        day_of_week="*" if weekday is None else NAMES[weekday % 7],
        timezone=SHANGHAI,
    )
    moment, expected = start, theirs.get_next_fire_time(None, start + timedelta(microseconds=1))
    for _ in range(5):
        moment = cron.next_after(moment, SHANGHAI)
        assert moment == expected
        expected = theirs.get_next_fire_time(expected, expected + timedelta(microseconds=1))
