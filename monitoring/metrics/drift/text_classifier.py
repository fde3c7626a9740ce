"""Can a classifier tell tonight's texts from the reference's? Effect: 2 AUC - 1."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_WORDS
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.metrics.samples import NO_SAMPLE, both_texts
from monitoring.statistics.estimate import unknown
from monitoring.statistics.two_sample import compare_texts


@night_metric(
    MetricDefinition(
        name="text_auc",
        family="content",
        place=10,
        unit="score",
        title=LocalizedText("文本可区分度 AUC", "Texts told apart, AUC"),
        explanation=LocalizedText(
            "能否认出是今晚的文本：0.5 认不出，1 全认出", "are tonight's texts told apart? 0.5 no, 1 all"
        ),
        threshold=0.1,
        direction="up",
        advice=LOOK_AT_WORDS,
        unchanged=0.5,
        panels={"told_apart": 10},
    )
)
def text_auc(night: Night) -> Iterator[Measurement]:
    """On hashed character n-grams of the samples."""
    texts = night.once(both_texts)
    if texts is None:
        yield Measurement(unknown(NO_SAMPLE))
        return
    before, now = texts
    estimate = compare_texts(before.to_list(), now.to_list(), night.inputs.rng("text_auc"))
    yield Measurement(estimate, estimate.value)
