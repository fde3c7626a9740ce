"""How much is kept, and how much room a run has to leave."""

from __future__ import annotations

from pydantic import Field

from jobs.config.sections.section import ConfigSection


class BoundSection(ConfigSection):
    """How old and how large one kind of files may become; what is not given is no bound."""

    days: int | None = Field(default=None, ge=1, le=36_500)
    gb: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class RetentionSection(ConfigSection):
    """A bound for each kind; `yeban tidy` keeps to it."""

    keep_free_gb: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    predictions: BoundSection = BoundSection()
    parts: BoundSection = BoundSection()
    summaries: BoundSection = BoundSection()
    nights: BoundSection = BoundSection()
    reports: BoundSection = BoundSection()
    evidently: BoundSection = BoundSection()
    runs: BoundSection = BoundSection()
    logs: BoundSection = BoundSection()
    shadow: BoundSection = BoundSection(days=30)
