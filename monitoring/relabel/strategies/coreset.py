"""CoreSet: each choice is the row farthest from all that are chosen or picked already."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.by_set import SetCandidates, SetStrategy
from monitoring.relabel.strategies.base.clusters import Vectors
from monitoring.relabel.strategies.base.registry import register


@register
class Coreset(SetStrategy):
    """Rows that cover what a batch does not cover yet."""

    name = "coreset"
    source = "drawn"
    turn = 70

    def choose(self, candidates: SetCandidates, rng: np.random.Generator) -> NDArray[np.int64]:
        """By `k_center_greedy`; nothing is drawn."""
        del rng
        return k_center_greedy(candidates.vectors, candidates.count, candidates.picked_vectors())


def k_center_greedy(vectors: Vectors, count: int, given: Vectors) -> NDArray[np.int64]:
    """CoreSet: each choice is the row farthest from all that are chosen or given.

    Sener & Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set Approach" (2018), algorithm 1: at
    most twice the radius of the best cover. With nothing given the row farthest from the mean is first.

    Args:
        vectors: Floating[N, H].
        count: How many to choose, at most N.
        given: Floating[M, H], rows that are covered already.

    Returns:
        int64[count], in the order of choice; ties go to the first row.
    """
    points = vectors.astype(np.float64)
    distance = np.full(len(points), np.inf)
    for center in given.astype(np.float64):
        distance = np.minimum(distance, _squared(points, center))
    if not len(given) and len(points):
        distance = _squared(points, points.mean(axis=0))
    chosen: list[int] = []
    for place in range(min(count, len(points))):
        best = int(distance.argmax())
        chosen.append(best)
        away = _squared(points, points[best])
        distance = away if place == 0 and not len(given) else np.minimum(distance, away)
        distance[chosen] = -1.0
    return np.array(chosen, np.int64)


def _squared(points: NDArray[np.float64], center: NDArray[np.float64]) -> NDArray[np.float64]:
    return ((points - center) ** 2).sum(axis=1)  # type: ignore[no-any-return]
