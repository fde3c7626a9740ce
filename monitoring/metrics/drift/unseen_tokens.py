"""Share of tonight's tokens that the reference does not have at all. Effect: Cohen's h against chance."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_WORDS
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.metrics.tokens import token_counts, token_design
from monitoring.statistics.unseen import unseen_share as share_of_unseen


@night_metric(
    MetricDefinition(
        name="unseen_share",
        family="tokens",
        place=20,
        unit="share",
        title=LocalizedText("基准中未出现的词元", "Tokens the reference never had"),
        explanation=LocalizedText("基准里一次也没出现过", "tokens that the reference had not once"),
        threshold=0.05,
        direction="up",
        advice=LOOK_AT_WORDS,
        panels={"tokens": 20},
    )
)
def unseen_share(night: Night) -> Iterator[Measurement]:
    """None without a reference."""
    counts = night.once(token_counts)
    if counts is not None:
        estimate = share_of_unseen(*counts, night.inputs.rng("unseen_share"), night.once(token_design))
        yield Measurement(estimate, estimate.value)
