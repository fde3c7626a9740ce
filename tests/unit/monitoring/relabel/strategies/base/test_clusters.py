from __future__ import annotations

import numpy as np
import pytest

from monitoring.relabel.strategies.base.clusters import cluster, spread, take_in_turns


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def blobs(sizes: tuple[int, ...], seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Tight clusters far apart, and which row is of which."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return labels[:, None] * np.array([[10.0, -7.0]]) + rng(seed).normal(0, 0.1, (len(labels), 2)), labels


def test_spread_takes_the_best_of_each_cluster_before_the_second_best() -> None:
    vectors, labels = blobs((30, 5, 5))
    scores = np.where(labels == 0, 0.9, 0.5) + np.arange(40) / 1000  # the thirty alike have the best scores
    order = spread(vectors, scores, 3, rng())
    assert sorted(order) == list(range(40))
    assert sorted(labels[order[:3]]) == [0, 1, 2]
    assert order[:3].tolist() == [29, 39, 34]


def test_spread_with_equal_rows_is_quiet() -> None:
    assert spread(np.ones((4, 2)), np.array([1.0, 4.0, 3.0, 2.0]), 3, rng()).tolist() == [1, 2, 3, 0]
    assert spread(np.zeros((0, 2)), np.zeros(0), 3, rng()).tolist() == []


def test_in_turns_by_hand() -> None:
    labels, scores = np.array([0, 0, 0, 1, 1]), np.array([3.0, 5.0, 4.0, 1.0, 2.0])
    assert take_in_turns(labels, scores, np.zeros(2), 4).tolist() == [1, 4, 2, 3]
    assert take_in_turns(labels, scores, np.array([1, 2]), 4).tolist() == [4, 1, 3, 2]


@pytest.mark.parametrize("count", [1, 5])
def test_the_same_seed_gives_the_same_rows(count: int) -> None:
    vectors = rng(5).normal(size=(200, 8))
    assert cluster(vectors, count, rng()).tolist() == cluster(vectors, count, rng()).tolist()
