"""Margin: how close the second class comes to the first.

For fine-tuned transformers it does best of the uncertainties, or nearly so: Schröder, Niekler & Potthast, "Revisiting
Uncertainty-based Query Strategies ... with Transformers" (2022).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.by_score import UncertaintyStrategy
from monitoring.relabel.strategies.base.pool import Probabilities
from monitoring.relabel.strategies.base.registry import register


@register
class Margin(UncertaintyStrategy):
    """Rows by `margin`, spread over clusters."""

    name = "margin"
    measure = "margin"
    turn = 20

    def uncertainty(self, probs: Probabilities) -> NDArray[np.float64]:
        """By `margin`."""
        return margin(probs)


def margin(probs: Probabilities) -> NDArray[np.float64]:
    """`1 - (p_first - p_second)` (Scheffer et al. 2001, "breaking ties").

    Args:
        probs: Floating[N, C], C >= 2.

    Returns:
        float64[N], from 0 to 1.
    """
    ranked = np.sort(probs.astype(np.float64), axis=1)
    gap: NDArray[np.float64] = ranked[:, -1] - ranked[:, -2]
    return 1.0 - gap
