"""Which runs are worth an alert."""

from __future__ import annotations

from pydantic import Field

from jobs.config.sections.section import ConfigSection
from monitoring.alerts.run_rules import RunRules


class RunsSection(ConfigSection):
    """When a run is missed, late or slow; the sinks of `[monitor]` are told."""

    start_within_min: float = Field(default=60.0, gt=0, le=10_080)
    retry_within_min: float = Field(default=60.0, ge=0, le=10_080)
    finish_within_min: float = Field(default=360.0, gt=0, le=10_080)
    slow_times: float = Field(default=2.0, ge=1, allow_inf_nan=False)
    slow_margin_min: float = Field(default=10.0, ge=0, le=10_080)
    past_runs: int = Field(default=14, ge=1, le=1000)
    least_past: int = Field(default=5, ge=1, le=1000)

    def rules(self) -> RunRules:
        """What to judge by."""
        return RunRules(
            start_within_s=self.start_within_min * 60,
            retry_within_s=self.retry_within_min * 60,
            finish_within_s=self.finish_within_min * 60,
            slow_times=self.slow_times,
            slow_margin_s=self.slow_margin_min * 60,
            past_runs=self.past_runs,
            least_past=self.least_past,
        )
