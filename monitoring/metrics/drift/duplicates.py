"""Share of rows whose text stands in another row of the night, too. Effect: Cohen's h."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.counts import Pair, repeated_rows
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement
from monitoring.metrics.registry import count_metric


@count_metric(
    MetricDefinition(
        name="duplicate_share",
        family="text",
        place=10,
        unit="share",
        title=LocalizedText("重复文本", "Duplicates"),
        explanation=LocalizedText("与当晚别的文本完全相同", "the same text as another row of the night"),
        threshold=0.2,
        advice=LocalizedText(
            "可能是刷屏、机器人或数据重复投递：查看最常见的文本。",
            "A campaign, a bot or a dump delivered twice: look at the most frequent texts.",
        ),
        names_cause=True,
        panels={"duplicates": 10},
    )
)
def duplicate_share(pair: Pair) -> Iterator[Measurement]:
    """Repeats among the rows that have a text."""
    yield pair.share(*repeated_rows(pair.before), *repeated_rows(pair.now))
