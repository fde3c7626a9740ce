"""Divergences of counts: their values, their null, and what they say of a change."""

from __future__ import annotations

import math
import time
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import jensenshannon

from monitoring.statistics.design_effect import DesignEffect
from monitoring.statistics.divergence import SMOOTHING, Kind, compare_counts, shifted_cells

KINDS: tuple[Kind, ...] = get_args(Kind)
CLASSES = np.array([0.55, 0.2, 0.12, 0.08, 0.05])


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _zipf(size: int) -> NDArray[np.float64]:
    share = 1 / np.arange(1, size + 1) ** 1.05
    return share / share.sum()


def test_values_agree_with_scipy() -> None:
    x, y = np.array([50, 30, 0, 20, 7]), np.array([10, 60, 5, 25, 0])
    p, q = x / x.sum(), y / y.sum()
    js = compare_counts(x, y, "js", _rng())
    assert js.value == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-12)
    smooth_p, smooth_q = ((c + SMOOTHING) / (c.sum() + 5 * SMOOTHING) for c in (x, y))
    kl = compare_counts(x, y, "kl", _rng())
    assert kl.value == pytest.approx(stats.entropy(smooth_q, smooth_p), abs=1e-12)
    psi = compare_counts(x, y, "psi", _rng())
    both = stats.entropy(smooth_q, smooth_p) + stats.entropy(smooth_p, smooth_q)
    assert psi.value == pytest.approx(both, abs=1e-12)


def test_psi_of_two_bins_by_hand() -> None:
    got = compare_counts(np.array([500, 500]), np.array([750, 250]), "psi", _rng())
    p, q = np.array([500.5, 500.5]) / 1001, np.array([750.5, 250.5]) / 1001
    assert got.value == pytest.approx(float(((q - p) * np.log(q / p)).sum()), abs=1e-12)


def test_full_cells_give_the_chi_square_of_yurdakul() -> None:
    n, m = 30_000, 20_000
    x, y = _rng(1).multinomial(n, CLASSES), _rng(2).multinomial(m, CLASSES)
    got = compare_counts(x, y, "psi", _rng())
    scale = 1 / n + 1 / m
    assert got.null_high == pytest.approx(scale * stats.chi2.ppf(0.95, 4), rel=2e-3)
    assert got.p_value == pytest.approx(stats.chi2_contingency([x, y]).pvalue, abs=2e-3)
    assert got.value - got.effect == pytest.approx(scale * 4, rel=2e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "m"), [(60, 40), (3000, 150), (20_000, 30_000)])
def test_p_values_of_classes_are_uniform(kind: Kind, n: int, m: int) -> None:
    rng = _rng(5)
    p_values = [
        compare_counts(rng.multinomial(n, CLASSES), rng.multinomial(m, CLASSES), kind, rng).p_value for _ in range(150)
    ]
    assert np.mean(np.array(p_values) < 0.05) <= 0.10  # 7.5 of 150 expected, more than 15 once in 150
    assert 0.36 <= np.mean(np.array(p_values) < 0.5) <= 0.64  # three and a half standard errors


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "m"), [(20_000, 20_000), (200_000, 5_000)])
def test_null_of_a_vocabulary_is_what_draws_give(kind: Kind, n: int, m: int) -> None:
    """Nine of ten cells are nearly empty: the chi-square would be far off, and so would shares resampled."""
    rng, share = _rng(6), _zipf(8000)
    got = [compare_counts(rng.multinomial(n, share), rng.multinomial(m, share), kind, rng) for _ in range(60)]
    values, means = np.array([g.value for g in got]), np.array([g.value - g.effect for g in got])
    assert values.mean() == pytest.approx(means.mean(), rel=0.01)
    assert sum(g.p_value < 0.05 for g in got) <= 8  # 3 expected, more than 8 once in 300
    assert 16 <= sum(g.p_value < 0.5 for g in got) <= 44


def test_interval_covers_the_true_divergence() -> None:
    rng, now = _rng(7), np.array([0.45, 0.25, 0.15, 0.1, 0.05])
    truth = jensenshannon(CLASSES, now, base=2) ** 2
    got = [compare_counts(rng.multinomial(1500, CLASSES), rng.multinomial(800, now), "js", rng) for _ in range(100)]
    assert sum(g.low <= truth <= g.high for g in got) >= 87
    assert np.mean([g.effect for g in got]) == pytest.approx(truth, rel=0.1)


def test_a_shift_is_found_and_named() -> None:
    rng, now = _rng(8), _zipf(5000)
    now[3000] += 0.01
    x, y = rng.multinomial(50_000, _zipf(5000)), rng.multinomial(50_000, now / now.sum())
    got = compare_counts(x, y, "js", rng)
    assert got.p_value < 1e-4
    assert got.value > got.null_high
    first = shifted_cells(x, y, 3)[0]
    assert first.cell == 3000
    assert first.contribution > 0
    assert first.now == y[3000] / 50_000


def test_parts_sum_to_the_divergence_and_signs_point_the_way() -> None:
    x, y = np.array([50, 30, 0, 20, 0]), np.array([10, 60, 5, 25, 0])
    shifts = shifted_cells(x, y, 10)
    assert sum(abs(s.contribution) for s in shifts) == pytest.approx(compare_counts(x, y, "js", _rng()).value)
    assert sum(s.part for s in shifts) == pytest.approx(1.0)
    assert {s.cell: s.contribution > 0 for s in shifts} == {0: False, 1: True, 2: True, 3: True}
    assert [abs(s.contribution) for s in shifts] == sorted((abs(s.contribution) for s in shifts), reverse=True)


def test_a_design_effect_widens_the_null() -> None:
    x, y = _rng(1).multinomial(30_000, CLASSES), _rng(2).multinomial(20_000, CLASSES)
    alone = compare_counts(x, y, "js", _rng())
    bound = compare_counts(x, y, "js", _rng(), DesignEffect(mean=3.0))
    assert bound.value == alone.value
    assert bound.null_high == pytest.approx(3 * alone.null_high, rel=0.01)
    assert bound.n == pytest.approx(10_000)


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([0, 0], [3, 4], "no counts on the reference side"),
        ([3, 4], [0, 0], "no counts on the current side"),
        ([], [], "no counts on the reference side"),
        ([5, 0], [7, 0], "only one cell has counts"),
        ([5, -1], [7, 3], "a count is negative or not a number"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_said_where_nothing_can_be(x: list[int], y: list[int], reason: str, kind: Kind) -> None:
    got = compare_counts(np.array(x, np.int64), np.array(y, np.int64), kind, _rng())
    assert math.isnan(got.value)
    assert not got.known
    assert got.reason == reason
    assert math.isnan(got.p_value)


def test_no_counts_have_no_shifts() -> None:
    assert shifted_cells(np.array([0, 0]), np.array([1, 2]), 5) == ()
    assert shifted_cells(np.array([1, 2]), np.array([1, 2]), 5) == ()


def test_disjoint_sides_are_one_bit_apart() -> None:
    got = compare_counts(np.array([900, 0]), np.array([0, 900]), "js", _rng())
    assert got.value == pytest.approx(1.0)
    assert got.high <= 1.0
    assert got.p_value < 1e-3


def test_a_vocabulary_takes_milliseconds() -> None:
    rng, share = _rng(9), _zipf(21_128)
    x, y = rng.multinomial(2_000_000, share), rng.multinomial(100_000, share)
    compare_counts(x, y, "js", rng)  # imports
    start = time.process_time()
    compare_counts(x, y, "js", rng)
    assert time.process_time() - start < 0.25  # 20 to 40 ms on a quiet machine
