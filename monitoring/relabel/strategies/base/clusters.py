"""Clusters of embeddings, and rows taken from each of them in turn."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

Vectors = NDArray[np.floating[Any]]
_LARGEST_SEED: Final = 2**31 - 1


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
