from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from models.evaluation.classification import (
    cell_scores,
    class_scores,
    confusion_counts,
    macro_scores,
    precision_recall_f1,
)
from models.evaluation.record import UNSCORED

GOLD = np.array([0, 0, 1, 1, 2, 2, 2])
PREDICTED = np.array([0, 1, 1, 1, 2, 0, UNSCORED])


def test_unscored_rows_have_a_column_of_their_own() -> None:
    assert confusion_counts(GOLD, PREDICTED, 3).tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 1, 1]]


def test_scores_by_class_are_those_of_scikit_learn() -> None:
    found = class_scores(confusion_counts(GOLD, PREDICTED, 3), "abc")
    right = precision_recall_fscore_support(GOLD, PREDICTED, labels=[0, 1, 2], zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "support"), right, strict=True):
        assert [getattr(each, name) for each in found] == pytest.approx(list(values))
    assert [each.unscored for each in found] == [0, 0, 1]


def test_a_quotient_without_a_meaning_is_zero() -> None:
    for score in precision_recall_f1(np.zeros(2), np.zeros(2), np.zeros(2)):
        assert score.tolist() == [0.0, 0.0]


def test_lumped_cells_give_the_same_scores() -> None:
    counts = confusion_counts(GOLD, PREDICTED, 3)
    gold, given = np.nonzero(counts)
    lumped = cell_scores(counts[gold, given][None, :], gold, given, 3)
    whole = class_scores(counts, "abc")
    assert lumped[2][0].tolist() == [each.f1 for each in whole]


def test_macro_scores_hold_their_mean() -> None:
    macro = macro_scores(confusion_counts(GOLD, PREDICTED, 3), np.array([True, True, False]), np.random.default_rng(0))
    assert macro.recall.value == 0.75
    assert macro.f1.low <= macro.f1.value <= macro.f1.high
