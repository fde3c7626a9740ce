from __future__ import annotations

import numpy as np
import pytest

from monitoring.relabel.strategies.badge import badge


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def blobs(sizes: tuple[int, ...], seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Tight clusters far apart, and which row is of which."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return labels[:, None] * np.array([[10.0, -7.0]]) + rng(seed).normal(0, 0.1, (len(labels), 2)), labels


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


@pytest.mark.parametrize("count", [1, 5])
def test_the_same_seed_gives_the_same_rows(count: int) -> None:
    vectors = rng(5).normal(size=(200, 8))
    probs = rng(6).dirichlet(np.ones(3), 200)
    assert badge(vectors, probs, count, rng()).tolist() == badge(vectors, probs, count, rng()).tolist()
