"""Alerts to people: nothing is lost when a sink fails, and nothing stops."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitoring.alerts.notice import Notice
from monitoring.alerts.outbox import Outbox, QueuedAlert
from monitoring.alerts.sinks.base.sink import Sink
from storage.errors import SinkFailed

log = logging.getLogger("yeban.alerts")


@dataclass(frozen=True, slots=True)
class SinkFailure:
    """A sink that did not take alerts.

    Attributes:
        sink: Its name.
        alerts: How many wait for it.
        error: What it said.
    """

    sink: str
    alerts: int
    error: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a delivery did.

    Attributes:
        sent: Alerts that each sink took, by the sink's name.
        failures: Sinks that took none; the next delivery tries them again.
        waiting: Alerts that not all sinks have.
    """

    sent: dict[str, int]
    failures: tuple[SinkFailure, ...]
    waiting: int


def post(outbox: Outbox, alerts: Sequence[Notice]) -> None:
    """Take in, durably, what is new among the alerts of a night; `deliver` hands it over.

    Raises:
        DiskFull: No space left for the outbox.
    """
    for alert in alerts:
        if alert.is_new:
            outbox.put(alert)


def deliver(
    outbox: Outbox, sinks: Sequence[Sink], alerts: Sequence[Notice], now: Callable[[], datetime]
) -> DeliveryReport:
    """Tell people what is new, and what earlier deliveries could not tell.

    Alerts are on disk before the first sink is asked, and each sink's receipt is as soon as it has taken them.
    So each sink gets each alert once, or twice when a crash comes between its answer and the receipt: the
    alert's id tells. A sink that fails is logged and named in the report; it never raises.

    Args:
        outbox: The task's outbox.
        sinks: Where to. Without any, the alerts are put away as told: a sink that is added later gets new ones.
        alerts: All alerts of a night; those that are not `is_new` are passed over.
        now: The clock, with a time zone.

    Raises:
        DiskFull: No space left for the outbox.
    """
    post(outbox, alerts)
    letters = {letter.alert.alert: letter for letter in _in_order(outbox.waiting(), alerts)}
    sent, failures = {}, []
    for sink in sinks:
        due = [letter for letter in letters.values() if sink.name not in letter.receipts]
        error = _send(sink, due)
        if error:
            failures.append(SinkFailure(sink.name, len(due), error))
        else:
            sent[sink.name] = len(due)
            letters.update({each.alert.alert: outbox.sign(each, sink.name, now()) for each in due})
    waiting = 0
    for letter in letters.values():
        if all(sink.name in letter.receipts for sink in sinks):
            outbox.close(letter)
        else:
            waiting += 1
    return DeliveryReport(sent, tuple(failures), waiting)


def _in_order(letters: Sequence[QueuedAlert], alerts: Sequence[Notice]) -> list[QueuedAlert]:
    """The oldest night first; those of tonight as they were judged, the worst first."""
    places = {alert.alert: place for place, alert in enumerate(alerts)}
    return sorted(letters, key=lambda each: (each.alert.logical_date, places.get(each.alert.alert, len(places))))


def _send(sink: Sink, due: Sequence[QueuedAlert]) -> str:
    """Hand alerts over; what went wrong, empty when nothing did."""
    if not due:
        return ""
    try:
        sink.send([letter.alert for letter in due])
    except SinkFailed as error:
        log.warning("%d alert(s) wait for %s: %s", len(due), sink.name, error.got)
        return error.got
    except Exception as error:  # whatever a sink does wrong, the night's work is done
        log.exception("%d alert(s) wait for %s", len(due), sink.name)
        return f"{type(error).__name__}: {error}"
    return ""
