"""What drawn labels say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from models.evaluation.metrics import evaluate
from monitoring.statistics.calibration import labelled_scores

LABELS = ("差", "中", "好")
ERRORS = ("ece", "ece_equal_mass", "ece_classwise", "ece_debiased", "ece_smooth")


def _rows(seed: int, rows: int, sharpness: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(rows, 3))
    true, said = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) for z in (logits, sharpness * logits))
    return said, (rng.random((rows, 1)) > np.cumsum(true, axis=1)[:, :-1]).sum(axis=1)


def test_scores_are_those_of_the_evaluation() -> None:
    probs, gold = _rows(0, 500)
    got = labelled_scores(probs, gold, LABELS, np.random.default_rng(1))
    expected = evaluate(probs, gold, LABELS, None, np.random.default_rng(1))
    assert got.accuracy.value == expected.accuracy.value
    assert got.ece.value == expected.ece.value
    assert got.ece_equal_mass.value == expected.ece_equal_mass.value
    assert got.macro_f1.value == pytest.approx(f1_score(gold, probs.argmax(axis=1), average="macro"))
    assert got.classes == expected.classes
    assert got.reliability == expected.reliability


def test_a_calibrated_model_is_no_alarm() -> None:
    got = [labelled_scores(*_rows(seed, 250), LABELS, np.random.default_rng(seed)) for seed in range(25)]
    for name in ERRORS:
        p_values = [getattr(g, name).p_value for g in got]
        assert sum(p < 0.05 for p in p_values) <= 4, name  # 1 expected, more than 4 once in 140
        assert 5 <= sum(p < 0.5 for p in p_values) <= 20, name


def test_an_overconfident_one_is() -> None:
    got = labelled_scores(*_rows(1, 1500, sharpness=2.5), LABELS, np.random.default_rng(0))
    for name in ERRORS:
        error = getattr(got, name)
        assert error.value > error.null_high, name
        assert error.p_value < 0.01, name
        assert 0 < error.low <= error.value <= error.high, name
        assert error.effect > 0, name


def test_unscored_rows_are_wrong_and_have_no_confidence() -> None:
    probs, gold = _rows(2, 100)
    probs[:50] = np.nan
    got = labelled_scores(probs, gold, LABELS, np.random.default_rng(0))
    assert got.accuracy.n == 100
    assert got.ece.n == 50
    assert got.accuracy.value <= 0.5


def test_no_labels_and_no_scores_say_nothing() -> None:
    none = labelled_scores(np.zeros((0, 3)), np.zeros(0, np.int64), LABELS, np.random.default_rng(0))
    assert none.accuracy.reason == "no labelled rows"
    failed = labelled_scores(np.full((9, 3), np.nan), np.zeros(9, np.int64), LABELS, np.random.default_rng(0))
    assert failed.accuracy.value == 0.0
    for name in ERRORS:
        assert math.isnan(getattr(none, name).value)
        assert getattr(failed, name).reason == "no labelled row could be scored"


def test_one_row_of_one_class() -> None:
    got = labelled_scores(np.array([[0.2, 0.3, 0.5]]), np.array([2]), LABELS, np.random.default_rng(0))
    assert got.accuracy.value == 1.0
    assert got.ece.value == pytest.approx(0.5)
    assert got.ece.p_value > 0.2
