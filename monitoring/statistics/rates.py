"""Shares and means, then and now, from the sums that profiles hold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.evaluation.intervals import Z, wilson
from monitoring.statistics.estimate import Estimate, unknown

_SMALL_COUNT: Final = 5.0


@dataclass(frozen=True, slots=True)
class Sums:
    """What a mean and its variance need. Integers (of any unit) lose nothing to rounding.

    Attributes:
        rows: Number of values.
        total: Their sum.
        squares: The sum of their squares.
    """

    rows: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """The mean; there must be rows."""
        return self.total / self.rows

    @property
    def variance(self) -> float:
        """The unbiased variance; there must be two rows. The difference is taken before any division."""
        return max(0.0, float(self.rows * self.squares - self.total**2)) / (self.rows * (self.rows - 1))


def compare_shares(
    reference_hits: int, reference_rows: int, current_hits: int, current_rows: int, *, design_effect: float = 1.0
) -> Estimate:
    """Compare a share (of empties, duplicates, unknown tokens, low confidences ...) then and now.

    `value` is the share now less the share then, with the hybrid score interval of Newcombe 1998, Statistics in
    Medicine 17, p. 873, method 10. `effect` is Cohen's h, `2 asin sqrt(q) - 2 asin sqrt(p)`: .2 is small, .5
    medium, .8 large. The p-value is Fisher's exact one where less than 5 hits or misses are expected on a side,
    else that of the pooled two-proportion z test, which also gives the null band.

    Args:
        reference_hits: Rows then that have it, 0 to `reference_rows`.
        reference_rows: Rows then.
        current_hits: Rows now that have it.
        current_rows: Rows now.
        design_effect: Factor on the variance where rows are not independent (tokens of one document).
    """
    n, m = reference_rows / design_effect, current_rows / design_effect
    if not (n > 0 and m > 0):
        return unknown("no rows on the reference side" if not n > 0 else "no rows on the current side", n, m)
    if not (0 <= reference_hits <= reference_rows and 0 <= current_hits <= current_rows):
        return unknown("there are more hits than rows, or less than none", n, m)
    then, now = wilson(reference_hits / design_effect, n), wilson(current_hits / design_effect, m)
    pooled = (reference_hits + current_hits) / (reference_rows + current_rows)
    null = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    value = now.value - then.value
    return Estimate(
        value=value,
        low=value - math.hypot(now.value - now.low, then.high - then.value),
        high=value + math.hypot(now.high - now.value, then.value - then.low),
        effect=2 * (math.asin(math.sqrt(now.value)) - math.asin(math.sqrt(then.value))),
        p_value=_share_p_value(then.value, now.value, n, m, null),
        null_low=-Z * null,
        null_high=Z * null,
        n=n,
        m=m,
    )


def _share_p_value(then: float, now: float, n: float, m: float, null: float) -> float:
    from scipy import stats

    if null == 0.0:  # all rows have it, or none
        return 1.0
    hits, misses = then * n + now * m, (1 - then) * n + (1 - now) * m
    if min(hits, misses) * min(n, m) / (n + m) >= _SMALL_COUNT:
        return float(2 * stats.norm.sf(abs(now - then) / null))
    table = np.rint([[then * n, (1 - then) * n], [now * m, (1 - now) * m]]).astype(np.int64)
    return float(stats.fisher_exact(table)[1])


def compare_means(reference: Sums, current: Sums) -> Estimate:
    """Compare a mean (length, confidence, entropy ...) then and now.

    Welch 1947, Biometrika 34: `value` is the mean now less the mean then, its interval and p-value those of
    Student's t with the Satterthwaite degrees of freedom; the null band is the interval moved to 0. `effect` is
    Cohen's d, the difference in pooled standard deviations: .2 is small, .5 medium, .8 large.

    Args:
        reference: Sums of the values then; at least two rows, or the estimate is unknown.
        current: Sums of the values now.
    """
    n, m = reference.rows, current.rows
    if min(n, m) < 2:
        return unknown(f"less than two rows on the {'reference' if n < 2 else 'current'} side", n, m)
    if not all(math.isfinite(x) for side in (reference, current) for x in (side.total, side.squares)):
        return unknown("a sum is not a finite number", n, m)
    value = current.mean - reference.mean
    a, b = reference.variance / n, current.variance / m
    if a + b == 0.0:
        return unknown("all values of each side are the same: no spread to measure a difference by", n, m)
    deviation = math.sqrt(((n - 1) * reference.variance + (m - 1) * current.variance) / (n + m - 2))
    return _welch(value, value / deviation, math.sqrt(a + b), (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1)), n, m)


def _welch(value: float, effect: float, error: float, freedom: float, n: int, m: int) -> Estimate:
    from scipy import stats

    half = float(stats.t.ppf(0.975, freedom)) * error
    p_value = float(2 * stats.t.sf(abs(value) / error, freedom))
    return Estimate(value, value - half, value + half, effect, p_value, -half, half, n, m)
