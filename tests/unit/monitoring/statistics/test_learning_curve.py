"""Learning curves: known ones come back, bands hold what they promise, nothing ever falls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitoring.statistics.learning_curve import MIN_SIZES, USEFUL_WIDTH, fit_power_laws, project

SIZES = np.array([200, 400, 600, 800, 1000])
CURVES = [(0.75, 1.5, 0.4), (0.7, 0.5, 0.2), (0.9, 20.0, 1.0)]


def curve(limit: float, fall: float, rate: float, sizes: NDArray[np.int64] = SIZES) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = limit - fall * sizes.astype(np.float64) ** -rate
    return scores


@pytest.mark.parametrize("law", CURVES)
def test_a_known_curve_comes_back(law: tuple[float, float, float]) -> None:
    found = fit_power_laws(SIZES, curve(*law)[None, :], np.ones(5))
    for size in (200, 1000, 1500, 3000):
        assert found.at(size)[0] == pytest.approx(curve(*law, np.array([size]))[0], abs=5e-4)


def test_many_curves_at_once_are_each_their_own() -> None:
    together = fit_power_laws(SIZES, np.stack([curve(*law) for law in CURVES]), np.ones(5))
    for place, law in enumerate(CURVES):
        alone = fit_power_laws(SIZES, curve(*law)[None, :], np.ones(5))
        assert together.at(1500)[place] == pytest.approx(alone.at(1500)[0], abs=1e-12)


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1), st.floats(0.01, 100)), min_size=2, max_size=8),
    st.integers(1, 10**6),
)
def test_no_fitted_curve_falls_or_passes_one(points: list[tuple[int, float, float]], more: int) -> None:
    sizes, scores, weights = (np.array(each) for each in zip(*points, strict=True))
    if len(set(sizes.tolist())) < 2:
        return
    found = fit_power_laws(sizes, scores[None, :], weights)
    last = int(sizes.max())
    assert 0 <= (found.at(last + more) - found.at(last))[0] <= 1
    assert found.limit[0] <= 1 + 1e-9
    assert np.isfinite(found.at(last)).all()


def test_points_that_fall_give_a_flat_curve() -> None:
    found = fit_power_laws(SIZES, np.array([[0.8, 0.7, 0.6, 0.5, 0.4]]), np.ones(5))
    assert found.fall[0] == 0
    assert found.at(5000)[0] == pytest.approx(0.6)


def test_a_point_without_weight_does_not_count() -> None:
    spoiled = curve(*CURVES[0])
    spoiled[1] += 0.2
    found = fit_power_laws(SIZES, spoiled[None, :], np.array([1.0, 1e-9, 1.0, 1.0, 1.0]))
    assert found.at(1500)[0] == pytest.approx(curve(*CURVES[0], np.array([1500]))[0], abs=1e-3)


@pytest.mark.parametrize("shown", [0.005, 0.0], ids=["replicates show the luck of training", "they don't"])
@pytest.mark.parametrize("law", CURVES[:2])
def test_the_band_holds_the_truth_as_often_as_it_says(law: tuple[float, float, float], shown: float) -> None:
    rng, trials, held = np.random.default_rng(0), 120, 0
    truth = curve(*law, np.array([1500]))[0] - curve(*law)[-1]
    for _ in range(trials):
        scores = curve(*law) + rng.normal(0, 0.012) + rng.normal(0, 0.005, 5)
        drawn = scores + rng.normal(0, 0.012, (200, 1)) + rng.normal(0, max(shown, 1e-4), (200, 5))
        found = project(SIZES, scores, drawn, 500, rng, of_one=not shown)
        held += found.gain.low <= truth <= found.gain.high
    assert held / trials >= (0.9 if shown else 0.8)  # with two points to spare chance is known but roughly


def test_too_few_points_tell_nothing() -> None:
    rng = np.random.default_rng(0)
    for sizes in (np.zeros(0, np.int64), np.array([200, 400]), np.array([200, 400, 400])):
        scores = np.full(len(sizes), 0.5)
        found = project(sizes, scores, np.tile(scores, (10, 1)), 500, rng)
        assert (found.told, found.sizes) == (False, len(set(sizes.tolist())))
        assert math.isnan(found.gain.value)


def test_a_wide_band_is_not_told() -> None:
    rng = np.random.default_rng(0)
    scores = curve(*CURVES[0])
    narrow, wide = (project(SIZES, scores, scores + rng.normal(0, sd, (300, 5)), 500, rng) for sd in (0.002, 0.1))
    assert (narrow.told, wide.told) == (True, False)
    assert wide.gain.high - wide.gain.low > USEFUL_WIDTH > narrow.gain.high - narrow.gain.low
    assert (narrow.size, narrow.more) == (1000, 500)


def test_far_ahead_is_not_told() -> None:
    rng = np.random.default_rng(0)
    scores = curve(*CURVES[0])
    drawn = scores + rng.normal(0, 0.002, (300, 5))
    assert [project(SIZES, scores, drawn, more, rng).told for more in (2000, 2001)] == [True, False]


def test_three_points_of_one_training_each_are_not_told() -> None:
    rng = np.random.default_rng(0)
    scores = curve(*CURVES[0])[:MIN_SIZES]
    drawn = scores + rng.normal(0, 0.01, (300, 1))
    assert project(SIZES[:MIN_SIZES], scores, drawn, 500, rng).told
    assert not project(SIZES[:MIN_SIZES], scores, drawn, 500, rng, of_one=True).told
