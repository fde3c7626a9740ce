from __future__ import annotations

import math

import numpy as np
import pytest

from monitoring.statistics.unseen import unseen_share


def _counts(shares: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.multinomial(n, shares)


def _zipf(size: int) -> np.ndarray:
    weights = 1 / np.arange(1, size + 1)
    return weights / weights.sum()


def test_it_is_the_share_of_tokens_without_a_count_before() -> None:
    got = unseen_share(np.array([5, 0, 3, 0]), np.array([4, 1, 3, 2]), np.random.default_rng(1))
    assert got.value == pytest.approx(0.3)
    assert got.low < 0.3 < got.high


def test_chance_alone_leaves_some_unseen_and_is_no_change() -> None:
    rng = np.random.default_rng(2)
    got = [unseen_share(_counts(_zipf(5000), 20_000, rng), _counts(_zipf(5000), 10_000, rng), rng) for _ in range(60)]
    assert all(each.value > 0.01 for each in got)
    assert sum(each.p_value < 0.05 for each in got) <= 8  # 3 expected
    assert max(abs(each.effect) for each in got) < 0.05
    assert sum(each.value > each.null_high for each in got) <= 8


def test_new_tokens_are_found() -> None:
    rng = np.random.default_rng(3)
    then = np.concatenate([_zipf(2000), np.zeros(200)])
    now = 0.95 * then + 0.05 * np.concatenate([np.zeros(2000), np.full(200, 1 / 200)])
    got = unseen_share(_counts(then, 20_000, rng), _counts(now, 10_000, rng), rng)
    assert got.p_value < 1e-6
    assert got.effect > 0.1


@pytest.mark.parametrize(("before", "now"), [([0, 0], [1, 2]), ([1, 2], [0, 0]), ([3, 0], [4, 0])])
def test_nothing_to_compare(before: list[int], now: list[int]) -> None:
    got = unseen_share(np.array(before), np.array(now), np.random.default_rng(4))
    assert math.isnan(got.value)
    assert got.reason


def test_where_everything_has_been_seen_the_band_is_narrow() -> None:
    rng = np.random.default_rng(5)
    got = unseen_share(np.full(100, 5_000), rng.poisson(500, 100), rng)
    assert got.value == 0
    assert got.null_high < 1e-3
    assert got.p_value > 0.5
