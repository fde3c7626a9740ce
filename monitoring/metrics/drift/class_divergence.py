"""How far the predicted classes have moved. Effect: the divergence less that of chance."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LABEL_AND_COMPARE
from monitoring.metrics.counts import CountMetric, Pair, as_integers
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement
from monitoring.metrics.registry import count_metric
from monitoring.statistics.divergence import Kind


def _divergence_of(kind: Kind) -> CountMetric:
    def divergence(pair: Pair) -> Iterator[Measurement]:
        yield pair.divergence(*as_integers(pair.before.class_counts, pair.now.class_counts), kind, pair.shared_rng)

    return divergence


class_psi = count_metric(
    MetricDefinition(
        name="class_psi",
        family="predictions",
        place=10,
        unit="nats",
        title=LocalizedText("预测类别 PSI", "Predicted classes, PSI"),
        explanation=LocalizedText(
            "各类占比差多远：0 相同，0.1 起明显", "how far class shares are apart: 0 same, 0.1 clear"
        ),
        threshold=0.1,
        advice=LABEL_AND_COMPARE,
        panels={"drift": 40},
    )
)(_divergence_of("psi"))

class_js = count_metric(
    MetricDefinition(
        name="class_js",
        family="predictions",
        place=20,
        unit="bits",
        title=LocalizedText("预测类别 JS", "Predicted classes, JS"),
        explanation=LocalizedText(
            "各类占比差多远：0 相同，1 毫无重合", "how far class shares are apart: 0 same, 1 disjoint"
        ),
    )
)(_divergence_of("js"))
