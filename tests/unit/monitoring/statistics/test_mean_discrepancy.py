"""Maximum mean discrepancy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances
from sklearn.metrics.pairwise import rbf_kernel

from monitoring.statistics.mean_discrepancy import mean_discrepancy


def test_the_estimate_is_the_sum_written_out() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 5)), rng.normal(0.8, 1, (30, 5))
    both = np.concatenate([x, y])
    squares = pairwise_distances(both, metric="sqeuclidean")
    kernel = rbf_kernel(both, gamma=1 / np.median(squares[np.triu_indices(70, 1)]))
    off = kernel - np.diag(np.diag(kernel))
    expected = off[:40, :40].sum() / (40 * 39) + off[40:, 40:].sum() / (30 * 29) - 2 * off[:40, 40:].mean()
    got = mean_discrepancy(x, y, rng, permutations=50)
    assert got.value == pytest.approx(expected, abs=1e-6)
    assert got.effect == pytest.approx(math.sqrt(expected), abs=1e-5)
    assert got.p_value < 1 / 51
    assert got.low > 0


def test_p_values_are_uniform() -> None:
    rng = np.random.default_rng(1)
    got = [mean_discrepancy(rng.normal(size=(40, 4)), rng.normal(size=(60, 4)), rng, 99) for _ in range(300)]
    p_values = np.array([g.p_value for g in got])
    assert np.mean(p_values <= 0.05) <= 0.09
    assert 0.4 <= np.mean(p_values < 0.5) <= 0.6
    assert np.mean([g.value for g in got]) == pytest.approx(0.0, abs=3 * np.std([g.value for g in got]) / 300**0.5)
    assert np.mean([g.null_low <= g.value <= g.null_high for g in got]) > 0.9


def test_interval_covers_the_truth() -> None:
    big = np.random.default_rng(2)
    truth = mean_discrepancy(big.normal(size=(2000, 3)), big.normal(0.4, 1, (2000, 3)), big, 2).value
    got = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        got.append(mean_discrepancy(rng.normal(size=(120, 3)), rng.normal(0.4, 1, (90, 3)), rng, 60))
    assert sum(g.low <= truth <= g.high for g in got) >= 51


@pytest.mark.parametrize("x", [np.zeros((0, 4)), np.full((9, 4), np.nan), np.ones((1, 4))])
def test_too_few_rows_say_nothing(x: np.ndarray) -> None:
    got = mean_discrepancy(x, np.ones((5, 4)), np.random.default_rng(0))
    assert got.reason == "less than two finite rows on the reference side"
    assert math.isnan(got.value)


def test_equal_rows_have_no_scale() -> None:
    got = mean_discrepancy(np.ones((20, 4)), np.ones((30, 4)), np.random.default_rng(0))
    assert "no scale" in got.reason
