"""Cron expressions with their standard meaning, on the wall clock of a time zone.

Five fields: minute, hour, day of the month, month, weekday. `*`, numbers, names, lists, ranges, steps, `@daily` and its
kind. 0 and 7 are Sunday. Where both days are restricted, either is enough (the OR rule of cron).

`cronsim` reads the fields and walks the calendar, on wall clock times without a zone. Three things are added here:
messages that name the faulty term, ranges that end on Sunday (`fri-sun`), and changes of the clock, which cronsim
handles as Debian's cron does (a skipped 02:30 runs at 03:00, `0 * * * *` runs twice in a doubled hour).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_NICKNAMES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELDS: Final = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day of the month": "1 to 31",
    "month": "1 to 12 or jan to dec",
    "weekday": "0 to 7 or sun to sat",
}
"""What a field may hold."""
_TERM: Final = re.compile(r"(?P<first>\*|[0-9a-z]+)(?P<last>-[0-9a-z]+)?(?P<step>/[0-9]+)?", re.IGNORECASE | re.ASCII)
"""cronsim knows more (`L`, `LW`, `5#2`), and cron does not."""
_SOME_DAY: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Crontab:
    """A cron expression.

    Attributes:
        text: As it was written.
        fields: The same as five fields that cronsim reads as they are meant here.
    """

    text: str
    fields: str

    def is_on(self, day: date) -> bool:
        """Whether the expression has a time on a date."""
        return bool(self._times_on(day))

    def fires_on(self, day: date, zone: ZoneInfo) -> list[datetime]:
        """The moments of a local date, UTC, ascending, each once.

        An hour that the clock skips on that date is that hour of the old offset; of one that comes twice it is the
        first.
        """
        return sorted({each.replace(tzinfo=zone).astimezone(UTC) for each in self._times_on(day)})

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

    def _times_on(self, day: date) -> tuple[datetime, ...]:
        times = _next_times(self.fields, day)
        return times if times and times[0].date() == day else ()

    def _days_from(self, first: date) -> Iterator[date]:
        """Dates that have a time, ascending."""
        while times := _next_times(self.fields, first):
            day = times[0].date()
            yield day
            first = day + timedelta(days=1)


@lru_cache(
    maxsize=4096
)  # the scheduler asks for the same nights every minute, and a walk takes a third of a millisecond
def _next_times(fields: str, first: date) -> tuple[datetime, ...]:
    """All wall clock times, ascending and without a zone, of the first date from `first` on that has any."""
    found: list[datetime] = []
    with suppress(OverflowError):  # the end of the calendar
        for each in CronSim(fields, datetime.combine(first, time()) - timedelta(seconds=1)):
            if found and each.date() > found[0].date():
                break
            found.append(each)
    return tuple(found)


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
    fields = " ".join(_as_meant(word, name) for word, name in zip(words, _FIELDS, strict=True))
    try:
        CronSim(fields, datetime.combine(_SOME_DAY, time()))
    except CronSimError as error:  # each term is right by itself
        raise ValueError(f"{text!r} never comes: no month of those has such a day") from error
    return Crontab(text, fields)


def _as_meant(word: str, name: str) -> str:
    """A field as cronsim has to read it; one term after the other is checked, so that a message can name it."""
    return ",".join(_checked(term, name) for term in word.split(","))


def _checked(term: str, name: str) -> str:
    match = _TERM.fullmatch(term)
    if match is None:
        raise _bad(term, name)
    first, last, step = match["first"], match["last"] or "", match["step"] or ""
    if name == "weekday":  # 7 is Sunday again: the end of a range, and never reached by a step from one day
        last = "-7" if last.lower() in ("-0", "-sun") else last or ("-6" if step and first != "*" else "")
    words = [f"{first}{last}{step}" if each == name else "*" for each in _FIELDS]
    try:
        CronSim(" ".join(words), datetime.combine(_SOME_DAY, time()))
    except CronSimError as error:
        raise _bad(term, name) from error
    return first if last[1:].lower() == first.lower() else f"{first}{last}{step}"  # cronsim takes `3-3/2` for `3/2`


def _bad(term: str, name: str) -> ValueError:
    return ValueError(f"{term!r} is no {name}; expected {_FIELDS[name]}, *, a-b, a,b or */n")
