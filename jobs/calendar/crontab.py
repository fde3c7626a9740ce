"""Cron expressions with their standard meaning, on the wall clock of a time zone.

Five fields: minute, hour, day of the month, month, weekday. `*`, numbers, names, lists, ranges, steps, `@daily` and its
kind. 0 and 7 are Sunday. Where both days are restricted, either is enough (the OR rule of cron).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NICKNAMES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_TERM: Final = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
_LONGEST_GAP_DAYS: Final = 8 * 366 + 1
"""Between two 29ths of February around a year such as 2100."""


@dataclass(frozen=True, slots=True)
class _Field:
    """What a field may hold."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Crontab:
    """A cron expression.

    Attributes:
        text: As it was written.
        minutes: 0 to 59, ascending.
        hours: 0 to 23, ascending.
        days: Days of the month.
        months: 1 to 12.
        weekdays: 0 to 6, from Sunday.
        either_day: Both days are restricted, so either is enough.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def is_on(self, day: date) -> bool:
        """Whether a date is one of those."""
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (by_day or by_weekday if self.either_day else by_day and by_weekday)

    def times_on(self, day: date) -> Iterator[time]:
        """The hours of a date, ascending; none where the date is not one of those."""
        if self.is_on(day):
            yield from (time(hour, minute) for hour in self.hours for minute in self.minutes)

    def fires_on(self, day: date, zone: ZoneInfo) -> list[datetime]:
        """The moments of a local date, UTC, ascending, each once.

        An hour that the clock skips on that date is that hour of the old offset; of one that comes twice it is the
        first.
        """
        if not self.is_on(day):
            return []
        return sorted({datetime.combine(day, each, zone).astimezone(UTC) for each in self.times_on(day)})

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first moment after another, UTC.

        Raises:
            ValueError: There is none in the calendar that is left.
        """
        for day in self._days_from(moment.astimezone(zone).date() - timedelta(days=1)):
            near = (day, day + timedelta(days=1))  # an hour skipped at midnight falls on the next date
            if later := [each for one in near for each in self.fires_on(one, zone) if each > moment]:
                return min(later)
        raise ValueError(f"{self.text!r} never comes after {moment}")

    def _days_from(self, first: date) -> Iterator[date]:
        left = min(_LONGEST_GAP_DAYS, (date.max - first).days - 1)
        return (day for days in range(left) if self.is_on(day := first + timedelta(days=days)))


def parse_crontab(text: str) -> Crontab:
    """Read a cron expression.

    Raises:
        ValueError: It is none, or no date ever fits it.
    """
    words = _NICKNAMES.get(text.strip().lower(), text).split()
    if len(words) != len(_FIELDS):
        raise ValueError(
            f"{text!r} is no cron expression; expected five fields (minute, hour, day, month, weekday), for example "
            "'30 2 * * *'"
        )
    minutes, hours, days, months, weekdays = (
        _parse_field(word, field) for word, field in zip(words, _FIELDS, strict=True)
    )
    found = Crontab(
        text=text,
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=days,
        months=months,
        weekdays=frozenset(each % 7 for each in weekdays),
        either_day=not words[2].startswith("*") and not words[4].startswith("*"),
    )
    if not any(found._days_from(date(2000, 1, 1))):
        raise ValueError(f"{text!r} never comes: no month of those has such a day")
    return found


def _parse_field(word: str, field: _Field) -> frozenset[int]:
    return frozenset(value for term in word.split(",") for value in _parse_term(term, field))


def _parse_term(term: str, field: _Field) -> range:
    match = _TERM.fullmatch(term)
    if match is None:
        raise _bad(term, field)
    top = 6 if field.name == "weekday" else field.high  # 7 is Sunday again
    if match["first"] == "*":
        if match["last"] is not None:
            raise _bad(term, field)
        first, last = field.low, top
    else:
        first = _number(match["first"], term, field)
        last = _number(match["last"], term, field) if match["last"] else top if match["step"] else first
    if field.name == "weekday" and match["last"] and last == 0:
        last = 7  # sat-sun
    step = int(match["step"] or 1)
    if step < 1 or last < first:
        raise _bad(term, field)
    return range(first, last + 1, step)


def _number(word: str, term: str, field: _Field) -> int:
    if word.lower() in field.names:
        return field.names.index(word.lower()) + (field.low if field.name == "month" else 0)
    if not (word.isascii() and word.isdigit() and field.low <= int(word) <= field.high):
        raise _bad(term, field)
    return int(word)


def _bad(term: str, field: _Field) -> ValueError:
    names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
    return ValueError(f"{term!r} is no {field.name}; expected {field.low} to {field.high}{names}, *, a-b, a,b or */n")
