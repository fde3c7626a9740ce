from __future__ import annotations

import math

import pytest

from monitoring.metrics.drift.row_count import rows
from tests.support.measured_nights import night, only
from tests.support.synthetic_population import Draw


def test_half_the_rows_are_half_the_median_with_the_logarithm_as_effect() -> None:
    half = only(rows(night(Draw(rows=1_000))))
    assert half.level == 1_000
    assert half.level_before == 2_000
    assert half.estimate.value == pytest.approx(0.5, abs=1e-3)
    assert half.estimate.effect == pytest.approx(math.log(0.5), abs=1e-3)
    assert half.estimate.p_value < 1e-3
    assert not half.estimate.null_low < half.estimate.value < half.estimate.null_high


def test_less_than_a_week_is_not_compared() -> None:
    young = only(rows(night(past_rows=(2_000,) * 6)))
    assert young.estimate.reason == "6 earlier nights; expected 7"
    assert young.level == 2_000
