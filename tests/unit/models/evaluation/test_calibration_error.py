"""Calibration error, its noise floor and its interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve

from models.evaluation.calibration_error import (
    CalibrationError,
    calibration_error,
    confidence_histogram,
    equal_mass_edges,
    equal_width_edges,
    reliability_bins,
)


def _calibrated(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    confidence = 0.5 + 0.5 * rng.beta(4.0, 2.0, rows)
    return confidence, rng.random(rows) < confidence


def _error(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> CalibrationError:
    return calibration_error(confidence, correct, equal_width_edges(), np.random.default_rng(0))


@pytest.mark.parametrize(("strategy", "mass"), [("uniform", False), ("quantile", True)])
def test_bins_and_error_agree_with_sklearn(strategy: str, mass: bool) -> None:
    confidence, correct = _calibrated(700, seed=1)
    confidence[:50] = np.repeat([0.6, 2 / 3, 0.8, 1.0, 11 / 15], 10)  # on the edges of bins
    edges = equal_mass_edges(confidence) if mass else equal_width_edges()
    bins = [b for b in reliability_bins(confidence, correct, edges) if b.count]
    accuracy, mean = calibration_curve(correct, confidence, n_bins=15, strategy=strategy)
    np.testing.assert_allclose([b.accuracy.value for b in bins], accuracy, atol=1e-12)
    np.testing.assert_allclose([b.confidence for b in bins], mean, atol=1e-12)
    expected = sum(b.count * abs(a - m) for b, a, m in zip(bins, accuracy, mean, strict=True)) / 700
    got = calibration_error(confidence, correct, edges, np.random.default_rng(0))
    assert got.interval.value == pytest.approx(expected, abs=1e-12)


def test_equal_mass_bins_hold_equal_numbers() -> None:
    confidence, correct = _calibrated(1500, seed=2)
    bins = reliability_bins(confidence, correct, equal_mass_edges(confidence))
    assert {b.count for b in bins} == {100}


def test_a_calibrated_model_stays_under_its_noise_floor() -> None:
    errors = [_error(*_calibrated(500, seed)) for seed in range(60)]
    under = sum(error.interval.value <= error.noise_floor for error in errors)
    assert under >= 53  # 57 expected; fewer than 53 once in 80


def test_noise_floor_is_that_of_labels_drawn_row_by_row() -> None:
    confidence, correct = _calibrated(300, seed=3)
    rng = np.random.default_rng(4)
    drawn = [
        sum(
            b.count * abs(b.accuracy.value - b.confidence)
            for b in reliability_bins(confidence, rng.random(300) < confidence, equal_width_edges())
            if b.count
        )
        / 300
        for _ in range(1000)
    ]
    assert _error(confidence, correct).noise_floor == pytest.approx(np.quantile(drawn, 0.95), rel=0.06)


def test_an_overconfident_model_rises_above_it() -> None:
    confidence, correct = _calibrated(2000, seed=5)
    error = _error(1.0 - (1.0 - confidence) ** 2, correct)
    assert error.interval.value > 2 * error.noise_floor
    assert error.interval.low > 0.0


@pytest.mark.parametrize(("rows", "gap"), [(800, 0.08), (200, 0.05)])
def test_interval_covers_the_true_error(rows: int, gap: float) -> None:
    covered = 0
    for seed in range(60):
        confidence, _ = _calibrated(rows, seed)
        correct = np.random.default_rng(100 + seed).random(rows) < confidence - gap
        figure = _error(confidence, correct).interval
        covered += figure.low <= gap <= figure.high
    assert covered >= 52  # 57 expected; a percentile interval covers 45 of the smaller sets


def test_interval_within_the_noise_reaches_zero_and_holds_its_value() -> None:
    for seed in range(20):
        error = _error(*_calibrated(200, seed))
        assert error.interval.low <= error.interval.value <= error.interval.high
        assert error.interval.value > error.noise_floor or error.interval.low == 0.0


def test_always_sure_and_always_right() -> None:
    error = _error(np.ones(10), np.ones(10, np.bool_))
    assert (error.interval.value, error.interval.low, error.interval.high, error.noise_floor) == (0, 0, 0, 0)


def test_no_rows() -> None:
    error = _error(np.zeros(0), np.zeros(0, np.bool_))
    assert math.isnan(error.interval.value)
    assert math.isnan(error.noise_floor)
    assert len(equal_mass_edges(np.zeros(0))) == 16


def test_reliability_bins_have_wilson_intervals_and_keep_empty_ones() -> None:
    bins = reliability_bins(np.array([0.99, 0.98, 0.5]), np.array([True, True, False]), equal_width_edges())
    assert [b.count for b in bins if b.count] == [1, 2]
    assert len(bins) == 15
    assert bins[-1].accuracy.low == pytest.approx(0.3424, abs=1e-4)
    assert math.isnan(bins[0].confidence)


def test_confidence_histogram() -> None:
    bins = confidence_histogram(np.array([0.951, 1.0, 0.95, 0.3]), np.array([True, False, True, False]))
    assert [(round(b.high, 2), b.right, b.wrong) for b in bins if b.right or b.wrong] == [
        (0.3, 0, 1),
        (0.95, 1, 0),
        (1.0, 1, 1),
    ]
