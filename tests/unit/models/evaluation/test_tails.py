from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from models.evaluation.tails import COUNTED, LEAST, chance_beyond


def test_many_draws_beyond_are_counted() -> None:
    draws = np.arange(1000.0)
    assert chance_beyond(1000.0 - COUNTED, draws) == (1 + COUNTED) / 1001
    assert chance_beyond(500.0, draws) == 501 / 1001


def test_no_spread_is_counted() -> None:
    assert chance_beyond(1.0, np.zeros(99)) == 0.01


@pytest.mark.parametrize("chance", [1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize("law", [stats.norm(), stats.gamma(4), stats.gamma(30)], ids=["normal", "skewed", "mild"])
def test_small_chances_are_about_right(chance: float, law: stats.rv_frozen) -> None:
    rng = np.random.default_rng(3)
    told = [chance_beyond(law.isf(chance), law.rvs(1000, random_state=rng)) for _ in range(60)]
    assert 0.4 < np.median(told) / chance < 2.5
    assert np.mean(np.array(told) < chance / 10) < 0.05


def test_a_calibration_error_is_told_to_the_last() -> None:
    """The draws of 400 labels: absolute deviations in 15 bins, against many more of the same."""
    rng = np.random.default_rng(4)
    rows, mean = rng.integers(5, 60, 15), rng.uniform(0.6, 0.98, 15)

    def draw(size: int) -> np.ndarray:
        return np.abs(rng.binomial(rows, mean, (size, 15)) - rows * mean).sum(axis=1) / rows.sum()

    limit = float(np.quantile(draw(300_000), 1 - 1e-4))
    told = [chance_beyond(limit, draw(1000)) for _ in range(60)]
    assert 0.4 < np.median(told) / 1e-4 < 2.5


def test_there_is_a_least_chance() -> None:
    assert chance_beyond(1e9, np.random.default_rng(0).normal(size=1000)) == LEAST
