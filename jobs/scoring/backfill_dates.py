"""What a backfill will have to do: the dates of a range, and what is missing of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from batch.input.dump import Dump
from jobs.config.home import Home
from jobs.scoring.plan import find_pending, plan_files
from models.bundle import Bundle
from storage.errors import ConfigError, InputError, YebanError
from storage.records import Slot, Unit


@dataclass(frozen=True, slots=True)
class DateWork:
    """A date of a backfill.

    Attributes:
        day: The date.
        dump: Its files; None where there are none.
        pending: Units to be scored.
        problem: Why it can't be scored, or not all of it.
    """

    day: date
    dump: Dump | None
    pending: tuple[Unit, ...]
    problem: YebanError | None = None

    @property
    def planned_rows(self) -> int:
        """Rows of the dump."""
        return self.dump.plan.rows if self.dump else 0

    @property
    def pending_rows(self) -> int:
        """Rows to be scored."""
        return sum(unit.rows for unit in self.pending)


def dates_of(first: date, last: date, *, newest_first: bool) -> list[date]:
    """All dates of a range.

    Raises:
        ConfigError: It ends before it begins.
    """
    if last < first:
        raise ConfigError(f"--from {first} is after --to {last}", expected="--from not after --to", action="swap them")
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    return days[::-1] if newest_first else days


def survey(
    home: Home, bundle: Bundle, task: str, days: Sequence[date], patterns: Sequence[str], *, force: bool
) -> list[DateWork]:
    """Look at the dates, and write nothing; the lock is not needed, so another run may change what is found.

    Args:
        home: The home.
        bundle: What will score.
        task: The task.
        days: The dates, in their order.
        patterns: Files, globs or directories; empty for the task's `input`.
        force: All units are to be scored, done or not.

    Raises:
        ConfigError: Neither the caller nor yeban.toml says where dumps are.
    """
    return [_look(home, Slot(task, day, bundle.version), patterns, force) for day in days]


def _look(home: Home, slot: Slot, patterns: Sequence[str], force: bool) -> DateWork:
    journal = home.journal
    try:
        if not force:
            journal.check_not_retired(slot)
        dump = plan_files(home, slot, patterns)
    except InputError as error:
        return DateWork(slot.logical_date, None, (), error)
    except ConfigError:
        raise
    except YebanError as error:
        return DateWork(slot.logical_date, None, (), error)
    pending = dump.plan.units if force else find_pending(home, journal, dump.plan)
    return DateWork(slot.logical_date, dump, tuple(pending), next(iter(dump.failures), None))
