from __future__ import annotations

import math

import numpy as np

from monitoring.statistics.estimate import Estimate, finite_rows, unknown


def test_an_estimate_without_a_value_says_why() -> None:
    nothing = unknown("no rows", 3, 4)
    assert not nothing.known
    assert (nothing.reason, nothing.n, nothing.m) == ("no rows", 3, 4)
    assert all(math.isnan(each) for each in (nothing.low, nothing.high, nothing.effect, nothing.p_value))


def test_a_value_is_enough_to_be_known() -> None:
    assert Estimate(0.0).known
    assert Estimate(0.0).reason == ""


def test_rows_with_a_hole_are_left_out() -> None:
    rows = np.array([[1, 2], [np.nan, 1], [3, np.inf], [4, 5]], np.float32)
    assert finite_rows(rows).tolist() == [[1.0, 2.0], [4.0, 5.0]]
    assert finite_rows(rows).dtype == np.float64
