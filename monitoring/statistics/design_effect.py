"""Tokens of one document are not independent: how much less they say than as many independent ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from monitoring.statistics.estimate import Float64


@dataclass(frozen=True, slots=True)
class DesignEffect:
    """What clustering does to the null distribution of a divergence.

    Attributes:
        mean: Variance of a token's count against that of independent tokens, at least 1, the mean over all
            that is written: n tokens say as much as n / mean independent ones.
        shares: Shares of all tokens at which the next is known, ascending; empty means `mean` for all.
        means: The design effect of tokens of these shares; what lies between is interpolated.
        spread: Further factor on the variance of a divergence, at least 1: the words of a topic move together.
        error: Relative standard error of the estimated design effects, which is an error of the null's mean.
        documents: Documents it was estimated from, 0 when it was not.
    """

    mean: float = 1.0
    shares: tuple[float, ...] = ()
    means: tuple[float, ...] = ()
    spread: float = 1.0
    error: float = 0.0
    documents: int = 0

    def stretched(self, factor: float) -> DesignEffect:
        """The design effect if what is above 1 were `factor` times as much; a factor below 1 counts as 1."""
        factor = max(1.0, factor)
        means = tuple(1 + factor * (mean - 1) for mean in self.means)
        return replace(self, mean=1 + factor * (self.mean - 1), means=means)

    def bursts(self, counts: Float64, total: float) -> Float64:
        """Size of the bursts that tokens come in, float64[B], each 1 to its count.

        A token seen once is no burst, whatever its design effect d. If each further occurrence joins the one
        before it with chance `r = (d - 1) / (d + 1)`, then of `t` occurrences the mean square of burst sizes
        over their mean is `1 + 2 sum over k < t of (1 - k/t) r^k`, which grows from 1 to d.

        Args:
            counts: float64[B], above 0.
            total: Their sum, with what is not in `counts`.
        """
        d = np.full(counts.shape, self.mean)
        if self.shares:
            d = np.interp(np.log(counts / total), np.log(self.shares), self.means)
        r = (d - 1) / (d + 1)
        with np.errstate(under="ignore"):
            sizes = 1 + 2 * (r / (1 - r) - r * (1 - r**counts) / (counts * (1 - r) ** 2))
        return np.asarray(np.clip(sizes, 1.0, np.maximum(counts, 1.0)), np.float64)


INDEPENDENT: Final = DesignEffect()
"""No clustering: one class for each document, say."""
