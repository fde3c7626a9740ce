"""The one record of the monitoring statistics: a value with its uncertainty and its null distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic, its uncertainty, and what it would be if nothing had changed.

    NaN stands for what does not apply or cannot be known. When `value` is NaN, `reason` says why.

    Attributes:
        value: The statistic, as its function defines it.
        low: Lower end of the 95 % interval of the true value that `value` estimates. A statistic that chance
            alone makes larger (a divergence, the error of calibration) may lie above its interval.
        high: Upper end of that interval.
        effect: How large the change is, on a scale that does not grow with the rows; see each function.
        p_value: Chance of a `value` at least as far out if nothing had changed.
        null_low: Lower end of where `value` lies in 95 of 100 cases if nothing has changed; the least possible
            value where only large values speak of change.
        null_high: Upper end of that band.
        n: Reference rows (or tokens) that the value rests on, divided by the design effect if there is one.
        m: The same for the current rows; 0 where there is only one sample, `n`.
        reason: Why there is no value; empty where there is one.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    effect: float = math.nan
    p_value: float = math.nan
    null_low: float = math.nan
    null_high: float = math.nan
    n: float = 0.0
    m: float = 0.0
    reason: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)


def unknown(reason: str, n: float = 0.0, m: float = 0.0) -> Estimate:
    """An estimate without a value, with the reason."""
    return Estimate(math.nan, n=n, m=m, reason=reason)


def finite_rows(rows: NDArray[np.floating]) -> Float64:
    """The rows of floating[N, C] that hold neither NaN nor infinity, float64[M, C]."""
    matrix = np.asarray(rows, np.float64)
    kept: Float64 = matrix[np.isfinite(matrix).all(axis=1)]
    return kept
