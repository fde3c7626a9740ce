"""Intervals against published or closed-form values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.evaluation.intervals import mean_interval, percentile_interval, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_against_newcombe(successes: int, trials: int, low: float, high: float) -> None:
    figure = wilson(successes, trials)
    assert figure.value == successes / trials
    assert figure.low == pytest.approx(low, abs=5e-5)
    assert figure.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 7), (7, 7), (10**9, 10**9)])
def test_wilson_stays_in_bounds_and_keeps_its_width_at_the_ends(successes: int, trials: int) -> None:
    figure = wilson(successes, trials)
    assert 0.0 <= figure.low <= figure.value <= figure.high <= 1.0
    assert figure.low < figure.high


def test_wilson_without_trials() -> None:
    figure = wilson(0, 0)
    assert math.isnan(figure.value)
    assert math.isnan(figure.low)


def test_mean_figure_hand_worked() -> None:
    figure = mean_interval(np.array([1.0, 2.0, 3.0, 4.0]))
    half = 1.959964 * math.sqrt(5 / 3) / 2
    assert figure.value == 2.5
    assert (figure.low, figure.high) == pytest.approx((2.5 - half, 2.5 + half), rel=1e-6)


def test_mean_figure_of_one_value_has_no_interval() -> None:
    figure = mean_interval(np.array([0.4]))
    assert figure.value == 0.4
    assert math.isnan(figure.low)
    assert math.isnan(mean_interval(np.array([])).value)


def test_percentile_figure() -> None:
    figure = percentile_interval(0.5, np.linspace(0.0, 1.0, 1001))
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.5, 0.025, 0.975))
