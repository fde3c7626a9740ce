"""When a change is worth an alert: the numbers that people set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from monitoring.metrics.registry import CATALOGUE

MIN_LABELLED: Final = 100
"""Labelled rows that a metric of labels needs: people label hundreds, not thousands."""
MIN_NIGHTS: Final = 7
"""Earlier nights that a number of rows is compared with: a whole week, as weekends differ."""
MAX_ALERTS: Final = 10
"""Alerts of one metric in one night: fifty new words are one event."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What `judge` goes by.

    Attributes:
        thresholds: Size of effect per metric, in place of the catalogue's; 0 switches its alert off.
        nights: Breached nights in a row that make an alert.
        urgent: Times the threshold from which one night is enough.
        min_rows: Rows that a metric needs on each side; see `MIN_LABELLED` and `MIN_NIGHTS` for the exceptions.
        false_discovery_rate: Share of false ones among the breaches of significance that is accepted.
        remind_nights: After so many nights an alert that goes on is sent again.
    """

    thresholds: Mapping[str, float] = field(default_factory=dict)
    nights: int = 2
    urgent: float = 3.0
    min_rows: int = 300
    false_discovery_rate: float = 0.01
    remind_nights: int = 7

    @property
    def history_nights(self) -> int:
        """How many earlier nights `judge` needs to see."""
        return max(self.nights, self.remind_nights) + 1

    def threshold(self, name: str) -> float | None:
        """Size of effect from which a metric matters, None where it never raises an alert."""
        return self.thresholds.get(name, CATALOGUE[name].threshold) or None

    def least(self, name: str) -> float:
        """Rows (nights, for the number of rows) that a metric needs on each side."""
        if name == "rows":
            return MIN_NIGHTS
        return min(self.min_rows, MIN_LABELLED) if CATALOGUE[name].family == "labels" else self.min_rows
