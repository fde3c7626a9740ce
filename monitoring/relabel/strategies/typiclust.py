"""TypiClust: typical rows of as many clusters as choices, for a model that has seen few labels."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from monitoring.relabel.strategies.base.by_set import SetCandidates, SetStrategy
from monitoring.relabel.strategies.base.clusters import Vectors, cluster, take_in_turns
from monitoring.relabel.strategies.base.registry import register

_NEIGHBOURS: Final = 20
"""Neighbours that typicality is measured by (Hacohen et al. 2022, section 3.2)."""


@register
class Typiclust(SetStrategy):
    """The row in the densest place of each cluster."""

    name = "typiclust"
    source = "drawn"
    turn = 90

    def choose(self, candidates: SetCandidates, rng: np.random.Generator) -> NDArray[np.int64]:
        """By `typiclust`."""
        return typiclust(candidates.vectors, candidates.count, rng)


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


def _typicality(members: NDArray[np.float64]) -> NDArray[np.float64]:
    """Float64[M]; the only member of a cluster is as typical as can be."""
    neighbours = min(_NEIGHBOURS, len(members) - 1)
    if not neighbours:
        return np.full(len(members), np.inf)
    away, _ = NearestNeighbors(n_neighbors=neighbours).fit(members).kneighbors()
    with np.errstate(divide="ignore"):
        typical: NDArray[np.float64] = 1.0 / away.mean(axis=1)
    return typical
