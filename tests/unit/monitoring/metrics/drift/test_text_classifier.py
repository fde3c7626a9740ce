from __future__ import annotations

from monitoring.metrics.drift.text_classifier import text_auc
from tests.support.measured_nights import night, only, without_sample
from tests.support.synthetic_population import Draw


def test_a_new_topic_is_told_from_the_reference_and_a_usual_night_is_not() -> None:
    usual, foreign = only(text_auc(night())), only(text_auc(night(Draw(foreign=0.3))))
    assert usual.level == usual.estimate.value < 0.55
    assert foreign.level > 0.55
    assert foreign.estimate.effect > 0.1


def test_it_needs_the_texts_of_the_reference() -> None:
    for lacking in (without_sample(), night(baseline=None)):
        assert only(text_auc(lacking)).estimate.reason == "the reference has no sample of texts"
