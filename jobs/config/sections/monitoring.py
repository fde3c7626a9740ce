"""What is worth an alert, and who gets it."""

from __future__ import annotations

import difflib
import math
import os
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator

from jobs.config.sections.section import ConfigSection
from monitoring.alerts.rules import Rules
from monitoring.alerts.sinks.base.registry import AnyKind
from monitoring.alerts.sinks.base.settings import SinkSettings
from monitoring.alerts.sinks.base.sink import Sink
from monitoring.alerts.sinks.log import LogSettings
from monitoring.metrics.registry import CATALOGUE
from storage.profiles.counts import CONFIDENCE_BINS


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


_RULES: Final = Rules()
"""Each default of a rule stands once: there."""


class MonitorSection(ConfigSection):
    """What is worth an alert, and what the pages show."""

    nights: int = Field(default=_RULES.nights, ge=1)
    urgent: float = Field(default=_RULES.urgent, ge=1)
    min_rows: int = Field(default=_RULES.min_rows, ge=1)
    false_discovery_rate: float = Field(default=_RULES.false_discovery_rate, gt=0, lt=1)
    remind_nights: int = Field(default=_RULES.remind_nights, ge=1, le=365)
    thresholds: dict[Annotated[str, AfterValidator(_known_metric)], _Threshold] = Field(default_factory=dict)
    unsure_below: float | None = Field(default=None, gt=0, lt=1)
    show_texts: bool = True
    evidently_texts: bool = False
    embedding_rows: int = Field(default=500, ge=0, le=2000)
    sinks: tuple[Annotated[SinkSettings, AnyKind()], ...] = (LogSettings(kind="log"),)

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
        return tuple(name for each in self.sinks for name in each.secrets())

    def sinks_at(self, home: Path) -> tuple[Sink, ...]:
        """Where alerts go; reads the environment for their secrets.

        Args:
            home: Where relative paths start and programs run.
        """
        return tuple(settings.sink(home, os.environ) for settings in self.sinks)
