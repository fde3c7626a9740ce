"""BALD: where passes with dropout contradict each other, so that a label would settle something."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.by_score import ScoreStrategy
from monitoring.relabel.strategies.base.pool import Models, Pool, Probabilities
from monitoring.relabel.strategies.base.registry import register
from monitoring.relabel.strategies.base.strategy import Need
from monitoring.relabel.strategies.entropy import entropy


@register
class Bald(ScoreStrategy):
    """Rows by `bald`, looked for where the entropy is large."""

    name = "bald"
    source = "uncertain"
    measure = "entropy"
    needs = frozenset({Need.DROPOUT_PASSES})
    turn = 50

    def score(self, pool: Pool, models: Models, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """By `bald`."""
        return bald(models.passes(pool.texts_at(rows)))


def bald(passes: Probabilities) -> NDArray[np.float64]:
    """Information that the label holds about the weights: `H[mean_t p_t] - mean_t H[p_t]`.

    Houlsby et al., "Bayesian Active Learning for Classification and Preference Learning" (2011), eq. 2; with dropout in
    place of a posterior: Gal, Islam & Ghahramani, "Deep Bayesian Active Learning with Image Data" (2017). Zero where
    all passes agree, however unsure they are: noise that no label settles is not asked for.

    Args:
        passes: Floating[T, N, C], probabilities of T passes with dropout.

    Returns:
        float64[N], from 0 to `ln C`, in nats.
    """
    mean = passes.astype(np.float64).mean(axis=0)
    gained: NDArray[np.float64] = entropy(mean) - entropy(passes).mean(axis=0)
    return np.maximum(gained, 0.0)
