"""Calibration errors of all classes, without bias and without bins, against written-out sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from models.evaluation.calibration_error import calibration_error, equal_mass_edges, equal_width_edges
from models.evaluation.calibration_variants import classwise_error, debiased_error, smooth_error


def _top(seed: int, rows: int, gap: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    confidence = 0.5 + 0.5 * rng.beta(4.0, 2.0, rows)
    return confidence, rng.random(rows) < confidence - gap


def test_classwise_is_the_mean_of_the_classes_errors() -> None:
    rng = np.random.default_rng(0)
    probs, gold = rng.dirichlet([1.0, 1.0, 2.0], 400), rng.integers(0, 3, 400)
    errors = [
        calibration_error(probs[:, c], gold == c, equal_width_edges(), np.random.default_rng(0)).interval.value
        for c in range(3)
    ]
    got = classwise_error(probs, gold, np.random.default_rng(0))
    assert got.interval.value == pytest.approx(np.mean(errors), abs=1e-12)


def test_debiased_takes_the_variance_of_each_bin_off() -> None:
    confidence, correct = _top(1, 300)
    edges = equal_mass_edges(confidence)
    bins = np.searchsorted(edges[1:-1], confidence, side="left")
    total = 0.0
    for b in range(15):
        said, right = confidence[bins == b], correct[bins == b]
        a, n = right.mean(), len(right)
        total += n / 300 * ((a - said.mean()) ** 2 - a * (1 - a) / (n - 1))
    got = debiased_error(confidence, correct, edges, np.random.default_rng(0))
    assert got.interval.value == pytest.approx(math.sqrt(max(0.0, total)), abs=1e-12)


def test_debiased_does_not_grow_where_rows_are_few() -> None:
    """The plug-in square is half as large again here."""
    squares = []
    for seed in range(60):
        confidence, correct = _top(seed, 60, 0.15)
        edges = equal_mass_edges(confidence, 6)
        squares.append(debiased_error(confidence, correct, edges, np.random.default_rng(0)).interval.value ** 2)
    assert np.mean(squares) == pytest.approx(0.15**2, rel=0.2)


def test_smooth_error_is_the_fixed_point_written_out() -> None:
    """Each residual spreads as a Gaussian that is reflected at 0 and 1; the width is the error."""
    confidence, correct = _top(2, 500, 0.1)
    width = smooth_error(confidence, correct, np.random.default_rng(0)).interval.value
    grid = (np.arange(2000) + 0.5) / 2000
    density = np.zeros(2000)
    for mirror in range(-2, 3):
        for image in (2 * mirror + confidence, 2 * mirror - confidence):
            kernel = np.exp(-((grid[:, None] - image) ** 2) / 2 / width**2) / width / math.sqrt(2 * math.pi)
            density += kernel @ (correct - confidence)
    assert np.abs(density).mean() / 500 == pytest.approx(width, abs=2e-3)


def test_a_shift_of_all_confidences_is_what_all_measure() -> None:
    confidence, correct = _top(3, 20_000, 0.1)
    rng = np.random.default_rng(0)
    for error in (
        smooth_error(confidence, correct, rng),
        debiased_error(confidence, correct, equal_width_edges(), rng),
    ):
        assert error.interval.value == pytest.approx(0.1, abs=0.01)
        assert error.interval.low < 0.1 < error.interval.high
        assert error.p_value < 0.01
        assert error.interval.value > error.noise_floor > error.noise_mean


def test_a_calibrated_model_stays_under_the_floor() -> None:
    rng = np.random.default_rng(4)
    under = np.zeros(3)
    for seed in range(40):
        confidence, correct = _top(seed, 300)
        probs = np.stack([confidence, 1 - confidence], axis=1)
        errors = (
            classwise_error(probs, np.where(correct, 0, 1), rng),
            debiased_error(confidence, correct, equal_mass_edges(confidence), rng),
            smooth_error(confidence, correct, rng),
        )
        under += [error.interval.value <= error.noise_floor for error in errors]
    assert (under >= 34).all()  # 38 expected; fewer than 34 once in 100


def test_p_value_and_floor_agree() -> None:
    for seed in range(20):
        error = calibration_error(*_top(seed, 200), equal_width_edges(), np.random.default_rng(seed))
        assert (error.interval.value > error.noise_floor) == (error.p_value < 0.051)
        assert error.noise_mean < error.noise_floor


def test_no_rows() -> None:
    rng, none = np.random.default_rng(0), np.zeros(0)
    for error in (
        classwise_error(np.zeros((0, 3)), np.zeros(0, np.int64), rng),
        debiased_error(none, np.zeros(0, np.bool_), equal_width_edges(), rng),
        smooth_error(none, np.zeros(0, np.bool_), rng),
    ):
        assert math.isnan(error.interval.value)
        assert math.isnan(error.p_value)


def test_always_sure_and_always_right() -> None:
    sure, right = np.ones(10), np.ones(10, np.bool_)
    rng = np.random.default_rng(0)
    assert debiased_error(sure, right, equal_width_edges(), rng).interval.value == 0.0
    assert smooth_error(sure, right, rng).interval.value == pytest.approx(0.0, abs=3e-4)
    assert classwise_error(np.eye(2)[[0] * 10], np.zeros(10, np.int64), rng).interval.value == 0.0
