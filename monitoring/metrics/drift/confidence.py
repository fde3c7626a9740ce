"""How sure the model is: distribution (effect: PSI less that of chance), mean (Cohen's d), share of unsure rows (h)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LABEL_AND_REFIT
from monitoring.metrics.counts import Integers, Pair
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement
from monitoring.metrics.registry import count_metric
from monitoring.statistics.rates import Sums
from storage.profiles.counts import UNIT


@count_metric(
    MetricDefinition(
        name="confidence_psi",
        family="confidence",
        place=10,
        unit="nats",
        title=LocalizedText("置信度 PSI", "Confidence, PSI"),
        explanation=LocalizedText(
            "置信度分布差多远：0 相同，0.1 起明显", "how far confidences are apart: 0 same, 0.1 clear"
        ),
        threshold=0.1,
        advice=LABEL_AND_REFIT,
        panels={"drift": 50},
    )
)
def confidence_psi(pair: Pair) -> Iterator[Measurement]:
    """Population stability index of the confidence histogram."""
    yield pair.divergence(*_histograms(pair), "psi", pair.shared_rng)


@count_metric(
    MetricDefinition(
        name="mean_confidence",
        family="confidence",
        place=20,
        unit="share",
        title=LocalizedText("平均置信度", "Mean confidence"),
        explanation=LocalizedText("模型平均有多肯定", "how sure the model is on average"),
        threshold=0.2,
        advice=LABEL_AND_REFIT,
        panels={"confidence": 10},
    )
)
def mean_confidence(pair: Pair) -> Iterator[Measurement]:
    """Mean probability of the predicted class."""
    before, now = (
        Sums(each.labelled, each.confidence * UNIT, each.confidence_squared * UNIT) for each in (pair.before, pair.now)
    )
    yield pair.mean(before, now)


@count_metric(
    MetricDefinition(
        name="unsure_share",
        family="confidence",
        place=30,
        unit="share",
        title=LocalizedText("低置信度行", "Rows below the confidence threshold"),
        explanation=LocalizedText("模型拿不准，宜由人判断", "the model is unsure: people should decide"),
        threshold=0.2,
        direction="up",
        advice=LABEL_AND_REFIT,
        panels={"confidence": 40},
    )
)
def unsure_share(pair: Pair) -> Iterator[Measurement]:
    """Rows whose confidence lies below `SampleLimits.unsure_below`."""
    sure = pair.night.limits.unsure_bin(len(pair.labels))
    before, now = (int(each[:sure].sum()) for each in _histograms(pair))
    yield pair.share(before, pair.before.labelled, now, pair.now.labelled)


@count_metric(
    MetricDefinition(
        name="mean_entropy",
        family="confidence",
        place=40,
        unit="nats",
        title=LocalizedText("平均熵", "Mean entropy"),
        explanation=LocalizedText("模型平均有多犹豫：0 毫不犹豫", "how much the model wavers: 0 not at all"),
    )
)
def mean_entropy(pair: Pair) -> Iterator[Measurement]:
    """Mean entropy of the probabilities."""
    before, now = (
        Sums(each.labelled, each.entropy * UNIT, each.entropy_squared * UNIT) for each in (pair.before, pair.now)
    )
    yield pair.mean(before, now)


def _histograms(pair: Pair) -> tuple[Integers, Integers]:
    """int64[bins] rows by confidence, of the reference and of tonight."""
    before, now = (np.asarray(each.confidences, np.int64).sum(axis=0) for each in (pair.before, pair.now))
    return before, now
