from __future__ import annotations

from monitoring.metrics.drift.term_weights import tfidf_kl
from tests.support.measured_nights import night, only, without_sample
from tests.support.synthetic_population import Draw


def test_a_new_topic_moves_what_marks_the_documents() -> None:
    assert only(tfidf_kl(night())).estimate.effect < 0.02
    assert only(tfidf_kl(night(Draw(foreign=0.3)))).estimate.effect > 0.02


def test_it_needs_the_texts_of_the_reference() -> None:
    assert only(tfidf_kl(without_sample())).estimate.reason == "the reference has no sample of texts"
    assert list(tfidf_kl(night(baseline=None))) == []
