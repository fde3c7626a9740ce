"""A learning curve as a power law: what more labels will probably buy.

`score(n) = a - b n^-c` with `b >= 0`, so a fitted curve never falls (Hestness et al., "Deep Learning Scaling is
Predictable, Empirically", 2017, eq. 1; for curves of accuracy: Figueroa et al., "Predicting sample size required for
classification performance", 2012, eq. 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import percentile_interval
from models.evaluation.record import Interval

Float64 = NDArray[np.float64]

MIN_SIZES: Final = 3
"""A curve of three parameters through fewer sizes says nothing."""
USEFUL_WIDTH: Final = 0.04
"""A 95 % band that is wider than four points leaves open whether labels are worth their price."""
REACH: Final = 2
"""A curve is followed for so many times the labels that it rests on, and no farther."""
_RATES: Final = np.geomspace(0.05, 3.0, 80)
"""From almost logarithmic growth to a curve that is flat after its first point."""
_LEAST_DEVIATION: Final = 1e-4


@dataclass(frozen=True, slots=True)
class PowerLaws:
    """R fitted curves: `limit - fall * (n / unit)^-rate`.

    Attributes:
        unit: Size that the others are measured in.
        limit: float64[R], the score that no number of labels passes; at most 1.
        fall: float64[R], at least 0.
        rate: float64[R], above 0.
    """

    unit: float
    limit: Float64
    fall: Float64
    rate: Float64

    def at(self, size: float) -> Float64:
        """Scores float64[R] at a size above 0."""
        return self.limit - self.fall * (size / self.unit) ** -self.rate


@dataclass(frozen=True, slots=True)
class Projection:
    """What more labels will probably buy.

    Attributes:
        size: Labels so far.
        more: Labels to come.
        gain: Growth of the score from `size` to `size + more`, never below 0; NaN where there are too few sizes.
        told: Whether the gain can be reported: enough sizes, a band within `USEFUL_WIDTH`, not too far ahead.
        sizes: Distinct sizes that the curve rests on.
    """

    size: int
    more: int
    gain: Interval
    told: bool
    sizes: int


def fit_power_laws(sizes: NDArray[np.int64], scores: Float64, weights: Float64) -> PowerLaws:
    """Fit a curve to each row of scores by weighted least squares.

    For each rate on a grid limit and fall are solved for exactly; the rate with the smallest error wins.

    Args:
        sizes: int64[K], labels, above 0, at least two different ones.
        scores: float64[R, K], 0 to 1.
        weights: float64[K], above 0.
    """
    unit = float(sizes.max())
    shares = weights / weights.sum()
    best = np.full(len(scores), np.inf)
    limit, fall, rate = (np.zeros(len(scores)) for _ in range(3))
    for each in _RATES:
        powers = (sizes / unit) ** -each
        a, b = _line(powers, scores, shares)
        error = ((scores - a[:, None] + b[:, None] * powers) ** 2 @ shares).astype(np.float64)
        better = error < best - 1e-15
        best[better] = error[better]
        limit[better], fall[better], rate[better] = a[better], b[better], each
    return PowerLaws(unit, limit, fall, rate)


def project(
    sizes: NDArray[np.int64],
    scores: Float64,
    replicates: Float64,
    more: int,
    rng: np.random.Generator,
    *,
    of_one: bool = False,
) -> Projection:
    """Project a learning curve to the right.

    Points that scatter much between replicates count little: their weight is the inverse of their variance. Where the
    points lie farther from the curve than their replicates explain, such as by the luck of a single training, the rest
    is added to the replicates as noise.

    Args:
        sizes: int64[K], labels at each point.
        scores: float64[K].
        replicates: float64[R, K], bootstrap replicates of the scores: a row is one draw of test rows for all points.
        more: Labels to come, at least 1.
        rng: Source of that noise.
        of_one: A point rests on one training, so that replicates don't show what chance does there. Then three points,
            which any curve can meet, tell nothing.
    """
    distinct, now = len(np.unique(sizes)), int(sizes.max(initial=0))
    if distinct < MIN_SIZES:
        return Projection(now, more, Interval(np.nan, np.nan, np.nan), told=False, sizes=distinct)
    weights = 1.0 / np.maximum(replicates.std(axis=0), _LEAST_DEVIATION) ** 2
    point = fit_power_laws(sizes, scores[None, :], weights)
    unexplained = _unexplained(point, sizes, scores, replicates)
    drawn = fit_power_laws(sizes, replicates + unexplained * rng.standard_normal(replicates.shape), weights)
    gain = percentile_interval(_growth(point, now, more)[0], _growth(drawn, now, more))
    known = more <= REACH * now and not (of_one and len(sizes) == MIN_SIZES)
    told = known and gain.high - gain.low <= USEFUL_WIDTH
    return Projection(now, more, gain, told=told, sizes=distinct)


def _unexplained(law: PowerLaws, sizes: NDArray[np.int64], scores: Float64, replicates: Float64) -> float:
    """Deviation of the points from the curve beyond that of replicates from each other; 0 without a point to spare."""
    spare = len(sizes) - MIN_SIZES
    if not spare:
        return 0.0
    away = scores - np.array([law.at(size)[0] for size in sizes.tolist()])
    apart = replicates - scores
    apart = apart - apart.mean(axis=1, keepdims=True)  # what moves all points alike moves the curve with them
    extra = float((away**2).sum()) / spare - float(apart.var(axis=0).mean()) * len(sizes) / (len(sizes) - 1)
    return float(np.sqrt(max(extra, 0.0)))


def _growth(laws: PowerLaws, now: int, more: int) -> Float64:
    return laws.at(now + more) - laws.at(now)


def _line(powers: Float64, scores: Float64, shares: Float64) -> tuple[Float64, Float64]:
    """Limit and fall, float64[R] each, of the best curve for given powers of the sizes, float64[K]."""
    mean_power, mean = float(powers @ shares), scores @ shares
    away = powers - mean_power
    fall = np.maximum(-((scores - mean[:, None]) * away @ shares) / float(away**2 @ shares), 0.0)
    limit = mean + fall * mean_power
    high = limit > 1.0
    capped = ((1.0 - scores) * powers @ shares) / float(powers**2 @ shares)
    return np.where(high, 1.0, limit), np.where(high, capped, fall)
