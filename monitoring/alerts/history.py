"""The judgements of earlier nights: how long a metric has been breached, and when an alert on it was sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitoring.findings.judgement import Alert, Judgement, Severity, read_judgement
from storage.errors import TerminalError
from storage.nights.store import NightStore
from storage.records import Slot

log = logging.getLogger("yeban.alerts")

Key = tuple[str, str, str]
"""Name, slice and item of a metric."""


@dataclass(frozen=True, slots=True)
class PastNight:
    """A night that was monitored before.

    Attributes:
        logical_date: The date.
        judgement: Its judgement.
    """

    logical_date: date
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class SentAlert:
    """The last alert on a breach that goes on.

    Attributes:
        severity: How bad the breach was then.
        nights: How many nights ago it was sent, at least 1.
    """

    severity: Severity
    nights: int


class History:
    """The nights before one.

    Args:
        nights: Monitored nights of the same task and bundle, in any order.
        before: Tonight; what is not earlier is left out, whenever it was monitored.
    """

    def __init__(self, nights: Sequence[PastNight], before: date) -> None:
        earlier = (night for night in nights if night.logical_date < before)
        self._nights = sorted(earlier, key=lambda night: night.logical_date, reverse=True)
        self._verdicts = [{each.key: each for each in night.judgement.verdicts} for night in self._nights]
        self._alerts = [_by_key(night.judgement.alerts) for night in self._nights]

    def streak(self, key: Key) -> tuple[int, date | None]:
        """How many nights in a row a metric has been breached up to the last one, and since when.

        What came before the earliest night is taken from the verdict of that one.
        """
        count, since = self._seen(key), None
        if count == 0:
            return 0, None
        first = self._verdicts[count - 1][key]
        since = self._nights[count - 1].logical_date
        if count < len(self._nights):
            return count, since
        return count + max(first.nights - 1, 0), first.since or since

    def last_alert(self, key: Key) -> SentAlert | None:
        """The last alert that was sent on a breach since it began; None where none was."""
        seen = self._seen(key)
        oldest: SentAlert | None = None
        for nights, alerts in enumerate(self._alerts[:seen], start=1):
            alert: Alert | None = alerts.get(key)
            if alert is not None:
                oldest = SentAlert(alert.severity, nights)
                if alert.is_new:
                    return oldest
        # An alert that was not new on the earliest known night was sent before that.
        return oldest if seen == len(self._nights) else None

    def _seen(self, key: Key) -> int:
        """Nights of the streak among those that are known."""
        for nights, verdicts in enumerate(self._verdicts):
            verdict = verdicts.get(key)
            if verdict is None or not verdict.breached:
                return nights
        return len(self._verdicts)


def _by_key(alerts: Sequence[Alert]) -> dict[Key, Alert]:
    """Alerts by what they are on, and by the slices that they name, too: the alert covers these."""
    named = {(each.name, rows, each.item): each for each in alerts for rows in each.slices}
    return named | {each.key: each for each in alerts}


def past_nights(store: NightStore, slot: Slot, limit: int) -> tuple[PastNight, ...]:
    """The last monitored nights of a task and bundle before a date, the earliest first.

    A night that can't be read counts as one that was never monitored.

    Args:
        store: Where the nights are.
        slot: Tonight.
        limit: At most so many: `Rules.history_nights`.
    """
    dates = [day for day in store.dates(slot.task, slot.bundle) if day < slot.logical_date]
    nights = (_read(store, Slot(slot.task, day, slot.bundle)) for day in dates[-limit:])
    return tuple(night for night in nights if night is not None)


def _read(store: NightStore, slot: Slot) -> PastNight | None:
    try:
        data = store.judgement(slot)
        return None if data is None else PastNight(slot.logical_date, read_judgement(data))
    except (TerminalError, ValueError) as error:
        log.warning("%s %s counts as not monitored: %s", slot.task, slot.logical_date, error)
        return None
