"""Disagreement: where the model and a challenger give different probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.bald import bald
from monitoring.relabel.strategies.base.by_score import ScoreStrategy
from monitoring.relabel.strategies.base.pool import Models, Pool, Probabilities
from monitoring.relabel.strategies.base.registry import register
from monitoring.relabel.strategies.base.strategy import Need


@register
class Disagreement(ScoreStrategy):
    """Rows by `disagreement`."""

    name = "disagreement"
    source = "both"
    measure = "margin"
    needs = frozenset({Need.CHALLENGER})
    turn = 60

    def score(self, pool: Pool, models: Models, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """By `disagreement`."""
        return disagreement(pool.probs[rows], models.rival_probs(pool.texts_at(rows)))


def disagreement(champion: Probabilities, challenger: Probabilities) -> NDArray[np.float64]:
    """Jensen-Shannon divergence of two models' probabilities: `H[(p + q) / 2] - (H[p] + H[q]) / 2`.

    Lin, "Divergence Measures Based on the Shannon Entropy" (1991), eq. 4.1; McCallum & Nigam (1998) ask by it what a
    committee of models is split about.

    Args:
        champion: Floating[N, C].
        challenger: Floating[N, C], the classes in the same order.

    Returns:
        float64[N], from 0 to `ln 2`, in nats.
    """
    return bald(np.stack([champion, challenger]))
