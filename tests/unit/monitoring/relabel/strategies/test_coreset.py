from __future__ import annotations

import itertools

import numpy as np

from monitoring.relabel.strategies.coreset import k_center_greedy

NONE_GIVEN = np.zeros((0, 2))


def test_k_center_by_hand() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 0.0], [10.0, 0.0], [5.0, 0.0]])
    assert k_center_greedy(points, 3, np.array([[0.0, 0.0]])).tolist() == [3, 4, 1]
    assert k_center_greedy(points, 2, NONE_GIVEN).tolist() == [0, 3]


def test_k_center_covers_within_twice_the_best_radius() -> None:
    def radius(chosen: tuple[int, ...]) -> float:
        return float(np.linalg.norm(points[:, None] - points[list(chosen)], axis=2).min(axis=1).max())

    for seed in range(20):
        points = np.random.default_rng(seed).normal(size=(10, 2))
        best = min(radius(each) for each in itertools.combinations(range(10), 3))
        assert radius(tuple(k_center_greedy(points, 3, NONE_GIVEN))) <= 2 * best + 1e-9


def test_k_center_never_chooses_twice_even_where_all_are_equal() -> None:
    assert sorted(k_center_greedy(np.ones((4, 2)), 9, NONE_GIVEN)) == [0, 1, 2, 3]
