from __future__ import annotations

from monitoring.alerts.rules import MIN_LABELLED, MIN_NIGHTS, Rules
from monitoring.metrics.registry import CATALOGUE


def test_a_threshold_of_ones_own_takes_the_place_of_the_catalogues() -> None:
    assert Rules().threshold("class_psi") == CATALOGUE["class_psi"].threshold
    assert Rules({"class_psi": 0.4}).threshold("class_psi") == 0.4
    assert Rules({"class_psi": 0.0}).threshold("class_psi") is None


def test_rows_that_a_metric_needs() -> None:
    rules = Rules(min_rows=300)
    labelled = next(name for name, each in CATALOGUE.items() if each.family == "labels")
    assert (rules.least("class_psi"), rules.least("rows"), rules.least(labelled)) == (300, MIN_NIGHTS, MIN_LABELLED)
    assert Rules(min_rows=20).least(labelled) == 20


def test_nights_that_a_judgement_looks_back() -> None:
    assert Rules(nights=2, remind_nights=7).history_nights == 8
    assert Rules(nights=9, remind_nights=7).history_nights == 10
