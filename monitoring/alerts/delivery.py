"""Alerts to sinks: no alert is lost when a sink fails, and the run goes on."""

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
        error: Its message.
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
    """Put the new alerts of a night into the outbox, durably; `deliver` sends them.

    Raises:
        DiskFull: No space left for the outbox.
    """
    for alert in alerts:
        if alert.is_new:
            outbox.put(alert)


def deliver(
    outbox: Outbox, sinks: Sequence[Sink], alerts: Sequence[Notice], now: Callable[[], datetime]
) -> DeliveryReport:
    """Send the new alerts, and those that earlier deliveries could not send.

    Alerts are on disk before the first sink is asked, and each sink's receipt is as soon as it has taken them.
    So each sink gets each alert once, or twice when a crash comes between its return and the receipt: the
    alert's id shows it. A sink that fails is logged and named in the report; it never raises.

    Args:
        outbox: The task's outbox.
        sinks: Where to. Without any, the alerts are put away as delivered: a sink that is added later gets new ones.
        alerts: All alerts of a night; those that are not `is_new` are passed over.
        now: The clock, with a time zone.

    Raises:
        DiskFull: No space left for the outbox.
    """
    post(outbox, alerts)
    queued = {each.alert.id: each for each in _in_order(outbox.waiting(), alerts)}
    sent, failures = {}, []
    for sink in sinks:
        due = [each for each in queued.values() if sink.name not in each.receipts]
        error = _send(sink, due)
        if error:
            failures.append(SinkFailure(sink.name, len(due), error))
        else:
            sent[sink.name] = len(due)
            queued.update({each.alert.id: outbox.sign(each, sink.name, now()) for each in due})
    waiting = 0
    for each in queued.values():
        if all(sink.name in each.receipts for sink in sinks):
            outbox.close(each)
        else:
            waiting += 1
    return DeliveryReport(sent, tuple(failures), waiting)


def _in_order(queued: Sequence[QueuedAlert], alerts: Sequence[Notice]) -> list[QueuedAlert]:
    """The oldest night first; those of tonight as they were judged, the worst first."""
    places = {alert.id: place for place, alert in enumerate(alerts)}
    return sorted(queued, key=lambda each: (each.alert.logical_date, places.get(each.alert.id, len(places))))


def _send(sink: Sink, due: Sequence[QueuedAlert]) -> str:
    """Send alerts; returns what went wrong, empty when nothing did."""
    if not due:
        return ""
    try:
        sink.send([each.alert for each in due])
    except SinkFailed as error:
        log.warning("%d alert(s) wait for %s: %s", len(due), sink.name, error.got)
        return error.got
    except Exception as error:  # whatever a sink does wrong, the night's work is done
        log.exception("%d alert(s) wait for %s", len(due), sink.name)
        return f"{type(error).__name__}: {error}"
    return ""
