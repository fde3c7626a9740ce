from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from models.evaluation.tail import tail_chance


def test_within_the_draws_it_is_counted() -> None:
    draws = np.arange(1, 100, dtype=np.float64)
    assert tail_chance(90.0, draws) == pytest.approx(11 / 100)
    assert tail_chance(99.0, draws) == pytest.approx(2 / 100)


@pytest.mark.parametrize("shape", [0.8, 4.0, 50.0])
def test_beyond_the_draws_it_is_the_tail_of_their_kind(shape: float) -> None:
    draws = stats.gamma.rvs(shape, size=2000, random_state=np.random.default_rng(1))
    value = float(stats.gamma.isf(1e-6, shape))
    assert np.log10(tail_chance(value, draws)) == pytest.approx(-6, abs=1.5)


def test_it_is_never_more_than_the_draws_allow() -> None:
    draws = np.random.default_rng(2).normal(size=100)
    assert tail_chance(float(draws.max()) + 1e-6, draws) <= 1 / 101


def test_draws_without_spread_and_a_tail_to_the_left() -> None:
    assert tail_chance(2.0, np.ones(99)) == pytest.approx(0.01)
    assert tail_chance(1.0, np.ones(99)) == pytest.approx(1.0)
    left = -stats.gamma.rvs(1.0, size=999, random_state=np.random.default_rng(3))
    assert 0 < tail_chance(1.0, left) <= 1e-3


def test_draws_that_differ_by_rounding_have_no_spread() -> None:
    draws = 1 / 3 + np.array([0.0, 1e-17, 5e-17] * 33)
    assert tail_chance(0.5, draws) == pytest.approx(0.01)
