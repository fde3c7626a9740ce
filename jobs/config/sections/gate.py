"""What a challenger has to keep to before it may be used."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from jobs.config.sections.section import ConfigSection
from models.evaluation.gate_record import GateLimits

_LIMITS: Final = GateLimits()
"""Each default stands once: there."""


class GateSection(ConfigSection):
    """Limits of the gate; shares are of 1, so 0.02 is two points."""

    golden_margin: float = Field(default=_LIMITS.golden_margin, ge=0, lt=1)
    recent_better: float = Field(default=_LIMITS.recent_better, ge=0.5, lt=1)
    class_drop: float = Field(default=_LIMITS.class_drop, ge=0, le=1)
    class_rows: int = Field(default=_LIMITS.class_rows, ge=1)
    ece: float = Field(default=_LIMITS.ece, gt=0, le=1)
    negative_flips: float = Field(default=_LIMITS.negative_flips, ge=0, le=1)
    leaked_rows: int = Field(default=_LIMITS.leaked_rows, ge=0)
    slowdown: float = Field(default=_LIMITS.slowdown, ge=1, allow_inf_nan=False)
    min_rows: int = Field(default=_LIMITS.min_rows, ge=1)
    recent_rows: int = Field(default=1000, ge=1)
    speed_rounds: int = Field(default=7, ge=1, le=100)

    def limits(self) -> GateLimits:
        """The record that the gate takes."""
        return GateLimits(**{name: getattr(self, name) for name in GateLimits.__dataclass_fields__})
