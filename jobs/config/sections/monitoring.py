"""What is worth an alert, and who gets it."""

from __future__ import annotations

import difflib
import math
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator

from jobs.config.sections.secret import Secret, SecretAddress, http_address, revealed, variable_of
from jobs.config.sections.section import ConfigSection, path_of_a_user
from monitoring.alerts.rules import Rules
from monitoring.alerts.sinks import ClosedSink, CommandSink, JsonlSink, LogSink, Sink, WebhookSink
from monitoring.metrics.registry import CATALOGUE
from storage.errors import ConfigError
from storage.profiles.counts import CONFIDENCE_BINS


class LogSection(ConfigSection):
    """Alerts in the log."""

    kind: Literal["log"]

    def sink(self, _home: Path) -> Sink:
        """The sink."""
        return LogSink()


class JsonlSection(ConfigSection):
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


class WebhookSection(ConfigSection):
    """Alerts to an HTTP address."""

    kind: Literal["webhook"]
    url: SecretAddress
    token: Secret | None = None
    timeout_s: float = Field(default=10.0, gt=0, le=600, allow_inf_nan=False)
    attempts: int = Field(default=3, ge=1, le=10)

    def secrets(self) -> tuple[str, ...]:
        """Environment variables that it needs."""
        return tuple(name for value in (self.url, self.token or "") if (name := variable_of(value)))

    def sink(self, _home: Path) -> Sink:
        """The sink; where a secret is missing, one that takes nothing, so that the alerts wait for it."""
        label = f"webhook {self.url}" if variable_of(self.url) else ""
        name = label or WebhookSink(self.url).name
        try:
            url = http_address(revealed(self.url, os.environ))
            token = revealed(self.token, os.environ) if self.token else ""
        except ConfigError as error:
            return ClosedSink(name, error.got)
        except ValueError:
            return ClosedSink(name, f"the environment variable {variable_of(self.url)} holds no http address")
        return WebhookSink(url, self.timeout_s, self.attempts, token=token, label=label)


class CommandSection(ConfigSection):
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


def _known_metric(name: str) -> str:
    if name in CATALOGUE:
        if CATALOGUE[name].tested_by:
            raise ValueError(f"it is shown and never tested; expected {CATALOGUE[name].tested_by}")
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


_Threshold = Annotated[
    float,
    BeforeValidator(_threshold),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"const": False}]}),
]


class MonitorSection(ConfigSection):
    """What is worth an alert, and what the pages show."""

    nights: int = Field(default=2, ge=1)
    urgent: float = Field(default=3.0, ge=1)
    min_rows: int = Field(default=300, ge=1)
    false_discovery_rate: float = Field(default=0.01, gt=0, lt=1)
    remind_nights: int = Field(default=7, ge=1, le=365)
    thresholds: dict[Annotated[str, AfterValidator(_known_metric)], _Threshold] = Field(default_factory=dict)
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

    def secrets(self) -> tuple[str, ...]:
        """Environment variables that the sinks need."""
        return tuple(name for each in self.sinks if isinstance(each, WebhookSection) for name in each.secrets())

    def sinks_at(self, home: Path) -> tuple[Sink, ...]:
        """Where alerts go.

        Args:
            home: Where relative paths start and programs run.
        """
        return tuple(section.sink(home) for section in self.sinks)
