"""Share of each predicted class. Effect: Cohen's h."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.counts import Pair
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement
from monitoring.metrics.registry import count_metric


@count_metric(
    MetricDefinition(
        name="class_share",
        family="predictions",
        place=30,
        unit="share",
        title=LocalizedText("预测占比", "Predicted share"),
        sections=("classes",),
        panels={"classes": 10},
    )
)
def class_share(pair: Pair) -> Iterator[Measurement]:
    """One for each class, of the rows that have a label."""
    before, now = pair.before, pair.now
    for label, then, tonight in zip(pair.labels, before.class_counts, now.class_counts, strict=True):
        yield pair.share(then, before.labelled, tonight, now.labelled, label)
