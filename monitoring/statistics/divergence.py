"""How far two count vectors are apart: classes, bins, a vocabulary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Z
from monitoring.statistics.design_effect import INDEPENDENT, DesignEffect
from monitoring.statistics.estimate import Estimate, Float64, unknown
from monitoring.statistics.sampling_null import Null, split_null

Kind = Literal["psi", "js", "kl"]
"""Population stability index (nats), Jensen-Shannon divergence (bits), Kullback-Leibler divergence (nats)."""

Counts = NDArray[np.integer[Any]]

SMOOTHING: Final = 0.5
"""Added to every cell for PSI and KL, which a single empty cell would make infinite (Jeffreys)."""


@dataclass(frozen=True, slots=True)
class CellShift:
    """The part of one cell (a class, a bin, a token) in a Jensen-Shannon divergence.

    Attributes:
        cell: Its index.
        contribution: Its term, bits: positive when its share has grown, negative when it has shrunk.
        part: The term's share of the whole divergence, 0 to 1.
        before: Its share on the reference side.
        now: Its share on the current side.
    """

    cell: int
    contribution: float
    part: float
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Sides:
    """Sums that turn counts into shares: `(count + smoothing) / (sum + smoothing * cells)`.

    Attributes:
        n: Sum of the reference counts.
        m: Sum of the current counts.
        cells: How many cells are not empty on both sides.
    """

    n: float
    m: float
    cells: int

    def shares(self, kind: Kind, x: Float64, y: Float64) -> tuple[Float64, Float64]:
        """Shares of counts x and y, of one shape; JS takes them as they are."""
        a = 0.0 if kind == "js" else SMOOTHING
        return (x + a) / (self.n + a * self.cells), (y + a) / (self.m + a * self.cells)

    def terms(self, kind: Kind, x: Float64, y: Float64) -> Float64:
        """The cells' terms of a divergence, of the shape of x and y."""
        return _terms(kind, *self.shares(kind, x, y))


def compare_counts(
    reference: Counts,
    current: Counts,
    kind: Kind,
    rng: np.random.Generator,
    design: DesignEffect = INDEPENDENT,
) -> Estimate:
    """Measure how far two count vectors are apart, and how far chance alone would put them.

    With shares p of the reference, q of now, over the cells that are not empty on both sides:

    * `psi`: `sum (q - p) ln(q / p)`, nats; under no change about `(1/n + 1/m) chi2(B - 1)` (Yurdakul 2018,
      section 3), so fixed limits such as .1 and .25 mean nothing for a vocabulary;
    * `js`: `(KL(p|h) + KL(q|h)) / 2` with `h = (p + q) / 2`, bits, 0 to 1 (Lin 1991, eq. 4.1);
    * `kl`: `sum q ln(q / p)`, nats: what now costs in the code of the reference.

    PSI and KL add `SMOOTHING` to each cell, JS needs none. The null splits the pooled counts at random (see
    `sampling_null`); 95 of 100 unchanged nights stay under `null_high`, and `null_low` is 0. `effect` is the
    value less its mean under no change, an estimate of the true divergence that does not grow with the number
    of cells; the interval is `effect +- 1.96 se`, cut at 0, with the delta method's variance plus that of the
    null.

    Args:
        reference: int[B] counts, the frozen bins of both sides.
        current: int[B].
        kind: Which divergence.
        rng: Source of drawn splits; read only where the counts are small and the cells few.
        design: What clustering does; `estimate_design_effect` for tokens.
    """
    x, y = np.asarray(reference, np.float64), np.asarray(current, np.float64)
    full = (x + y) > 0
    x, y = x[full], y[full]
    n, m = float(x.sum()), float(y.sum())
    reason = why_not(x, y, n, m)
    if reason:
        return unknown(reason, n / design.mean, m / design.mean)
    sides = Sides(n, m, len(x))
    null = split_null(x + y, n, m, lambda a, b: sides.terms(kind, a, b), design, rng)
    return measured_divergence(kind, x, y, null, design.mean)


def measured_divergence(kind: Kind, x: Float64, y: Float64, null: Null, clustering: float) -> Estimate:
    """The record of counts float64[B] against their null; `clustering` divides the counts of the delta method."""
    sides = Sides(float(x.sum()), float(y.sum()), len(x))
    n, m = sides.n / clustering, sides.m / clustering
    value = max(0.0, float(sides.terms(kind, x, y).sum()))
    effect = value - null.mean
    half = Z * math.sqrt(_linear_variance(kind, *sides.shares(kind, x, y), n, m) + null.variance)
    return Estimate(
        value=value,
        low=max(0.0, effect - half),
        high=min(1.0, max(0.0, effect + half)) if kind == "js" else max(0.0, effect + half),
        effect=effect,
        p_value=null.p_value(value),
        null_low=0.0,
        null_high=null.quantile(0.95),
        n=n,
        m=m,
    )


def shifted_cells(reference: Counts, current: Counts, limit: int) -> tuple[CellShift, ...]:
    """Find the cells that a Jensen-Shannon divergence comes from.

    Args:
        reference: int[B] counts.
        current: int[B].
        limit: At most so many.

    Returns:
        The largest contributions first, equals by index, none of 0; empty when a side has no counts.
    """
    x, y = np.asarray(reference, np.float64), np.asarray(current, np.float64)
    if not x.sum() > 0 or not y.sum() > 0:
        return ()
    p, q = x / x.sum(), y / y.sum()
    terms = np.maximum(_terms("js", p, q), 0.0)
    first = np.argsort(-terms, kind="stable")[:limit]
    return tuple(
        CellShift(
            cell=int(cell),
            contribution=float(math.copysign(terms[cell], q[cell] - p[cell])),
            part=float(terms[cell] / terms.sum()),
            before=float(p[cell]),
            now=float(q[cell]),
        )
        for cell in first
        if terms[cell] > 0
    )


def why_not(x: Float64, y: Float64, n: float, m: float) -> str:
    """Why these counts say nothing; empty when they do."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or (x < 0).any() or (y < 0).any():
        return "a count is negative or not a number"
    if n == 0 or m == 0:
        return "no counts on the reference side" if n == 0 else "no counts on the current side"
    return "only one cell has counts" if len(x) < 2 else ""


def _terms(kind: Kind, p: Float64, q: Float64) -> Float64:
    """The cells' terms, none negative but for rounding; same shape as p and q."""
    from scipy.special import kl_div, rel_entr

    if kind == "psi":
        return np.asarray((q - p) * np.log(q / p), np.float64)
    if kind == "kl":
        return np.asarray(kl_div(q, p), np.float64)
    middle = (p + q) / 2
    return np.asarray((rel_entr(p, middle) + rel_entr(q, middle)) / (2 * math.log(2)), np.float64)


def _linear_variance(kind: Kind, p: Float64, q: Float64, n: float, m: float) -> float:
    """Variance of the divergence by the delta method: `Var_p(dD/dp) / n + Var_q(dD/dq) / m`."""
    if kind == "js":
        with np.errstate(divide="ignore"):  # log2(0) only where its weight is 0
            by_p, by_q = (np.where(s > 0, np.log2(2 * s / (p + q)) / 2, 0.0) for s in (p, q))
    elif kind == "psi":
        by_p, by_q = np.log(p / q) - q / p, np.log(q / p) - p / q
    else:
        by_p, by_q = -q / p, np.log(q / p)
    return _variance(by_p, p) / n + _variance(by_q, q) / m


def _variance(values: Float64, shares: Float64) -> float:
    mean = (shares * values).sum()
    return float((shares * (values - mean) ** 2).sum())
