"""Which runs are worth an alert."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from jobs.config.sections.section import ConfigSection
from monitoring.alerts.run_rules import RunRules

_RULES: Final = RunRules()
"""Each default stands once: there, in seconds."""
_MINUTE_S: Final = 60.0


class RunsSection(ConfigSection):
    """When a run is missed, late or slow; the sinks of `[monitor]` are told."""

    start_within_min: float = Field(default=_RULES.start_within_s / _MINUTE_S, gt=0, le=10_080)
    retry_within_min: float = Field(default=_RULES.retry_within_s / _MINUTE_S, ge=0, le=10_080)
    finish_within_min: float = Field(default=_RULES.finish_within_s / _MINUTE_S, gt=0, le=10_080)
    slow_times: float = Field(default=_RULES.slow_times, ge=1, allow_inf_nan=False)
    slow_margin_min: float = Field(default=_RULES.slow_margin_s / _MINUTE_S, ge=0, le=10_080)
    past_runs: int = Field(default=_RULES.past_runs, ge=1, le=1000)
    least_past: int = Field(default=_RULES.least_past, ge=1, le=1000)

    def rules(self) -> RunRules:
        """What to judge by."""
        return RunRules(
            start_within_s=self.start_within_min * _MINUTE_S,
            retry_within_s=self.retry_within_min * _MINUTE_S,
            finish_within_s=self.finish_within_min * _MINUTE_S,
            slow_times=self.slow_times,
            slow_margin_s=self.slow_margin_min * _MINUTE_S,
            past_runs=self.past_runs,
            least_past=self.least_past,
        )
