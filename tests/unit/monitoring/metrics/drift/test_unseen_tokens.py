from __future__ import annotations

from monitoring.metrics.drift.unseen_tokens import unseen_share
from tests.support.measured_nights import night, only
from tests.support.synthetic_population import Draw


def test_a_new_topic_brings_tokens_that_the_reference_never_had() -> None:
    usual, foreign = only(unseen_share(night())), only(unseen_share(night(Draw(foreign=0.3))))
    assert usual.estimate.p_value > 1e-3
    assert foreign.level > usual.level
    assert foreign.estimate.effect > 0.05


def test_without_a_reference_there_is_nothing() -> None:
    assert list(unseen_share(night(baseline=None))) == []
