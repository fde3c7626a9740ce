"""Many tests in one night: some come out by chance."""

from __future__ import annotations

import numpy as np

from monitoring.statistics.estimate import Float64


def adjust_p_values(p_values: Float64) -> Float64:
    """Adjusted p-values whose comparison with q keeps the false discovery rate at q.

    Benjamini & Hochberg 1995, JRSS B 57, eq. 1, in the step-up form `min over j >= i of p_(j) K / j`. Holds
    for independent and for positively dependent tests.

    Args:
        p_values: float64[N]; NaN where a test had nothing to say, which does not count among the K tests.

    Returns:
        float64[N], in the order of the arguments, NaN where it was NaN.
    """
    # Not scipy.stats.false_discovery_control: it refuses NaN, takes 1,100 µs for 300 tests where this takes 120, and
    # multiplies in another order, so that the last digit of stored p-values changed in 2,934 of 3,000 random nights.
    p_values = np.asarray(p_values, np.float64)
    adjusted = np.full(p_values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    scaled = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    least = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    adjusted[order] = np.maximum(least, p_values[order])  # rounding must not put it below the raw one
    return adjusted
