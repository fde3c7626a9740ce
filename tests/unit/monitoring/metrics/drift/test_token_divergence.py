from __future__ import annotations

import pytest

from monitoring.metrics.drift.token_divergence import token_js, token_kl, token_psi
from monitoring.metrics.night import NightMetric
from tests.support.measured_nights import night, only, without_sample
from tests.support.synthetic_population import Draw


@pytest.mark.parametrize("metric", [token_js, token_psi, token_kl])
def test_a_new_topic_moves_the_tokens_and_a_usual_night_does_not(metric: NightMetric) -> None:
    usual, foreign = only(metric(night())).estimate, only(metric(night(Draw(foreign=0.3)))).estimate
    assert usual.p_value > 1e-3
    assert foreign.p_value < 1e-6
    assert foreign.effect > max(0.01, usual.effect)


def test_counts_are_enough() -> None:
    assert only(token_js(without_sample())).estimate.known
    assert list(token_js(night(baseline=None))) == []
