"""Tail probability of a value, from draws of what it would be by chance."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_SAME: Final = 1e-9
"""Relative difference up to which a draw counts as the value itself: sums differ by rounding."""


def tail_chance(value: float, draws: NDArray[np.floating[Any]]) -> float:
    """Chance of a value as large or larger.

    `(1 + draws that reach it) / (1 + draws)` (Davison & Hinkley 1997, eq. 4.11), which is exact and can never be
    small: of a night's many tests none would survive the adjustment for their number. So where no draw reaches the
    value, it is the tail of a Pearson type III distribution (a shifted gamma) with the draws' mean, variance and
    skewness, and at most `1 / (1 + draws)`; skewness below 0 counts as 0, which is the longer tail.

    Args:
        value: The value.
        draws: Floating[R], R >= 2, in any order.
    """
    drawn = np.asarray(draws, np.float64)
    reached = int((drawn >= value - _SAME * abs(value)).sum())
    if reached:
        return (1 + reached) / (1 + len(drawn))
    least = 1 / (1 + len(drawn))
    centre, spread = float(drawn.mean()), float(drawn.std())
    if spread <= _SAME * max(abs(centre), abs(value)):
        return least
    from scipy.stats import pearson3

    skewness = max(0.0, float((((drawn - centre) / spread) ** 3).mean()))
    return min(least, float(pearson3.sf(value, skewness, centre, spread)))
