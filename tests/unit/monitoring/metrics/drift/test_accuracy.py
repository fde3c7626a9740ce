from __future__ import annotations

import numpy as np
import pytest

from monitoring.metrics.drift.accuracy import accuracy, accuracy_change, macro_f1
from monitoring.metrics.input import LabelledSample
from tests.support.measured_nights import night, only

PROBS = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [np.nan, np.nan]])
LABELLED = LabelledSample(PROBS, np.array([0, 1, 1, 0]))
CONFUSION = np.array([[450, 50], [50, 450]])


def test_rows_that_could_not_be_scored_are_wrong() -> None:
    measured = night(labelled=LABELLED, confusion=CONFUSION)
    assert only(accuracy(measured)).level == 0.5
    assert only(macro_f1(measured)).level == pytest.approx((2 / 4 + 2 / 3) / 2)  # 2 TP / (predicted + gold)
    change = only(accuracy_change(measured))
    assert (change.level, change.level_before) == (0.5, 0.9)
    assert change.estimate.effect < 0


def test_without_labels_there_is_nothing_and_without_dev_rows_no_change() -> None:
    for metric in (accuracy, accuracy_change, macro_f1):
        assert list(metric(night())) == []
    unknown = only(accuracy_change(night(labelled=LABELLED, confusion=None))).estimate
    assert unknown.reason == "the bundle does not know its accuracy on dev rows"
