"""Least confidence: how far the probability of the predicted class is from 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.by_score import UncertaintyStrategy
from monitoring.relabel.strategies.base.pool import Probabilities
from monitoring.relabel.strategies.base.registry import register


@register
class LeastConfidence(UncertaintyStrategy):
    """Rows by `least_confidence`, spread over clusters."""

    name = "least_confidence"
    measure = "confidence"
    turn = 30

    def uncertainty(self, probs: Probabilities) -> NDArray[np.float64]:
        """By `least_confidence`."""
        return least_confidence(probs)


def least_confidence(probs: Probabilities) -> NDArray[np.float64]:
    """`1 - max_c p_c` (Lewis & Gale 1994).

    Args:
        probs: Floating[N, C], C >= 2.

    Returns:
        float64[N], from 0 to `1 - 1/C`.
    """
    best: NDArray[np.float64] = probs.astype(np.float64).max(axis=1)
    return 1.0 - best
