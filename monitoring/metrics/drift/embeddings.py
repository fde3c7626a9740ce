"""How far the embeddings of the texts have moved: a classifier (effect: 2 AUC - 1), and the distance of their means."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_WORDS
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.metrics.samples import NO_SAMPLE, both_texts
from monitoring.statistics.estimate import unknown
from monitoring.statistics.mean_discrepancy import mean_discrepancy
from monitoring.statistics.two_sample import compare_rows

Embeddings = NDArray[np.float32]


def _embeddings(night: Night) -> tuple[Embeddings, Embeddings] | str:
    """Embeddings float32[N, H] of the reference and of tonight, or why there are none."""
    texts, rows = night.once(both_texts), night.limits.embedding_rows
    if texts is None:
        return NO_SAMPLE
    embed = night.inputs.embed
    if embed is None or not rows:
        return "embeddings are switched off"
    before, now = texts
    if before.is_empty() or now.is_empty():
        return f"{len(before)} and {len(now)} texts"
    return embed(before.head(rows)), embed(now.head(rows))


@night_metric(
    MetricDefinition(
        name="embedding_auc",
        family="content",
        place=20,
        unit="score",
        title=LocalizedText("向量可区分度 AUC", "Embeddings told apart, AUC"),
        explanation=LocalizedText("按语义能否认出：0.5 认不出，1 全认出", "told apart by meaning? 0.5 no, 1 all"),
        threshold=0.1,
        direction="up",
        advice=LOOK_AT_WORDS,
        unchanged=0.5,
        panels={"told_apart": 20},
    )
)
def embedding_auc(night: Night) -> Iterator[Measurement]:
    """Area under the ROC curve of a classifier of embeddings."""
    found = night.once(_embeddings)
    if isinstance(found, str):
        yield Measurement(unknown(found))
        return
    estimate = compare_rows(*found, night.inputs.rng("embedding_auc"))
    yield Measurement(estimate, estimate.value)


@night_metric(
    MetricDefinition(
        name="embedding_mmd",
        family="content",
        place=30,
        unit="score",
        title=LocalizedText("向量 MMD²", "Embeddings, MMD²"),
        explanation=LocalizedText("语义离多远，0 相同", "how far meanings are apart, 0 same"),
        threshold=0.1,
        direction="up",
        advice=LOOK_AT_WORDS,
    )
)
def embedding_mmd(night: Night) -> Iterator[Measurement]:
    """Maximum mean discrepancy, squared."""
    found = night.once(_embeddings)
    if isinstance(found, str):
        yield Measurement(unknown(found))
    else:
        yield Measurement(mean_discrepancy(*found, night.inputs.rng("embedding_mmd")))
