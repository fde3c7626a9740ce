"""Maximum mean discrepancy: are two clouds of embeddings one cloud?"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Z
from models.evaluation.tail import tail_chance
from monitoring.statistics.estimate import Estimate, Float64, finite_rows, unknown

_MEDIAN_ROWS: Final = 1000
"""Rows that the median distance is taken over: it needs no more."""

Float32 = NDArray[np.float32]


def mean_discrepancy(
    reference: NDArray[np.floating[Any]],
    current: NDArray[np.floating[Any]],
    rng: np.random.Generator,
    permutations: int = 500,
) -> Estimate:
    """Squared maximum mean discrepancy with the kernel `exp(-|x - y|^2 / median)`.

    `value` is the unbiased estimate of Gretton et al. 2012, JMLR 13, eq. 3, which is about 0 (and may be
    negative) under no change; `median` is that of the squared distances of pooled rows (their section 8).
    The p-value is that of `tail_chance` over the permutations. The interval is normal, with the
    variance of the witness function under a change (their corollary 16) plus that of the permutations.
    `effect` is `sqrt(max(value, 0))`, the distance of the two mean embeddings, 0 to sqrt(2).

    Costs (N + M)^2 floats and `permutations` products with them: meant for up to 2,000 rows a side.

    Args:
        reference: Floating[N, H]; rows with a NaN or an infinity are left out.
        current: Floating[M, H].
        rng: Source of the permutations.
        permutations: How many.
    """
    before, now = finite_rows(reference), finite_rows(current)
    n, m = len(before), len(now)
    if min(n, m) < 2:
        return unknown(f"less than two finite rows on the {'reference' if n < 2 else 'current'} side", n, m)
    kernel = _kernel(np.concatenate([before, now]), rng)
    if kernel is None:
        return unknown("more than half of the pairs of rows are equal: no scale to measure by", n, m)
    member = np.zeros((n + m, permutations + 1), np.float32)
    member[:n, 0] = 1.0
    member[:, 1:] = rng.permuted(np.repeat(member[:, :1], permutations, axis=1), axis=0)
    values = _unbiased(kernel, member, n, m)
    value, null = float(values[0]), values[1:]
    half = Z * math.sqrt(_witness_variance(kernel, n, m) + float(null.var()))
    return Estimate(
        value=value,
        low=max(0.0, value - half),
        high=max(0.0, value + half),
        effect=math.sqrt(max(value, 0.0)),
        p_value=tail_chance(value, null),
        null_low=float(np.quantile(null, 0.025)),
        null_high=float(np.quantile(null, 0.975)),
        n=n,
        m=m,
    )


def _kernel(rows: Float64, rng: np.random.Generator) -> Float32 | None:
    """Kernel float32[N + M, N + M] with an empty diagonal; None where the median distance is 0.

    Its mean is taken off: the estimate does not see a constant, and small numbers keep float32 exact enough.
    """
    rows = rows - rows.mean(axis=0)
    some = rng.permutation(len(rows))[:_MEDIAN_ROWS]
    distances = _squared_distances(rows[some])[np.triu_indices(len(some), 1)]
    median = float(np.median(distances))
    if not median > 1e-12 * float((rows**2).sum(axis=1).mean()):
        return None
    kernel: Float32 = np.exp(_squared_distances(rows) / np.float32(-median))
    kernel -= kernel.mean()
    np.fill_diagonal(kernel, 0.0)
    return kernel


def _squared_distances(rows: Float64) -> Float32:
    single = rows.astype(np.float32)
    norms = (single**2).sum(axis=1)
    distances = norms[:, None] + norms - 2 * (single @ single.T)
    np.maximum(distances, 0.0, out=distances)
    return np.asarray(distances, np.float32)


def _unbiased(kernel: Float32, member: Float32, n: int, m: int) -> Float64:
    """Estimates float64[P] for P memberships float32[N + M, P] in the reference side (1) or not (0)."""
    to_all = kernel.sum(axis=1, dtype=np.float64)
    inside = np.einsum("ip,ip->p", kernel @ member, member, dtype=np.float64)
    touching = to_all @ member
    across = touching - inside
    outside = to_all.sum() - touching - across
    result: Float64 = inside / (n * (n - 1)) + outside / (m * (m - 1)) - 2 * across / (n * m)
    return result


def _witness_variance(kernel: Float32, n: int, m: int) -> float:
    """Variance of the estimate under a change: 4 (Var w(x) / n + Var w(y) / m) for the witness function w."""
    of_x, of_y = kernel[:, :n].sum(axis=1, dtype=np.float64), kernel[:, n:].sum(axis=1, dtype=np.float64)
    w_x = of_x[:n] / (n - 1) - of_y[:n] / m
    w_y = of_y[n:] / (m - 1) - of_x[n:] / n
    return 4 * (float(w_x.var()) / n + float(w_y.var()) / m)
