from __future__ import annotations

import math

import pytest

from monitoring.metrics.drift.expected_scores import expected_accuracy, expected_macro_f1
from storage.profiles.counts import UNIT
from tests.support.measured_nights import inputs, night, only


def test_calibrated_probabilities_foretell_the_accuracy() -> None:
    measured, given = night(labels=1_500), inputs(labels=1_500)
    assert given.labelled is not None
    real = float((given.labelled.probs.argmax(axis=1) == given.labelled.gold).mean())
    accuracy, macro_f1 = only(expected_accuracy(measured)), only(expected_macro_f1(measured))
    assert accuracy.level == pytest.approx(real, abs=0.03)
    assert accuracy.estimate.low < accuracy.level < accuracy.estimate.high
    assert macro_f1.level == pytest.approx(accuracy.level, abs=0.05)


def test_the_level_before_is_the_mean_confidence_of_the_reference() -> None:
    baseline = inputs().baseline
    assert baseline is not None
    total = baseline.profile.total
    assert only(expected_accuracy(night())).level_before == pytest.approx(total.confidence * UNIT / total.labelled)
    assert math.isnan(only(expected_accuracy(night(baseline=None))).level_before)
