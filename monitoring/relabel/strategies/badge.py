"""BADGE: rows that are unsure and unlike each other, by the gradients that they would give."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.by_set import SetCandidates, SetStrategy
from monitoring.relabel.strategies.base.clusters import Vectors
from monitoring.relabel.strategies.base.registry import register


@register
class Badge(SetStrategy):
    """Rows by the distance between their gradients; they are drawn, so their chance is not known."""

    name = "badge"
    source = "both"
    measure = "margin"
    chance = math.nan
    turn = 80

    def choose(self, candidates: SetCandidates, rng: np.random.Generator) -> NDArray[np.int64]:
        """By `badge`."""
        return badge(candidates.vectors, candidates.probs, candidates.count, rng)


def badge(vectors: Vectors, probs: Vectors, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """BADGE: k-means++ on the gradients that each row would give if the predicted class were right.

    Ash et al., "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds" (2020), eq. 1 and algorithm 1:
    `g = (p - onehot(argmax p)) ⊗ h`. The product is never made: `<g, g'> = <a, a'> <h, h'>`. The first row is the one
    with the longest gradient; each other is drawn with a chance that grows with the square of its distance.

    Args:
        vectors: Floating[N, H], what the last layer sees.
        probs: Floating[N, C].
        count: How many to choose, at most N.
        rng: Draws them.

    Returns:
        int64[count], in the order of choice.
    """
    hidden, error = vectors.astype(np.float64), probs.astype(np.float64)
    error[np.arange(len(error)), error.argmax(axis=1)] -= 1.0
    length = (hidden**2).sum(axis=1) * (error**2).sum(axis=1)
    chosen: list[int] = []
    distance = length.copy()
    for _ in range(min(count, len(hidden))):
        best = int(length.argmax()) if not chosen else _draw(distance, chosen, rng)
        away = length + length[best] - 2 * (error @ error[best]) * (hidden @ hidden[best])
        distance = np.maximum(np.minimum(distance, away) if chosen else away, 0.0)
        chosen.append(best)
        distance[chosen] = 0.0
    return np.array(chosen, np.int64)


def _draw(distance: NDArray[np.float64], chosen: list[int], rng: np.random.Generator) -> int:
    """A row that is not chosen, by its distance; where all are at no distance, any."""
    total = distance.sum()
    if total > 0:
        return int(rng.choice(len(distance), p=distance / total))
    free = np.setdiff1d(np.arange(len(distance)), chosen)
    return int(rng.choice(free))
