"""What a sum over cells of two count vectors would be if both had been drawn from one distribution.

Given the pooled counts, "nothing changed" means that every split of them between the two sides is as likely as
any other: the reference counts are multivariate hypergeometric, whatever the common distribution is. Nothing
unknown is left, so the null holds for rare tokens too, where resampling from the pooled shares would put the
band too low.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.tail import tail_chance
from monitoring.statistics.design_effect import DesignEffect
from monitoring.statistics.estimate import Float64

Terms = Callable[[Float64, Float64], Float64]
"""The cells' terms from counts of the reference and the current side, of any one shape."""

_DRAWS: Final = 2000
_DRAWN_CELLS: Final = 64
_SMALL_COUNT: Final = 10.0
"""Below this expectation (twice the usual 5) few cells are far from any smooth distribution: splits are drawn."""
_MAX_DRAWN: Final = 100_000_000
_ENUMERATED: Final = 30.0
_GRID: Final = np.arange(96.0)
"""Counts of the smaller side that are gone through where fewer than `_ENUMERATED` are expected."""
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """Distribution of a statistic under no change.

    Attributes:
        mean: Its mean.
        variance: Its variance.
        draws: float64[R] ascending, or None where a gamma distribution of that mean and variance serves: for
            full cells that is the chi-square of Yurdakul 2018, and for very many cells nearly a normal.
    """

    mean: float
    variance: float
    draws: Float64 | None = None

    def p_value(self, value: float) -> float:
        """Chance of a value as large or larger."""
        from scipy import stats

        if self.draws is not None:
            return tail_chance(value, self.draws)
        if self.mean <= _TINY:
            return float(value <= 0.0)  # it never happens
        return float(stats.gamma.sf(value, *self._gamma()))

    def quantile(self, share: float) -> float:
        """The value that `share` of the cases stay under."""
        from scipy import stats

        if self.draws is not None:
            return float(np.quantile(self.draws, share))
        if self.mean <= _TINY:
            return 0.0  # it never happens
        return float(stats.gamma.ppf(share, *self._gamma()))

    def _gamma(self) -> tuple[float, float, float]:
        mean, variance = max(self.mean, _TINY), max(self.variance, _TINY)
        return mean**2 / variance, 0.0, variance / mean


def split_null(
    pooled: Float64, n: float, m: float, terms: Terms, design: DesignEffect, rng: np.random.Generator
) -> Null:
    """Distribution of `sum of terms` over the random splits of pooled counts.

    Args:
        pooled: float64[B >= 2], counts of both sides together, all above 0.
        n: Counts on the reference side, above 0.
        m: Counts on the current side, above 0; n + m is the sum of `pooled`.
        terms: The statistic, cell by cell.
        design: Tokens come in bursts, which are what is split; see `DesignEffect.bursts`.
        rng: Source of the draws where the counts are small and the cells few.
    """
    burst = design.bursts(pooled, n + m)
    expected = float((pooled / burst).min()) * min(n, m) / (n + m)
    if len(pooled) <= _DRAWN_CELLS and expected < _SMALL_COUNT and n + m <= _MAX_DRAWN:
        return _drawn(pooled / burst, burst, n / (n + m), terms, rng)
    return _matched(pooled, n, m, terms, design)


def _drawn(units: Float64, burst: Float64, share: float, terms: Terms, rng: np.random.Generator) -> Null:
    """The null from drawn splits of whole bursts."""
    order = np.argsort(units, kind="stable")  # the order of the cells must not decide what is drawn
    units, burst = units[order], burst[order]
    whole = np.maximum(np.rint(units), 1).astype(np.int64)
    total = int(whole.sum())
    picked = min(max(round(total * share), 1), total - 1)
    reference = rng.multivariate_hypergeometric(whole, picked, size=_DRAWS, method="marginals")
    draws = np.sort(terms(reference * burst, (whole - reference) * burst).sum(axis=1))
    return Null(float(draws.mean()), float(draws.var()), draws)


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Moments of the term of a cell: its mean, its variance, its covariance with x and with (x - Ex)^2."""

    mean: Float64
    variance: Float64
    slope: Float64
    bend: Float64

    def mix(self, other: _Moments, weight: Float64) -> _Moments:
        """Go `weight` of the way to the other's moments."""
        names = ("mean", "variance", "slope", "bend")
        return _Moments(*((1 - weight) * getattr(self, name) + weight * getattr(other, name) for name in names))


def _matched(pooled: Float64, n: float, m: float, terms: Terms, design: DesignEffect) -> Null:
    """The null by its mean and variance: exact in each cell, the cells' covariances to the second order.

    With `x_i - E x_i = d_i`, a term is `mean + b d + h (d^2 - E d^2) + rest`; of two hypergeometric cells,
    `cov(d_i, d_j) = -k p_i p_j` and `cov(d_i^2, d_j^2) = 2 k^2 p_i^2 p_j^2` nearly.
    """
    counts, cells = np.unique(pooled, return_counts=True)
    burst, share, p = design.bursts(counts, n + m), n / (n + m), counts / (n + m)
    moments = _cell_moments(_Cells(counts / burst, burst, (n + m) / burst, share), terms)
    k = (n + m) / burst * share * (1 - share)
    variance = np.maximum(k * p * (1 - p), _TINY)
    b, h = moments.slope / variance, moments.bend / (2 * variance**2)
    slope, bend = b * p * np.sqrt(k), h * p**2 * k
    across = _sum(cells, slope**2) - _sum(cells, slope) ** 2
    across += 2 * (_sum(cells, bend) ** 2 - _sum(cells, bend**2))
    mean = _sum(cells, moments.mean)
    whole = max(_sum(cells, moments.variance) + across, 0.0)
    return Null(mean, whole * design.spread + (mean * design.error) ** 2)


def _sum(cells: NDArray[np.int64], values: Float64) -> float:
    return float((cells * values).sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Cells, counted in bursts.

    Attributes:
        units: float64[U], bursts of each cell.
        burst: float64[U], their size.
        total: float64[U], bursts of that size in all cells together.
        share: The reference side's share of all.
    """

    units: Float64
    burst: Float64
    total: Float64
    share: float

    def take(self, which: NDArray[np.bool_]) -> _Cells:
        return _Cells(self.units[which], self.burst[which], self.total[which], self.share)

    def of(self, units: Float64) -> _Cells:
        """The same cells with other numbers of bursts."""
        return _Cells(units, self.burst, self.total, self.share)


def _cell_moments(cells: _Cells, terms: Terms) -> _Moments:
    """Moments of each cell's term, float64[U].

    Where much is expected on both sides, x is normal and 12 Gauss-Hermite nodes do; where little, all counts
    are gone through. A broken number of bursts lies between the two whole ones.
    """
    many = cells.units * min(cells.share, 1 - cells.share) >= _ENUMERATED
    result = _Moments(*(np.zeros(len(many)) for _ in range(4)))
    some = _many_moments(cells.take(many), terms), _few_moments(cells.take(~many), terms)
    for name in ("mean", "variance", "slope", "bend"):
        getattr(result, name)[many] = getattr(some[0], name)
        getattr(result, name)[~many] = getattr(some[1], name)
    return result


def _many_moments(cells: _Cells, terms: Terms) -> _Moments:
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    units, share = cells.units, cells.share
    left = np.maximum(cells.total - units, 0.0) / np.maximum(cells.total - 1, 1.0)
    spread = np.sqrt(units * share * (1 - share) * left)
    x = np.clip(units[:, None] * share + spread[:, None] * nodes, 0.0, units[:, None])
    return _moments_at(x, cells, np.broadcast_to(weights / math.sqrt(2 * math.pi), x.shape), terms)


def _few_moments(cells: _Cells, terms: Terms) -> _Moments:
    below = np.floor(cells.units)
    weight = cells.units - below
    low = _enumerated(cells.of(below), terms)
    if not weight.any():
        return low
    return low.mix(_enumerated(cells.of(np.minimum(below + 1, cells.total)), terms), weight)


def _enumerated(cells: _Cells, terms: Terms) -> _Moments:
    units, small = cells.units[:, None], min(cells.share, 1 - cells.share)
    x = np.minimum(_GRID, units)
    total = cells.total[:, None]
    chance = np.where(units >= _GRID, _hypergeometric(x, units, total, total * small), 0.0)
    chance /= np.maximum(chance.sum(axis=1, keepdims=True), _TINY)
    return _moments_at(x if small == cells.share else units - x, cells, chance, terms)


def _hypergeometric(x: Float64, units: Float64, total: Float64, picked: Float64) -> Float64:
    """Chance of x among `picked` of `total` bursts, `units` of which are the cell's; up to a factor."""
    from scipy.special import gammaln

    rest, others = picked - x, total - units
    possible = (rest >= 0) & (others - rest >= 0)
    rest = np.where(possible, rest, 0.0)
    kept = np.where(possible, others - rest, 0.0)
    log = gammaln(units + 1) - gammaln(x + 1) - gammaln(units - x + 1)
    log = np.where(possible, log - gammaln(rest + 1) - gammaln(kept + 1), -np.inf)
    highest = log.max(axis=1, keepdims=True, initial=-np.inf)
    return np.asarray(np.exp(log - np.where(np.isfinite(highest), highest, 0.0)), np.float64)


def _moments_at(x: Float64, cells: _Cells, weights: Float64, terms: Terms) -> _Moments:
    """Moments of `terms` at x float64[U, K] bursts of the reference side, by weights float64[U, K]."""
    units, burst = cells.units[:, None], cells.burst[:, None]
    value = terms(burst * x, burst * (units - x))
    mean = (weights * value).sum(axis=1)
    d = x - units * cells.share
    square = d**2 - (weights * d**2).sum(axis=1, keepdims=True)
    away = weights * (value - mean[:, None])
    return _Moments(mean, (away * value).sum(axis=1), (away * d).sum(axis=1), (away * square).sum(axis=1))
