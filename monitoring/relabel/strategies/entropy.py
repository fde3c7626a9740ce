"""Entropy of the probabilities: how evenly they are spread over all classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from monitoring.relabel.strategies.base.by_score import UncertaintyStrategy
from monitoring.relabel.strategies.base.pool import Probabilities
from monitoring.relabel.strategies.base.registry import register


@register
class Entropy(UncertaintyStrategy):
    """Rows by `entropy`, spread over clusters."""

    name = "entropy"
    measure = "entropy"
    turn = 40

    def uncertainty(self, probs: Probabilities) -> NDArray[np.float64]:
        """By `entropy`."""
        return entropy(probs)


def entropy(probs: Probabilities) -> NDArray[np.float64]:
    """`-sum_c p_c ln p_c`, in nats; `0 ln 0 = 0` (Shannon 1948).

    Args:
        probs: Floating[..., C].

    Returns:
        float64[...], from 0 to `ln C`.
    """
    total: NDArray[np.float64] = entr(probs.astype(np.float64)).sum(axis=-1)
    return total
