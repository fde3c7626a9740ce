"""Temperature scaling and the softmax."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from models.calibration import MAX_TEMPERATURE, MIN_TEMPERATURE, fit_temperature, softmax
from storage.errors import BundleError, TrainingError


def _draw(rows: int, classes: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits, and labels that come true exactly as often as their softmax says."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2.0, size=(rows, classes))
    cumulative = softmax(logits).astype(np.float64).cumsum(axis=1)
    gold = (cumulative < rng.random((rows, 1))).sum(axis=1).clip(0, classes - 1)
    return logits, gold.astype(np.int64)


class TestSoftmax:
    def test_hand_worked(self) -> None:
        logits = np.log(np.array([[1.0, 3.0], [4.0, 1.0]]))
        np.testing.assert_allclose(softmax(logits), [[0.25, 0.75], [0.8, 0.2]], rtol=1e-6)
        np.testing.assert_allclose(softmax(logits, 0.5), [[0.1, 0.9], [16 / 17, 1 / 17]], rtol=1e-6)

    def test_is_float32_and_leaves_its_input_alone(self) -> None:
        logits = np.array([[1.0, 2.0]], np.float32)
        assert softmax(logits, 2.0).dtype == np.float32
        np.testing.assert_array_equal(logits, [[1.0, 2.0]])

    @pytest.mark.parametrize("size", [1e4, 3e38, 1.7e308])
    def test_huge_logits_do_not_overflow(self, size: float) -> None:
        np.testing.assert_array_equal(softmax(np.array([[size, -size]]), 0.05), [[1.0, 0.0]])

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_a_row_that_failed_is_nan_throughout(self, bad: float) -> None:
        probs = softmax(np.array([[0.0, bad], [bad, bad], [0.0, 0.0]]))
        assert np.isnan(probs[:2]).all()
        np.testing.assert_array_equal(probs[2], [0.5, 0.5])

    def test_no_rows(self) -> None:
        assert softmax(np.zeros((0, 3), np.float32)).shape == (0, 3)

    @pytest.mark.parametrize("temperature", [0.0, -1.0, np.nan, np.inf])
    def test_refuses_an_impossible_temperature(self, temperature: float) -> None:
        with pytest.raises(BundleError, match="temperature"):
            softmax(np.zeros((1, 2)), temperature)

    @pytest.mark.parametrize("shape", [(3,), (3, 0), (1, 2, 3)])
    def test_refuses_other_shapes(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(BundleError, match="shape"):
            softmax(np.zeros(shape))


class TestFitTemperature:
    @pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
    @pytest.mark.parametrize("classes", [2, 6])
    def test_recovers_a_known_temperature(self, temperature: float, classes: int) -> None:
        logits, gold = _draw(20_000, classes, seed=1)
        assert fit_temperature(logits * temperature, gold) == pytest.approx(temperature, rel=0.04)

    def test_is_the_minimum_that_a_fine_grid_finds(self) -> None:
        logits, gold = _draw(300, 4, seed=2)
        grid = np.exp(np.linspace(np.log(0.5), np.log(2.0), 501))
        losses = [
            log_loss(gold, p / p.sum(axis=1, keepdims=True), labels=range(4))
            for p in (softmax(logits, float(t)).astype(np.float64) for t in grid)
        ]
        assert fit_temperature(logits, gold) == pytest.approx(grid[int(np.argmin(losses))], rel=3e-3)

    def test_hand_worked(self) -> None:
        # Three of four right with one margin m: the best fit says 3/4, so m / T = ln 3.
        logits = np.array([[2.0, 0.0]] * 4)
        assert fit_temperature(logits, np.array([0, 0, 0, 1])) == pytest.approx(2.0 / np.log(3.0), rel=1e-8)

    @pytest.mark.parametrize("rows", [1, 50])
    def test_every_row_right_leaves_the_logits_alone(self, rows: int) -> None:
        assert fit_temperature(np.tile([3.0, 1.0, 0.0], (rows, 1)), np.zeros(rows, np.int64)) == 1.0

    def test_one_class_with_a_wrong_row_is_an_ordinary_fit(self) -> None:
        logits = np.array([[1.0, 0.0], [1.0, 0.0], [-0.5, 0.0]])
        temperature = fit_temperature(logits, np.zeros(3, np.int64))
        assert MIN_TEMPERATURE < temperature < MAX_TEMPERATURE

    def test_logits_that_tell_nothing(self) -> None:
        assert fit_temperature(np.ones((4, 3)), np.array([0, 1, 2, 0])) == 1.0

    def test_worse_than_chance_is_as_humble_as_allowed(self) -> None:
        assert fit_temperature(np.array([[5.0, 0.0]] * 3), np.array([1, 1, 0])) == MAX_TEMPERATURE

    def test_hesitant_and_almost_always_right_meets_the_lower_bound(self) -> None:
        logits = np.array([[0.01, 0.0]] * 99 + [[0.01, 0.0]])
        gold = np.array([0] * 99 + [1])
        assert fit_temperature(logits, gold) == MIN_TEMPERATURE

    def test_rows_that_failed_are_left_out(self) -> None:
        logits, gold = _draw(200, 3, seed=3)
        failed = np.array([[np.nan, 0.0, 0.0], [0.0, -np.inf, 0.0]])
        with_failed = fit_temperature(np.vstack([logits, failed]), np.append(gold, [1, 1]))
        assert with_failed == fit_temperature(logits, gold)

    @pytest.mark.parametrize(
        ("logits", "gold"),
        [
            (np.zeros((2, 3)), np.array([0])),
            (np.zeros(3), np.array([0, 1, 2])),
            (np.zeros((2, 3)), np.array([0, 3])),
            (np.zeros((2, 3)), np.array([0, -1])),
            (np.zeros((2, 3)), np.array([0.0, 1.0])),
            (np.zeros((0, 3)), np.zeros(0, np.int64)),
            (np.full((2, 3), np.nan), np.array([0, 1])),
        ],
        ids=["rows", "rank", "too-large", "negative", "not-integers", "empty", "all-failed"],
    )
    def test_refuses(self, logits: NDArray[np.float64], gold: NDArray[np.int64]) -> None:
        with pytest.raises(TrainingError):
            fit_temperature(logits, gold)
