"""What must hold of the monitoring statistics whatever the counts."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitoring.statistics.design_effect import DesignEffect
from monitoring.statistics.divergence import Kind, compare_counts, shifted_cells
from monitoring.statistics.estimate import Estimate
from monitoring.statistics.label_shift import shares_by_confusion, shares_by_likelihood
from monitoring.statistics.mean_discrepancy import mean_discrepancy
from monitoring.statistics.multiple import adjust_p_values
from monitoring.statistics.new_words import find_new_words
from monitoring.statistics.rates import Sums, compare_means, compare_shares
from monitoring.statistics.two_sample import compare_rows, compare_texts
from monitoring.statistics.without_labels import expected_scores

Pair = tuple[NDArray[np.int64], NDArray[np.int64]]
KINDS: tuple[Kind, ...] = get_args(Kind)


@st.composite
def count_pairs(draw: st.DrawFn) -> Pair:
    """Two count vectors int64[B], sparse ones, huge ones and empty ones among them."""
    cells, seed = draw(st.integers(0, 90)), draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    sides = [
        rng.poisson(draw(st.sampled_from([0.0, 0.3, 5.0, 1e6])) * rng.gamma(0.3, 1.0, cells)).astype(np.int64)
        for _ in range(2)
    ]
    return sides[0], sides[1]


def _measure(x: NDArray[np.int64], y: NDArray[np.int64], kind: Kind, design: float = 1.0) -> Estimate:
    return compare_counts(x, y, kind, np.random.default_rng(0), DesignEffect(mean=design))


def _check(measured: Estimate) -> None:
    """A figure is whole, or NaN with a reason; nothing in between."""
    if math.isnan(measured.value):
        assert measured.reason
        return
    assert not measured.reason
    for number in (measured.value, measured.low, measured.high, measured.effect, measured.null_high):
        assert math.isfinite(number)
    assert measured.low <= measured.high
    assert measured.null_low <= measured.null_high
    assert 0.0 <= measured.p_value <= 1.0


@settings(max_examples=150, deadline=None)
@given(count_pairs(), st.sampled_from(KINDS), st.sampled_from([1.0, 1.7, 40.0]))
def test_a_divergence_is_whole_or_says_why_not(pair: Pair, kind: Kind, design: float) -> None:
    got = _measure(*pair, kind, design)
    _check(got)
    if got.known:
        assert got.value >= 0.0
        assert kind != "js" or got.value <= 1.0 + 1e-12


@settings(max_examples=60, deadline=None)
@given(count_pairs(), st.sampled_from(("psi", "js")))
def test_psi_and_js_are_symmetric(pair: Pair, kind: Kind) -> None:
    one, other = _measure(*pair, kind), _measure(*pair[::-1], kind)
    assert one.value == pytest.approx(other.value, abs=1e-9, nan_ok=True)
    assert one.value - one.effect == pytest.approx(other.value - other.effect, rel=0.1, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(count_pairs(), st.sampled_from(KINDS), st.integers(0, 2**32 - 1))
def test_the_order_of_cells_and_empty_cells_do_not_matter(pair: Pair, kind: Kind, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(pair[0]))
    moved = (np.concatenate([side[order], [0, 0]]) for side in pair)
    one, other = _measure(*pair, kind), _measure(*moved, kind)
    assert one.value == pytest.approx(other.value, abs=1e-9, nan_ok=True)
    assert one.null_high == pytest.approx(other.null_high, rel=0.1, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(count_pairs())
def test_merging_cells_hides_but_never_makes_a_difference(pair: Pair) -> None:
    fine = _measure(*pair, "js")
    half = -(-len(pair[0]) // 2)
    coarse = _measure(*(np.add.reduceat(side, np.arange(0, len(side), 2)) if half else side for side in pair), "js")
    if coarse.known:
        assert coarse.value <= fine.value + 1e-12


@settings(max_examples=60, deadline=None)
@given(count_pairs(), st.sampled_from(KINDS))
def test_nothing_is_as_near_as_itself(pair: Pair, kind: Kind) -> None:
    got = _measure(pair[0], pair[0], kind)
    assert not got.known or got.value == pytest.approx(0.0, abs=1e-12)
    assert not got.known or got.p_value > 0.9
    assert shifted_cells(pair[0], pair[0], 3) == ()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=40))
def test_adjusted_p_values_keep_the_order_and_never_fall_below(p_values: list[float]) -> None:
    raw = np.array(p_values, np.float64)
    adjusted = adjust_p_values(raw)
    tested = ~np.isnan(raw)
    assert (np.isnan(adjusted) == ~tested).all()
    assert (adjusted[tested] >= raw[tested]).all()
    assert (adjusted[tested] <= 1.0).all()
    assert (np.diff(adjusted[tested][np.argsort(raw[tested], kind="stable")]) >= 0).all()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.floats(0, 1), st.floats(0, 1), st.sampled_from([1.0, 3.5]))
def test_a_difference_of_shares_is_whole_and_turns_its_sign(n: int, m: int, p: float, q: float, effect: float) -> None:
    hits, now = round(p * n), round(q * m)
    got = compare_shares(hits, n, now, m, design_effect=effect)
    back = compare_shares(now, m, hits, n, design_effect=effect)
    _check(got)
    if got.known:
        assert -1 <= got.low <= got.value <= got.high <= 1
        assert (back.value, back.low, back.high) == pytest.approx((-got.value, -got.high, -got.low), abs=1e-12)
        assert back.p_value == pytest.approx(got.p_value, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(*(st.lists(st.integers(-5, 5), max_size=8) for _ in range(2)))
def test_a_difference_of_means_is_whole_or_says_why_not(x: list[int], y: list[int]) -> None:
    got = compare_means(*(Sums(len(side), sum(side), sum(v * v for v in side)) for side in (x, y)))
    _check(got)
    assert not got.known or got.low <= got.value <= got.high


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 25), st.integers(0, 25), st.sampled_from([0.0, 0.5, 1.0]))
def test_tests_on_embeddings_are_whole_or_say_why_not(seed: int, n: int, m: int, lost: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-2, 3, (rows, 2)).astype(np.float32) for rows in (n, m))
    x[rng.random(n) < lost] = np.nan
    _check(mean_discrepancy(x, y, rng, 30))
    _check(compare_rows(x, y, rng))


@settings(max_examples=40, deadline=None)
@given(*(st.lists(st.text("好坏yY😂，0 ", max_size=6), max_size=30) for _ in range(2)))
def test_tests_on_texts_are_whole_or_say_why_not(before: list[str], now: list[str]) -> None:
    _check(compare_texts(before, now, np.random.default_rng(0)))
    found = find_new_words(before, now)
    assert found.reason or found.tested >= len(found.words)
    for word in found.words:
        assert all(word.text in now[row].lower() for row in word.examples)
        assert word.now.low <= word.now.value <= word.now.high


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.integers(1, 4), st.sampled_from([0.0, 0.3, 1.0]))
def test_shares_and_expected_scores_stay_in_bounds(seed: int, rows: int, classes: int, lost: float) -> None:
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(classes, 0.2), rows)
    probs[rng.random(rows) < lost] = np.nan
    shift = shares_by_likelihood(probs, np.full(classes, 1 / classes), rng, 10)
    by_confusion = shares_by_confusion(rng.poisson(3.0, (classes, classes)), rng.poisson(3.0, classes), rng, 10)
    for estimate in (shift, by_confusion):
        assert bool(estimate.shares) != bool(estimate.reason)
        assert not estimate.shares or sum(s.value for s in estimate.shares) == pytest.approx(1.0)
        assert all(0 <= s.low <= s.high <= 1 for s in estimate.shares)
    scores = expected_scores(probs, rng, 10)
    for figure in (scores.accuracy, scores.macro_f1, *(each.f1 for each in scores.classes)):
        assert (0 <= figure.low <= figure.high <= 1) if figure.known else figure.reason
