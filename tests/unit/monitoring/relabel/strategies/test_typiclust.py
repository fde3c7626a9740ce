from __future__ import annotations

import numpy as np
import pytest

from monitoring.relabel.strategies.typiclust import typiclust


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def blobs(sizes: tuple[int, ...], seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Tight clusters far apart, and which row is of which."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return labels[:, None] * np.array([[10.0, -7.0]]) + rng(seed).normal(0, 0.1, (len(labels), 2)), labels


def test_typiclust_takes_the_middle_of_each_cluster_the_largest_first() -> None:
    vectors, labels = blobs((10, 40, 20))
    outlier = np.flatnonzero(labels == 1)[0]
    vectors[outlier] += 1.5
    chosen = typiclust(vectors, 3, rng())
    assert labels[chosen].tolist() == [1, 2, 0]
    assert outlier not in chosen


def test_typiclust_of_nothing_and_of_fewer_rows_than_asked() -> None:
    assert typiclust(np.zeros((0, 2)), 3, rng()).tolist() == []
    assert sorted(typiclust(np.array([[0.0, 0], [5.0, 5]]), 3, rng())) == [0, 1]


@pytest.mark.parametrize("count", [1, 5])
def test_the_same_seed_gives_the_same_rows(count: int) -> None:
    vectors = rng(5).normal(size=(200, 8))
    assert typiclust(vectors, count, rng()).tolist() == typiclust(vectors, count, rng()).tolist()
