"""Shares and means against published values, scipy and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from monitoring.statistics.rates import Sums, compare_means, compare_shares


@pytest.mark.parametrize(
    ("then", "now", "low", "high"),
    [
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((2, 7), (6, 7), 0.0582, 0.8062),
        ((0, 29), (5, 56), -0.0381, 0.1926),
    ],
)
def test_interval_is_that_of_newcombe(then: tuple[int, int], now: tuple[int, int], low: float, high: float) -> None:
    """Newcombe 1998, table II, method 10, contrasts a, c, d and e."""
    got = compare_shares(*then, *now)
    assert got.value == pytest.approx(now[0] / now[1] - then[0] / then[1])
    assert (got.low, got.high) == pytest.approx((low, high), abs=1e-4)


def test_p_value_is_the_chi_square_of_the_table() -> None:
    got = compare_shares(48, 80, 56, 70)
    expected = stats.chi2_contingency([[48, 32], [56, 14]], correction=False).pvalue
    assert got.p_value == pytest.approx(expected, abs=1e-9)
    assert got.effect == pytest.approx(2 * math.asin(math.sqrt(0.8)) - 2 * math.asin(math.sqrt(0.6)))


def test_rare_events_are_tested_exactly() -> None:
    got = compare_shares(0, 5000, 4, 5000)
    assert got.p_value == pytest.approx(stats.fisher_exact([[0, 5000], [4, 4996]]).pvalue, abs=1e-12)


def test_p_values_of_shares_are_uniform() -> None:
    rng = np.random.default_rng(0)
    hits = rng.binomial([400, 900], 0.3, size=(400, 2))
    p_values = np.array([compare_shares(int(a), 400, int(b), 900).p_value for a, b in hits])
    assert np.mean(p_values < 0.05) <= 0.08
    assert 0.4 <= np.mean(p_values < 0.5) <= 0.6


def test_clustered_tokens_need_their_design_effect() -> None:
    """Every unknown token is said five times: variance is five times that of independent ones."""
    rng = np.random.default_rng(1)
    hits = 5 * rng.binomial(2000, 0.02, size=(300, 2))
    alone = np.array([compare_shares(int(a), 10_000, int(b), 10_000).p_value for a, b in hits])
    bound = np.array([compare_shares(int(a), 10_000, int(b), 10_000, design_effect=5.0).p_value for a, b in hits])
    assert np.mean(alone < 0.05) > 0.3
    assert np.mean(bound < 0.05) <= 0.09


@pytest.mark.parametrize(("then", "now"), [((0, 0), (1, 2)), ((1, 2), (0, 0)), ((3, 2), (1, 2)), ((-1, 2), (1, 2))])
def test_no_rows_or_impossible_hits_say_nothing(then: tuple[int, int], now: tuple[int, int]) -> None:
    got = compare_shares(*then, *now)
    assert math.isnan(got.value)
    assert got.reason


@pytest.mark.parametrize("hits", [(0, 0), (10, 20)])
def test_all_or_none_have_not_changed(hits: tuple[int, int]) -> None:
    got = compare_shares(hits[0], 10, hits[1], 20)
    assert (got.value, got.effect, got.p_value) == (0.0, 0.0, 1.0)
    assert got.low < 0 < got.high


def _sums(values: np.ndarray) -> Sums:
    return Sums(len(values), float(values.sum()), float((values**2).sum()))


def test_means_agree_with_welch_in_scipy() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(3.0, 1.0, 40), rng.normal(3.4, 2.5, 90)
    got, expected = compare_means(_sums(x), _sums(y)), stats.ttest_ind(y, x, equal_var=False)
    interval = expected.confidence_interval()
    assert got.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert (got.low, got.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    pooled = math.sqrt((39 * x.var(ddof=1) + 89 * y.var(ddof=1)) / 128)
    assert got.effect == pytest.approx((y.mean() - x.mean()) / pooled)


def test_integer_sums_lose_nothing_far_from_zero() -> None:
    values = [10**9 + k for k in (0, 1, 2, 3, 4)]
    exact = Sums(5, sum(values), sum(v * v for v in values))
    assert exact.variance == 2.5
    assert compare_means(exact, exact).value == 0.0


def test_p_values_of_means_are_uniform() -> None:
    rng = np.random.default_rng(3)
    p_values = np.array(
        [compare_means(_sums(rng.exponential(size=80)), _sums(rng.exponential(size=150))).p_value for _ in range(300)]
    )
    assert np.mean(p_values < 0.05) <= 0.09
    assert 0.4 <= np.mean(p_values < 0.5) <= 0.6


@pytest.mark.parametrize(
    ("then", "now", "reason"),
    [
        (Sums(0, 0, 0), Sums(5, 5.0, 9.0), "less than two rows on the reference side"),
        (Sums(5, 5.0, 9.0), Sums(1, 1.0, 1.0), "less than two rows on the current side"),
        (Sums(5, math.nan, 9.0), Sums(5, 5.0, 9.0), "a sum is not a finite number"),
        (Sums(4, 4, 4), Sums(4, 8, 16), "all values of each side are the same: no spread to measure a difference by"),
    ],
)
def test_means_of_too_little_say_nothing(then: Sums, now: Sums, reason: str) -> None:
    got = compare_means(then, now)
    assert math.isnan(got.value)
    assert got.reason == reason
