"""How far two sets of documents are apart in what marks them: terms weighted by TF-IDF."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Z
from monitoring.statistics.documents import Documents, token_table
from monitoring.statistics.estimate import Estimate, Float64, unknown
from monitoring.statistics.sampling_null import Null

_PERMUTATIONS: Final = 200
_SMOOTHING: Final = 1e-3
"""Weight that each term has at least, in mean weights of a document: a logarithm needs it."""
_FEWEST: Final = 16


def compare_term_weights(
    reference: Documents, current: Documents, rng: np.random.Generator, permutations: int = _PERMUTATIONS
) -> Estimate:
    """Kullback-Leibler divergence of mean TF-IDF weights, nats: what marks the documents now against then.

    Each document's weights `tf (ln((1 + D) / (1 + df)) + 1)` (Salton & Buckley 1988, with the smoothed logarithm; D
    and df over both sides) are scaled to the sum 1, so that a long document says no more than a short one, and a
    frequent word less than a rare one. With p and q the mean weights of the two sides, `value` is `sum q ln(q / p)`.
    The null deals the documents out anew; `effect` is the value less the null's mean, its interval normal with the
    variance of the permutations.

    Args:
        reference: Documents then; some thousands are plenty.
        current: Documents now.
        rng: Source of the permutations.
        permutations: How many.
    """
    table = token_table(reference, current)
    full = np.diff(table.indptr) > 0
    before = (np.arange(table.shape[0]) < reference.documents)[full]
    n, m = int(before.sum()), int((~before).sum())
    if min(n, m) < _FEWEST:
        return unknown(f"less than {_FEWEST} documents with tokens on a side", n, m)
    table = _weights(table[full])
    value = _divergence(table, before)
    draws = np.sort([_divergence(table, rng.permutation(before)) for _ in range(permutations)])
    null = Null(float(draws.mean()), float(draws.var()), draws)
    effect, half = value - null.mean, Z * float(np.sqrt(null.variance))
    return Estimate(
        value=value,
        low=max(0.0, effect - half),
        high=max(0.0, effect + half),
        effect=effect,
        p_value=null.p_value(value),
        null_low=0.0,
        null_high=null.quantile(0.95),
        n=n,
        m=m,
    )


def _weights(table: Any) -> Any:
    """TF-IDF of sparse counts [D, B], each row with the sum 1."""
    from sklearn.preprocessing import normalize

    frequency = np.bincount(table.indices, minlength=table.shape[1])
    weighted = table.multiply(np.log((1 + table.shape[0]) / (1 + frequency)) + 1)
    return normalize(weighted.tocsr(), norm="l1")


def _divergence(table: Any, before: NDArray[np.bool_]) -> float:
    from scipy.special import kl_div

    p, q = (_side(table, rows) for rows in (before, ~before))
    return float(kl_div(q, p).sum())


def _side(table: Any, rows: NDArray[np.bool_]) -> Float64:
    mean = (rows.astype(np.float64) @ table) / rows.sum() + _SMOOTHING / table.shape[1]
    return np.asarray(mean / mean.sum(), np.float64)
