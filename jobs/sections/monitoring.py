"""What is worth an alert, and who gets it."""

from __future__ import annotations

import difflib
import math
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from jobs.sections.section import Section, path_of_a_user
from monitoring.alerts.rules import Rules
from monitoring.alerts.sinks import CommandSink, JsonlSink, LogSink, Sink, WebhookSink
from monitoring.findings.catalogue import CATALOGUE
from storage.profiles.counts import CONFIDENCE_BINS


class LogSection(Section):
    """Alerts in the log."""

    kind: Literal["log"]

    def sink(self, _home: Path) -> Sink:
        """The sink."""
        return LogSink()


class JsonlSection(Section):
    """Alerts in a JSON Lines file."""

    kind: Literal["jsonl"]
    path: str = Field(min_length=1)

    @field_validator("path")
    @classmethod
    def _of_a_user(cls, value: str) -> str:
        return path_of_a_user(value)

    def sink(self, home: Path) -> Sink:
        """The sink; a relative path starts at the home."""
        return JsonlSink(home / self.path)


class WebhookSection(Section):
    """Alerts to an HTTP address."""

    kind: Literal["webhook"]
    url: str
    timeout_s: float = Field(default=10.0, gt=0, le=600, allow_inf_nan=False)
    attempts: int = Field(default=3, ge=1, le=10)

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if not sound or not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError("no address; expected http://host/... or https://host/..., percent-encoded")
        if "@" in parts.netloc:
            raise ValueError("names and passwords before the host can't be used; expected them in the path or query")
        return value

    def sink(self, _home: Path) -> Sink:
        """The sink."""
        return WebhookSink(self.url, self.timeout_s, self.attempts)


class CommandSection(Section):
    """Alerts to a program's standard input."""

    kind: Literal["command"]
    command: tuple[str, ...] = Field(min_length=1)
    timeout_s: float = Field(default=60.0, gt=0, le=3600, allow_inf_nan=False)

    @field_validator("command")
    @classmethod
    def _names_a_program(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value[0]:
            raise ValueError("the first word is empty; expected the program")
        return value

    def sink(self, home: Path) -> Sink:
        """The sink; the program runs in the home."""
        return CommandSink(self.command, home, self.timeout_s)


SinkSection = Annotated[
    LogSection | JsonlSection | WebhookSection | CommandSection,
    Field(discriminator="kind"),
]


_WITHOUT_TEST = {
    "accuracy": "accuracy_change",
    "macro_f1": "accuracy_change",
    "expected_accuracy": "mean_confidence",
    "expected_macro_f1": "mean_confidence",
    "class_share_em": "prior_shift",
    "class_share_bbse": "prior_shift",
}
"""Metrics that have no chance to set against a threshold, and what to use instead."""


def _known_metric(name: str) -> str:
    if name in _WITHOUT_TEST:
        raise ValueError(f"it is shown and never tested; expected {_WITHOUT_TEST[name]}")
    if name in CATALOGUE:
        return name
    near = difflib.get_close_matches(name, CATALOGUE, n=1)
    raise ValueError("no such metric" + (f"; did you mean {near[0]!r}?" if near else f": {', '.join(CATALOGUE)}"))


def _threshold(value: Any) -> Any:
    """A number above 0, or `false` (or 0), which switches the alert off."""
    if value is False:
        return 0.0
    if value is True or not isinstance(value, int | float) or not (0 <= value < math.inf):
        raise ValueError(f"{value!r} is no threshold; expected a number above 0, or false for no alert")
    return float(value)


class MonitorSection(Section):
    """What is worth an alert, and what the pages show."""

    nights: int = Field(default=2, ge=1)
    urgent: float = Field(default=3.0, ge=1)
    min_rows: int = Field(default=300, ge=1)
    false_discovery_rate: float = Field(default=0.01, gt=0, lt=1)
    remind_nights: int = Field(default=7, ge=1, le=365)
    thresholds: dict[Annotated[str, AfterValidator(_known_metric)], Annotated[float, BeforeValidator(_threshold)]] = (
        Field(default_factory=dict)
    )
    unsure_below: float | None = Field(default=None, gt=0, lt=1)
    show_texts: bool = True
    evidently_texts: bool = False
    embedding_rows: int = Field(default=500, ge=0, le=2000)
    sinks: tuple[SinkSection, ...] = (LogSection(kind="log"),)

    @field_validator("unsure_below")
    @classmethod
    def _is_an_edge(cls, value: float | None) -> float | None:
        if value is not None and abs(value * CONFIDENCE_BINS - round(value * CONFIDENCE_BINS)) > 1e-9:
            raise ValueError(f"{value} is no edge of the confidence histogram; expected a multiple of 0.05")
        return value

    def rules(self) -> Rules:
        """What to judge by."""
        return Rules(
            thresholds=self.thresholds,
            nights=self.nights,
            urgent=self.urgent,
            min_rows=self.min_rows,
            false_discovery_rate=self.false_discovery_rate,
            remind_nights=self.remind_nights,
        )

    def sinks_at(self, home: Path) -> tuple[Sink, ...]:
        """Where alerts go.

        Args:
            home: Where relative paths start and programs run.
        """
        return tuple(section.sink(home) for section in self.sinks)
