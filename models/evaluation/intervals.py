"""95 % intervals."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.record import Interval

RESAMPLES: Final = 1000
"""Bootstrap replicates: the ends of a percentile interval are then good to about a tenth of its width."""

Z: Final = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""

NOTHING: Final = Interval(math.nan, math.nan, math.nan)
"""The interval of an empty set."""


def wilson(successes: float, trials: float) -> Interval:
    """Share of successes with the score interval of Wilson (1927, JASA 22, p. 209).

    Unlike `p +- 1.96 se` it stays within [0, 1] and does not collapse at p = 0 or 1. Without trials all
    three numbers are NaN.
    """
    # Not scipy.stats.binomtest(...).proportion_ci: it takes whole numbers only, and these may be divided by a design
    # effect; a call takes 5,800 µs where this takes 10; and the last digit differed in 228 of 500 random counts.
    if trials == 0:
        return NOTHING
    share = successes / trials
    spread = Z**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    # At the very ends rounding may leave the share a hair outside.
    return Interval(share, min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share))


def mean_interval(values: NDArray[np.float64]) -> Interval:
    """Mean of float64[N] with `mean +- 1.96 s / sqrt(N)`; NaN ends for one value, all NaN for none."""
    if len(values) == 0:
        return NOTHING
    mean = float(values.mean())
    if len(values) == 1:
        return Interval(mean, math.nan, math.nan)
    half = Z * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def percentile_interval(value: float, replicates: NDArray[np.float64]) -> Interval:
    """Value with the 2.5 and 97.5 % points of its bootstrap replicates float64[R] (Efron 1979)."""
    low, high = np.quantile(replicates, [0.025, 0.975])
    return Interval(value, float(low), float(high))
