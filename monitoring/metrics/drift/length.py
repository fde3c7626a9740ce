"""Length of the texts in tokens: mean (effect: Cohen's d) and distribution (effect: PSI less that of chance)."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_TEXTS
from monitoring.metrics.counts import Pair, as_integers
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement
from monitoring.metrics.registry import count_metric
from monitoring.statistics.rates import Sums


@count_metric(
    MetricDefinition(
        name="mean_tokens",
        family="text",
        place=40,
        unit="tokens",
        title=LocalizedText("平均长度", "Mean length"),
        explanation=LocalizedText("每条平均多少词元", "tokens per row"),
        threshold=0.2,
        advice=LOOK_AT_TEXTS,
        panels={"length": 10},
    )
)
def mean_tokens(pair: Pair) -> Iterator[Measurement]:
    """Mean number of tokens of a row."""
    before, now = (Sums(each.rows, each.n_tokens, each.n_tokens_squared) for each in (pair.before, pair.now))
    yield pair.mean(before, now)


@count_metric(
    MetricDefinition(
        name="length_psi",
        family="text",
        place=50,
        unit="nats",
        title=LocalizedText("长度 PSI", "Length, PSI"),
        explanation=LocalizedText("长短分布差多远：0 相同，0.1 起明显", "how far lengths are apart: 0 same, 0.1 clear"),
        threshold=0.1,
        advice=LOOK_AT_TEXTS,
        panels={"drift": 30},
    )
)
def length_psi(pair: Pair) -> Iterator[Measurement]:
    """Population stability index of the length bins."""
    yield pair.divergence(*as_integers(pair.before.lengths, pair.now.lengths), "psi", pair.shared_rng)
