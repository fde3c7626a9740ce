from __future__ import annotations

from monitoring.metrics.registry import CATALOGUE
from tests.support.measured_nights import night, only
from tests.support.synthetic_population import Draw

NAMES = ("ece", "ece_equal_mass", "ece_classwise", "ece_debiased", "ece_smooth")


def test_every_measure_sees_a_model_that_is_too_sure() -> None:
    of_night, sharp = dict(CATALOGUE.of_night()), night(Draw(sharpen=4.0), labels=600)
    for name in NAMES:
        measured = only(of_night[name](sharp))
        assert measured.level == measured.estimate.value > measured.estimate.null_high
        assert measured.estimate.effect > 0.02


def test_without_labels_there_is_nothing() -> None:
    of_night = dict(CATALOGUE.of_night())
    assert all(list(of_night[name](night())) == [] for name in NAMES)
    assert [name for name in NAMES if CATALOGUE[name].threshold is not None] == ["ece"]
