"""`evaluate` against scikit-learn and by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as reference

from models.calibration import softmax
from models.evaluation.metrics import evaluate
from models.evaluation.record import UNSCORED, Evaluation
from storage.errors import InputError

LABELS = ("中性", "高兴", "愤怒", "surprise")


def _rows(rows: int = 400, unscored: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(5)
    gold = rng.integers(0, 4, rows)
    logits = rng.normal(size=(rows, 4))
    logits[np.arange(rows), gold] += 1.5
    logits[:unscored] = np.nan
    return softmax(logits), gold


def _evaluate(probs: NDArray[np.floating], gold: NDArray[np.int64]) -> Evaluation:
    return evaluate(probs, gold, LABELS[: probs.shape[1]], None, np.random.default_rng(0))


@pytest.mark.parametrize("unscored", [0, 23])
def test_classification_agrees_with_sklearn(unscored: int) -> None:
    probs, gold = _rows(unscored=unscored)
    got = _evaluate(probs, gold)
    # scikit-learn has no unscored rows, but a class outside `labels` is counted the same way.
    predicted = np.where(np.isnan(probs[:, 0]), UNSCORED, np.nan_to_num(probs).argmax(axis=1))
    asked = {"labels": range(4), "zero_division": 0.0}
    precision, recall, f1, support = reference.precision_recall_fscore_support(gold, predicted, **asked)
    macro = reference.precision_recall_fscore_support(gold, predicted, average="macro", **asked)
    assert got.accuracy.value == pytest.approx(reference.accuracy_score(gold, predicted), abs=1e-12)
    np.testing.assert_allclose([c.precision for c in got.classes], precision, atol=1e-12)
    np.testing.assert_allclose([c.recall for c in got.classes], recall, atol=1e-12)
    np.testing.assert_allclose([c.f1 for c in got.classes], f1, atol=1e-12)
    assert [c.support for c in got.classes] == support.tolist()
    means = (got.macro_precision.value, got.macro_recall.value, got.macro_f1.value)
    assert means == pytest.approx(macro[:3], abs=1e-12)
    matrix = reference.confusion_matrix(gold, predicted, labels=range(4))
    assert [list(row) for row in got.confusion] == matrix.tolist()


def test_proper_scores_agree_with_sklearn() -> None:
    probs = _rows()[0].astype(np.float64)
    probs, gold = probs / probs.sum(axis=1, keepdims=True), _rows()[1]
    got = _evaluate(probs, gold)
    brier = reference.brier_score_loss(gold, probs, scale_by_half=False, labels=range(4))
    assert got.nll.value == pytest.approx(reference.log_loss(gold, probs, labels=range(4)), abs=1e-12)
    assert got.brier.value == pytest.approx(brier, abs=1e-12)


def test_hand_worked() -> None:
    probs = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
    got = evaluate(probs, np.array([0, 1, 1, 1]), ["负", "正"], None, np.random.default_rng(0))
    assert (got.rows, got.correct, got.unscored) == (4, 3, 0)
    assert got.confusion == ((1, 0), (1, 2))
    assert (got.classes[0].precision, got.classes[0].recall) == (0.5, 1.0)
    assert (got.classes[1].precision, got.classes[1].recall) == (1.0, pytest.approx(2 / 3))
    assert got.macro_f1.value == pytest.approx((2 / 3 + 0.8) / 2)
    assert got.brier.value == pytest.approx((0.02 + 0.72 + 0.18 + 0.08) / 4)
    assert got.nll.value == pytest.approx(-np.log(0.9 * 0.4 * 0.7 * 0.8) / 4)
    # One row in each of four bins: the gaps are .1, .6, .3 and .2.
    assert got.ece.value == pytest.approx(1.2 / 4)


def test_classes_that_are_never_predicted_or_never_gold_score_zero() -> None:
    probs = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0]])
    got = _evaluate(probs, np.array([0, 1]))
    assert [c.precision for c in got.classes] == [0.5, 0.0, 0.0]
    assert [c.f1 for c in got.classes] == pytest.approx([2 / 3, 0.0, 0.0])
    assert got.macro_f1.value == pytest.approx(2 / 9)


def test_certain_and_wrong_costs_much_but_not_infinitely() -> None:
    got = _evaluate(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1, 1]))
    assert got.nll.value == pytest.approx(15.942 / 2, abs=1e-3)


def test_unscored_rows_are_wrong_and_apart() -> None:
    probs, gold = _rows(100, unscored=10)
    got, without = _evaluate(probs, gold), _evaluate(probs[10:], gold[10:])
    assert (got.rows, got.unscored, got.correct) == (100, 10, without.correct)
    assert got.accuracy.value == without.correct / 100
    assert sum(c.unscored for c in got.classes) == 10
    assert got.confusion == without.confusion
    assert (got.ece.value, got.nll, got.brier) == (without.ece.value, without.nll, without.brier)


def test_nothing_scored_is_still_an_evaluation() -> None:
    got = _evaluate(np.full((3, 2), np.nan), np.array([0, 1, 1]))
    assert (got.rows, got.unscored, got.accuracy.value, got.macro_f1.value) == (3, 3, 0.0, 0.0)
    assert math.isnan(got.ece.value)
    assert got.as_dict()["nll"] == {"value": None, "low": None, "high": None}


def test_intervals_hold_their_figures_and_shrink_with_rows() -> None:
    probs, gold = _rows(400)
    few, many = _evaluate(probs, gold), _evaluate(np.tile(probs, (16, 1)), np.tile(gold, 16))
    for name in ("accuracy", "macro_f1", "macro_precision", "macro_recall", "brier", "nll"):
        wide, narrow = getattr(few, name), getattr(many, name)
        assert wide.low < wide.value < wide.high
        assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(4.0, rel=0.15), name


def test_macro_f1_interval_is_that_of_resampled_rows() -> None:
    probs, gold = _rows(300)
    predicted, rng = probs.argmax(axis=1), np.random.default_rng(7)
    resampled = [
        reference.f1_score(gold[rows], predicted[rows], average="macro", labels=range(4), zero_division=0.0)
        for rows in rng.integers(0, 300, (400, 300))
    ]
    low, high = np.quantile(resampled, [0.025, 0.975])
    got = _evaluate(probs, gold).macro_f1
    assert (got.low, got.high) == pytest.approx((low, high), abs=0.01)


def test_groups() -> None:
    probs, gold = _rows(300)
    names = ["usual"] * 200 + ["virus"] * 100
    got = evaluate(probs, gold, LABELS, names, np.random.default_rng(0)).groups
    assert [(g.group, g.rows) for g in got] == [("usual", 200), ("virus", 100)]
    assert got[1].accuracy.value == (probs[200:].argmax(axis=1) == gold[200:]).mean()
    f1 = reference.f1_score(gold[:200], probs[:200].argmax(axis=1), average="macro")
    assert got[0].macro_f1.value == pytest.approx(f1, abs=1e-12)


def test_a_group_is_not_blamed_for_classes_it_lacks() -> None:
    probs = np.eye(4)[[0, 1, 2, 3]]
    got = evaluate(probs, np.arange(4), LABELS, ["a", "a", "b", "b"], np.random.default_rng(0))
    assert [g.macro_f1.value for g in got.groups] == [1.0, 1.0]


def test_the_same_generator_gives_the_same_evaluation() -> None:
    assert _evaluate(*_rows(200)) == _evaluate(*_rows(200))


def test_as_dict_survives_json() -> None:
    probs, gold = _rows(50, unscored=2)
    flat = evaluate(probs, gold, LABELS, ["甲"] * 50, np.random.default_rng(0)).as_dict()
    assert json.loads(json.dumps(flat, allow_nan=False)) == flat
    assert flat["labels"] == list(LABELS)
    assert flat["reliability"][0]["confidence"] is None


@pytest.mark.parametrize(
    ("probs", "gold", "labels", "groups"),
    [
        (np.zeros((0, 2)), np.zeros(0, np.int64), ["a", "b"], None),
        (np.full((2, 2), 0.5), np.array([0]), ["a", "b"], None),
        (np.full((2, 2), 0.5), np.array([0, 2]), ["a", "b"], None),
        (np.full((2, 2), 0.5), np.array([0, -1]), ["a", "b"], None),
        (np.full((2, 2), 0.5), np.array([0.0, 1.0]), ["a", "b"], None),
        (np.array([[2.0, -1.0]]), np.array([0]), ["a", "b"], None),
        (np.array([[3.0, 1.0]]), np.array([0]), ["a", "b"], None),
        (np.array([[np.inf, 1.0]]), np.array([0]), ["a", "b"], None),
        (np.full((1, 2), 0.5), np.array([0]), ["a"], None),
        (np.full((2, 2), 0.5), np.array([0, 1]), ["a", "b"], ["g"]),
    ],
    ids=[
        "empty",
        "rows",
        "too-large",
        "negative-label",
        "not-integers",
        "negative",
        "logits",
        "infinite",
        "labels",
        "groups",
    ],
)
def test_refuses(
    probs: NDArray[np.float64], gold: NDArray[np.int64], labels: list[str], groups: list[str] | None
) -> None:
    with pytest.raises(InputError):
        evaluate(probs, gold, labels, groups, np.random.default_rng(0))
