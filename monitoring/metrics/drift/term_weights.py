"""How far the words that mark the documents have moved (TF-IDF). Effect: the divergence less that of chance."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_WORDS
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.metrics.samples import NO_SAMPLE
from monitoring.metrics.tokens import sampled_documents
from monitoring.statistics.estimate import unknown
from monitoring.statistics.term_weights import compare_term_weights


@night_metric(
    MetricDefinition(
        name="tfidf_kl",
        family="tokens",
        place=60,
        unit="nats",
        title=LocalizedText("TF-IDF KL", "TF-IDF, KL"),
        explanation=LocalizedText("实义词差多远：0 相同，虚词不算", "how far telling words are apart: 0 same"),
        threshold=0.02,
        advice=LOOK_AT_WORDS,
        panels={"drift": 20},
    )
)
def tfidf_kl(night: Night) -> Iterator[Measurement]:
    """None without a reference."""
    if night.inputs.baseline is None:
        return
    documents = night.once(sampled_documents)
    if documents.before is None:
        yield Measurement(unknown(NO_SAMPLE))
    else:
        yield Measurement(compare_term_weights(documents.before, documents.now, night.inputs.rng("tfidf_kl")))
