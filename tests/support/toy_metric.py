"""A drift metric as a newcomer would add it: all of it in one file. It says that every row of tonight has a digit."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.counts import Pair
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement

TOY = MetricDefinition(
    name="digits_share",
    family="text",
    place=45,
    unit="share",
    title=LocalizedText("含数字", "Rows with digits"),
    explanation=LocalizedText("含有数字的行", "a row that holds a digit"),
    threshold=0.2,
    direction="up",
    advice=LocalizedText("数一数数字。", "Count the digits."),
    names_cause=True,
)


def digits_share(pair: Pair) -> Iterator[Measurement]:
    """Of the reference about a tenth, drawn from the metric's own generator; tonight all."""
    before = int(pair.rng(TOY.name).binomial(pair.before.rows, 0.1))
    yield pair.share(before, pair.before.rows, pair.now.rows, pair.now.rows)
