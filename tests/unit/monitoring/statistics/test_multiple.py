"""Benjamini-Hochberg."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from monitoring.statistics.multiple import adjust_p_values


def test_agrees_with_scipy() -> None:
    p_values = np.random.default_rng(0).random(200) ** 2
    np.testing.assert_allclose(adjust_p_values(p_values), false_discovery_control(p_values), atol=1e-12)


def test_by_hand() -> None:
    assert adjust_p_values(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.04, 0.03, 0.04])


def test_what_was_not_tested_does_not_count() -> None:
    adjusted = adjust_p_values(np.array([0.04, math.nan, 0.01, 0.03]))
    assert math.isnan(adjusted[1])
    assert adjusted[[0, 2, 3]] == pytest.approx([0.04, 0.03, 0.04])
    assert len(adjust_p_values(np.zeros(0))) == 0
    assert np.isnan(adjust_p_values(np.full(3, np.nan))).all()
