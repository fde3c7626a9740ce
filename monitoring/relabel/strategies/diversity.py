"""Rows that stand for many others, chosen by where they lie in the space of embeddings."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestNeighbors

Vectors = NDArray[np.floating[Any]]
_NEIGHBOURS: Final = 20
"""Neighbours that typicality is measured by (Hacohen et al. 2022, section 3.2)."""
_LARGEST_SEED: Final = 2**31 - 1


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


def typiclust(vectors: Vectors, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """TypiClust, for a cold start: as many clusters as choices, and of each the row in its densest place.

    Hacohen, Dekel & Weinshall, "Active Learning on a Budget" (2022), eq. 4: the typicality of x is the inverse of its
    mean distance to its nearest neighbours, here at most 20 within its cluster. Large clusters come first.

    Args:
        vectors: Floating[N, H].
        count: How many to choose, at most N.
        rng: Seeds the clusters.

    Returns:
        int64[count], in the order of choice.
    """
    count = min(count, len(vectors))
    if not count:
        return np.zeros(0, np.int64)
    labels = cluster(vectors, count, rng)
    sizes = np.bincount(labels, minlength=count)
    typical = np.zeros(len(vectors))
    for each in np.flatnonzero(sizes):
        members = np.flatnonzero(labels == each)
        typical[members] = _typicality(vectors[members].astype(np.float64))
    return take_in_turns(labels, typical, sizes, count)


def spread(vectors: Vectors, scores: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows with large scores that don't lie side by side: of each cluster the best first, then the second best.

    Cluster-Margin (Citovsky et al., "Batch Active Learning at Scale", 2021), with k-means for its clusters.

    Args:
        vectors: Floating[N, H].
        scores: float64[N], the larger the more worth asking.
        count: How many to choose, at most N; there are as many clusters.
        rng: Seeds the clusters.

    Returns:
        int64[N], all rows, in the order in which they should be asked.
    """
    if not len(vectors) or not count:
        return np.argsort(-scores, kind="stable").astype(np.int64)
    labels = cluster(vectors, min(count, len(vectors)), rng)
    return take_in_turns(labels, scores, np.zeros(int(labels.max()) + 1), len(scores))


def cluster(vectors: Vectors, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """k-means (Lloyd, k-means++ starts) of float32[N, H] into at most `count` clusters, int64[N].

    Equal rows may leave clusters empty.
    """
    distinct = len(np.unique(vectors, axis=0))
    model = KMeans(min(count, distinct), n_init=1, max_iter=20, random_state=int(rng.integers(_LARGEST_SEED)))
    labels: NDArray[np.int64] = model.fit_predict(vectors.astype(np.float32)).astype(np.int64)
    return labels


def take_in_turns(
    labels: NDArray[np.int64], scores: NDArray[np.float64], weights: NDArray[Any], count: int
) -> NDArray[np.int64]:
    """The best of each cluster, then the second best of each, and so on.

    Args:
        labels: int64[N], each row's cluster.
        scores: float64[N], the larger the better.
        weights: Number[K]; within a round the heavier cluster comes first, then the better score.
        count: How many rows.

    Returns:
        int64[min(count, N)].
    """
    by_cluster = np.lexsort((-scores, labels))
    starts = np.concatenate([[True], np.diff(labels[by_cluster]) != 0]) if len(labels) else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(labels)), 0))
    turn = np.empty(len(labels), np.int64)
    turn[by_cluster] = np.arange(len(labels)) - first
    return np.lexsort((-scores, -weights[labels], turn))[:count].astype(np.int64)


def _squared(points: NDArray[np.float64], center: NDArray[np.float64]) -> NDArray[np.float64]:
    return ((points - center) ** 2).sum(axis=1)  # type: ignore[no-any-return]


def _draw(distance: NDArray[np.float64], chosen: list[int], rng: np.random.Generator) -> int:
    """A row that is not chosen, by its distance; where all are at no distance, any."""
    total = distance.sum()
    if total > 0:
        return int(rng.choice(len(distance), p=distance / total))
    free = np.setdiff1d(np.arange(len(distance)), chosen)
    return int(rng.choice(free))


def _typicality(members: NDArray[np.float64]) -> NDArray[np.float64]:
    """Float64[M]; the only member of a cluster is as typical as can be."""
    neighbours = min(_NEIGHBOURS, len(members) - 1)
    if not neighbours:
        return np.full(len(members), np.inf)
    away, _ = NearestNeighbors(n_neighbors=neighbours).fit(members).kneighbors()
    with np.errstate(divide="ignore"):
        typical: NDArray[np.float64] = 1.0 / away.mean(axis=1)
    return typical
