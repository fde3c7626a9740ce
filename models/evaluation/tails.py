"""Chances smaller than what some hundreds of draws can count."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

COUNTED: Final = 10
"""Draws beyond the value from which they are simply counted."""
LEAST: Final = 1e-6
"""No smaller chance is told from draws: the fitted tail is not to be trusted there."""


def chance_beyond(value: float, draws: NDArray[np.float64]) -> float:
    """Chance of a draw at least as large as `value`.

    Counted, `(1 + draws beyond) / (1 + draws)`, where at least `COUNTED` draws lie beyond. Counts alone can never
    say less than one in all draws, which no adjustment for many tests leaves significant. So where fewer lie
    beyond, the chance is that of a shifted gamma distribution with the draws' mean, variance and skewness
    (Pearson type III; a normal one without skewness to the right). Of the sums of absolute deviations that
    calibration errors are, it gives chances of 1e-3 to 1e-5 to within a factor of about 4.

    Args:
        value: What was found.
        draws: float64[R] of what chance alone gives, R > 0.
    """
    from scipy import stats

    beyond = int((draws >= value - 1e-12).sum())
    counted = (1 + beyond) / (1 + len(draws))
    spread = float(draws.std())
    if beyond >= COUNTED or not spread > 0:
        return counted
    skewness = float(((draws - draws.mean()) ** 3).mean()) / spread**3
    z = (value - float(draws.mean())) / spread
    fitted = float(stats.pearson3.sf(z, skewness) if skewness > 1e-3 else stats.norm.sf(z))
    most = (1 + COUNTED) / (1 + len(draws))
    return max(LEAST, min(fitted, most)) if math.isfinite(fitted) else counted
