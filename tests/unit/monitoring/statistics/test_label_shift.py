"""Shares of classes from predictions alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.statistics.label_shift import LabelShift, shares_by_confusion, shares_by_likelihood

SOURCE = np.array([0.3, 0.7])


def _calibrated(rng: np.random.Generator, rows: int, positive: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities calibrated at the source's 30 % positive, on rows of which `positive` are."""
    gold = rng.random(rows) < positive
    x = rng.normal(np.where(gold, 1.0, -1.0), 1.0)
    p = 1 / (1 + np.exp(-2 * x) * 0.7 / 0.3)
    return np.stack([p, 1 - p], axis=1), np.where(gold, 0, 1)


def _confusion(rng: np.random.Generator, rows: int) -> NDArray[np.int64]:
    probs, gold = _calibrated(rng, rows, 0.3)
    counts = np.zeros((2, 2), np.int64)
    np.add.at(counts, (gold, probs.argmax(axis=1)), 1)
    return counts


def test_likelihood_finds_the_true_share() -> None:
    rng = np.random.default_rng(0)
    probs, _ = _calibrated(rng, 5000, 0.5)
    got = shares_by_likelihood(probs, SOURCE, rng)
    share = got.shares[0]
    assert share.value == pytest.approx(0.5, abs=0.03)
    assert share.low < 0.5 < share.high
    assert share.high - share.low < 0.06
    assert share.effect == pytest.approx(share.value - 0.3)
    assert got.p_value < 1e-9
    assert sum(s.value for s in got.shares) == pytest.approx(1.0)


def test_likelihood_is_at_its_top() -> None:
    rng = np.random.default_rng(1)
    probs, _ = _calibrated(rng, 800, 0.5)
    best = shares_by_likelihood(probs, SOURCE, rng, 10).shares[0].value

    def likelihood(q: float) -> float:
        return float(np.log(probs @ (np.array([q, 1 - q]) / SOURCE)).sum())

    grid = np.linspace(0.01, 0.99, 981)
    assert best == pytest.approx(grid[np.argmax([likelihood(q) for q in grid])], abs=1e-3)


def test_p_values_and_intervals_hold_without_a_shift() -> None:
    rng = np.random.default_rng(2)
    got = [shares_by_likelihood(_calibrated(rng, 300, 0.3)[0], SOURCE, rng, 60) for _ in range(150)]
    assert np.mean([g.p_value < 0.05 for g in got]) <= 0.10
    assert 0.36 <= np.mean([g.p_value < 0.5 for g in got]) <= 0.64
    assert np.mean([g.shares[0].low <= 0.3 <= g.shares[0].high for g in got]) >= 0.87


def test_confusion_inverts_by_hand() -> None:
    counts = np.array([[80, 20], [10, 90]])
    got = shares_by_confusion(counts, np.array([450, 550]), np.random.default_rng(3))
    assert got.shares[0].value == pytest.approx(0.5)  # .8 q + .1 (1 - q) = .45
    assert got.shares[0].low < 0.5 < got.shares[0].high
    assert got.condition == pytest.approx(np.linalg.cond(np.array([[0.8, 0.1], [0.2, 0.9]])))


def test_confusion_finds_the_true_share() -> None:
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        probs, _ = _calibrated(rng, 1500, 0.5)
        share = shares_by_confusion(_confusion(rng, 2000), np.bincount(probs.argmax(axis=1)), rng).shares[0]
        covered += share.low <= 0.5 <= share.high
        assert share.value == pytest.approx(0.5, abs=0.09)
    assert covered >= 34


def test_a_model_that_confuses_everything_is_refused() -> None:
    counts = np.array([[502, 498], [498, 502]])
    got = shares_by_confusion(counts, np.array([480, 520]), np.random.default_rng(4))
    assert got.shares == ()
    assert "condition number 250" in got.reason
    assert got.condition == pytest.approx(250.0)


def test_few_labels_are_refused() -> None:
    got = shares_by_confusion(np.array([[1, 0], [0, 2]]), np.array([5, 5]), np.random.default_rng(5))
    assert got.shares == ()
    assert "too few labels" in got.reason


@pytest.mark.parametrize(
    ("counts", "seen"),
    [
        (np.zeros((2, 2)), np.array([5, 5])),
        (np.array([[5, 1], [0, 0]]), np.array([5, 5])),
        (np.array([[5, 1], [1, 5]]), np.array([0, 0])),
        (np.array([[5]]), np.array([5])),
    ],
)
def test_confusion_without_rows_says_nothing(counts: NDArray[np.int64], seen: NDArray[np.int64]) -> None:
    got = shares_by_confusion(counts, seen, np.random.default_rng(0))
    assert got.shares == ()
    assert got.reason


@pytest.mark.parametrize(
    ("probs", "source"),
    [
        (np.zeros((0, 2)), SOURCE),
        (np.full((5, 2), np.nan), SOURCE),
        (np.ones((5, 1)), np.ones(1)),
        (np.full((5, 2), 0.5), np.array([0.0, 1.0])),
        (np.full((5, 2), 0.5), np.array([np.nan, 1.0])),
        (np.full((5, 2), 0.5), np.ones(3)),
        (np.array([[-0.5, 1.5]]), SOURCE),
        (np.zeros((5, 2)), SOURCE),
    ],
)
def test_likelihood_without_rows_says_nothing(probs: NDArray[np.float64], source: NDArray[np.float64]) -> None:
    got = shares_by_likelihood(probs, source, np.random.default_rng(0))
    assert isinstance(got, LabelShift)
    assert got.shares == ()
    assert got.reason
