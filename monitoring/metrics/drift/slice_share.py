"""Each slice's share of all rows. Effect: Cohen's h."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_DUMP
from monitoring.metrics.counts import all_rows, slice_counts
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric


@night_metric(
    MetricDefinition(
        name="slice_share",
        family="volume",
        place=20,
        unit="share",
        title=LocalizedText("占全部行的比例", "Share of all rows"),
        threshold=0.2,
        advice=LOOK_AT_DUMP,
        names_cause=True,
    )
)
def slice_share(night: Night) -> Iterator[Measurement]:
    """One for each value of a slice column."""
    whole = all_rows(night)
    for each in slice_counts(night):
        yield replace(whole.row_share(*each.rows), slice=each.name)
