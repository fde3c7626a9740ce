"""Which changes of a night matter, and which of them raise an alert."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pydantic import TypeAdapter

from models.pages.localized_text import LocalizedText
from monitoring.findings.json_form import parse_json, rename_in_lists, rename_keys, stored_as, stored_in_two

Severity = Literal["warning", "critical"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of one metric of one night.

    Attributes:
        name: Of the metric, as are the next two.
        slice: Which rows.
        item: What of.
        adjusted_p: Its p-value, adjusted for all tests of the night.
        threshold: The size of effect from which it matters.
        breached: Effect, direction, significance and number of rows all say so.
        nights: How many nights in a row, tonight included; 0 when it is not breached.
        severity: How bad, None when it is not breached.
        since: First of these nights, None when it is not breached.
    """

    name: str
    slice: str
    item: str
    adjusted_p: float
    threshold: float
    breached: bool
    nights: int
    severity: Severity | None
    since: date | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """The metric's key."""
        return self.name, self.slice, self.item


@dataclass(frozen=True, slots=True)
class Alert:
    """A change that users are notified of.

    Attributes:
        id: `alert` in JSON; the same for the same task, date, bundle and metric, in every run.
        task: The task.
        logical_date: The night.
        bundle: The bundle that scored it.
        name: The metric, as are the next two.
        slice: Which rows; empty for all.
        item: What of.
        severity: How bad.
        since: First night of the streak.
        nights: How many nights.
        is_new: It was not sent before, or it has become worse, or a reminder is due.
        effect: Size of the change.
        adjusted_p: Chance of it, adjusted.
        slices: Slices that show the same, worst first: they raise no alert of their own.
        message: One line: what, how much, how sure.
    """

    id: str = field(metadata=stored_as("alert"))
    task: str
    logical_date: date
    bundle: str
    name: str
    slice: str
    item: str
    severity: Severity
    since: date
    nights: int
    is_new: bool
    effect: float
    adjusted_p: float
    slices: tuple[str, ...]
    message: LocalizedText = field(metadata=stored_in_two("message_en", "message_zh"))

    @property
    def key(self) -> tuple[str, str, str]:
        """The metric's key."""
        return self.name, self.slice, self.item


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is thought of a night.

    Attributes:
        verdicts: One for each metric that can raise an alert and has something to say.
        alerts: The alerts, the worst first.
        reference: Id of what the night was compared with; empty without a reference.
    """

    verdicts: tuple[Verdict, ...] = ()
    alerts: tuple[Alert, ...] = ()
    reference: str = ""

    def verdict(self, key: tuple[str, str, str]) -> Verdict | None:
        """The verdict on one metric."""
        return next((each for each in self.verdicts if each.key == key), None)

    @property
    def watched(self) -> tuple[Verdict, ...]:
        """Breaches that no alert tells of, without slices that show what all rows show too."""
        alerted = {each.key for each in self.alerts}
        alerted |= {(each.name, rows, each.item) for each in self.alerts for rows in each.slices}
        whole = {(each.name, each.item) for each in self.verdicts if each.breached and not each.slice}
        return tuple(
            each
            for each in self.verdicts
            if each.breached and each.key not in alerted and not (each.slice and (each.name, each.item) in whole)
        )


def read_judgement(data: bytes) -> Judgement:
    """Inverse of `json_form.to_json`.

    Raises:
        ValueError: The bytes are no judgement.
    """
    return _JUDGEMENT.validate_python(rename_in_lists(parse_json(data), alerts=Alert))


def read_alert(data: bytes) -> Alert:
    """Inverse of `json_form.to_json`.

    Raises:
        ValueError: The bytes are no alert.
    """
    return _ALERT.validate_python(rename_keys(Alert, parse_json(data)))


_JUDGEMENT: TypeAdapter[Judgement] = TypeAdapter(Judgement)
_ALERT: TypeAdapter[Alert] = TypeAdapter(Alert)
