"""Accuracy and F1 that are expected, against those that come true."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score, precision_score, recall_score

from monitoring.statistics.without_labels import expected_scores


def _calibrated(seed: int, rows: int, classes: int = 4) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(classes, 0.4), rows)
    gold = (rng.random((rows, 1)) > np.cumsum(probs, axis=1)[:, :-1]).sum(axis=1)
    return probs, gold


def test_what_is_expected_comes_true() -> None:
    probs, gold = _calibrated(0, 40_000)
    got, predicted = expected_scores(probs, np.random.default_rng(1), 20), probs.argmax(axis=1)
    assert got.accuracy.value == pytest.approx(np.mean(predicted == gold), abs=0.01)
    assert got.macro_f1.value == pytest.approx(f1_score(gold, predicted, average="macro"), abs=0.01)
    for score, reference in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        values = [getattr(each, score).value for each in got.classes]
        assert values == pytest.approx(reference(gold, predicted, average=None).tolist(), abs=0.02)
    assert sum(each.predicted for each in got.classes) == 40_000
    assert sum(each.expected for each in got.classes) == pytest.approx(40_000)


def test_intervals_cover_what_comes_true() -> None:
    truth_accuracy, truth_f1, covered = 0.0, 0.0, np.zeros(2)
    probs, gold = _calibrated(99, 200_000)
    truth_accuracy = np.mean(probs.argmax(axis=1) == gold)
    truth_f1 = f1_score(gold, probs.argmax(axis=1), average="macro")
    for seed in range(60):
        got = expected_scores(_calibrated(seed, 300)[0], np.random.default_rng(seed), 100)
        covered += [
            got.accuracy.low <= truth_accuracy <= got.accuracy.high,
            got.macro_f1.low <= truth_f1 <= got.macro_f1.high,
        ]
    assert (covered >= 55).all()


def test_certainty_expects_perfection() -> None:
    got = expected_scores(np.eye(3)[[0, 1, 2, 0, 1, 2]], np.random.default_rng(0))
    assert got.accuracy.value == 1.0
    assert got.macro_f1.value == 1.0


def test_by_hand() -> None:
    got = expected_scores(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), np.random.default_rng(0))
    assert got.accuracy.value == pytest.approx((0.9 + 0.6 + 0.8) / 3)
    first = got.classes[0]
    assert first.precision.value == pytest.approx(1.5 / 2)
    assert first.recall.value == pytest.approx(1.5 / 1.7)
    assert first.f1.value == pytest.approx(3.0 / 3.7)


def test_missing_rows_are_left_out() -> None:
    probs = np.array([[0.9, 0.1], [np.nan, np.nan]])
    assert expected_scores(probs, np.random.default_rng(0)).accuracy.n == 1


@pytest.mark.parametrize("probs", [np.zeros((0, 3)), np.full((4, 3), np.nan), np.zeros((2, 3)), np.array([[2, -1, 0]])])
def test_no_probabilities_say_nothing(probs: NDArray[np.float64]) -> None:
    got = expected_scores(probs, np.random.default_rng(0))
    assert math.isnan(got.accuracy.value)
    assert got.macro_f1.reason
    assert len(got.classes) == 3
    assert not got.classes[0].f1.known
