from __future__ import annotations

import itertools

import numpy as np
import pytest

from monitoring.relabel.strategies.diversity import badge, cluster, k_center_greedy, spread, take_in_turns, typiclust

NONE_GIVEN = np.zeros((0, 2))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def blobs(sizes: tuple[int, ...], seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Tight clusters far apart, and which row is of which."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return labels[:, None] * np.array([[10.0, -7.0]]) + rng(seed).normal(0, 0.1, (len(labels), 2)), labels


def test_k_center_by_hand() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 0.0], [10.0, 0.0], [5.0, 0.0]])
    assert k_center_greedy(points, 3, np.array([[0.0, 0.0]])).tolist() == [3, 4, 1]
    assert k_center_greedy(points, 2, NONE_GIVEN).tolist() == [0, 3]


def test_k_center_covers_within_twice_the_best_radius() -> None:
    def radius(chosen: tuple[int, ...]) -> float:
        return float(np.linalg.norm(points[:, None] - points[list(chosen)], axis=2).min(axis=1).max())

    for seed in range(20):
        points = rng(seed).normal(size=(10, 2))
        best = min(radius(each) for each in itertools.combinations(range(10), 3))
        assert radius(tuple(k_center_greedy(points, 3, NONE_GIVEN))) <= 2 * best + 1e-9


def test_k_center_never_chooses_twice_even_where_all_are_equal() -> None:
    assert sorted(k_center_greedy(np.ones((4, 2)), 9, NONE_GIVEN)) == [0, 1, 2, 3]


def test_badge_distances_are_those_of_the_gradients() -> None:
    """The same choices as with the outer products written out and the same draws."""
    vectors, probs = rng(2).normal(size=(40, 5)), rng(3).dirichlet(np.ones(3), 40)
    error = probs - np.eye(3)[probs.argmax(axis=1)]
    gradients = (error[:, :, None] * vectors[:, None, :]).reshape(40, -1)
    draws, expected = rng(4), [int((gradients**2).sum(axis=1).argmax())]
    while len(expected) < 10:
        away = ((gradients[:, None] - gradients[expected]) ** 2).sum(axis=2).min(axis=1)
        away[expected] = 0
        expected.append(int(draws.choice(40, p=away / away.sum())))
    assert badge(vectors, probs, 10, rng(4)).tolist() == expected


def test_badge_takes_of_the_sure_rows_one_at_most() -> None:
    """They have no gradient, wherever they lie: in that space they are one point."""
    vectors, labels = blobs((50, 50, 200))
    probs = np.where(labels[:, None] == 2, [[1.0, 0.0]], [[0.55, 0.45]])
    chosen = badge(vectors + 1.0, probs, 8, rng())
    assert (labels[chosen] == 2).sum() <= 1
    assert {0, 1} <= set(labels[chosen].tolist())


def test_badge_with_no_gradient_at_all_still_chooses_each_once() -> None:
    assert sorted(badge(np.zeros((5, 2)), np.full((5, 2), 0.5), 5, rng())) == [0, 1, 2, 3, 4]


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
    probs = rng(6).dirichlet(np.ones(3), 200)
    for choose in (
        lambda: badge(vectors, probs, count, rng()),
        lambda: typiclust(vectors, count, rng()),
        lambda: cluster(vectors, count, rng()),
    ):
        assert choose().tolist() == choose().tolist()
