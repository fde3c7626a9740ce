"""Share of the tokens of now that the reference does not have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import wilson
from monitoring.statistics.design_effect import INDEPENDENT, DesignEffect
from monitoring.statistics.divergence import why_not
from monitoring.statistics.estimate import Estimate, Float64, unknown
from monitoring.statistics.sampling_null import split_null


def unseen_share(
    reference: NDArray[np.integer[Any]],
    current: NDArray[np.integer[Any]],
    rng: np.random.Generator,
    design: DesignEffect = INDEPENDENT,
) -> Estimate:
    """Share of the current tokens that the reference does not have at all.

    A reference that is small has not seen much, so some are always unseen (Good 1953, Biometrika 40: about the
    share of tokens that occur once). The null is that of random splits of the pooled counts, see
    `sampling_null`. `effect` is Cohen's h between `value` and the null's mean, `2 asin sqrt(value) - 2 asin
    sqrt(mean)`; the interval is Wilson's.

    Args:
        reference: int[V] counts, one for each token.
        current: int[V].
        rng: Source of drawn splits; read only where the counts are small and the cells few.
        design: What clustering does.
    """
    x, y = np.asarray(reference, np.float64), np.asarray(current, np.float64)
    full = (x + y) > 0
    x, y = x[full], y[full]
    n, m = float(x.sum()), float(y.sum())
    reason = why_not(x, y, n, m)
    if reason:
        return unknown(reason, n / design.mean, m / design.mean)

    def terms(before: Float64, now: Float64) -> Float64:
        return np.where(before < 0.5, now, 0.0) / m

    value = float(terms(x, y).sum())
    null = split_null(x + y, n, m, terms, design, rng)
    interval = wilson(value * m / design.mean, max(1, round(m / design.mean)))
    return Estimate(
        value=value,
        low=interval.low,
        high=interval.high,
        effect=2 * math.asin(math.sqrt(min(1.0, value))) - 2 * math.asin(math.sqrt(min(1.0, max(0.0, null.mean)))),
        p_value=null.p_value(value),
        null_low=0.0,
        null_high=min(1.0, null.quantile(0.95)),
        n=n / design.mean,
        m=m / design.mean,
    )
