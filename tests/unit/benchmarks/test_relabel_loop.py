"""The figures of the simulated loop are those of the product."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.relabel_loop_report import MEASURES, Predictions
from models.evaluation.metrics import evaluate

LABELS = ("a", "b", "c")


@pytest.fixture
def predictions() -> Predictions:
    rng = np.random.default_rng(0)
    probs = rng.dirichlet([1.0, 1.0, 1.0], 300).astype(np.float32)
    probs[7] = np.nan
    return Predictions(probs, rng.integers(0, 3, 300))


def test_each_row_once_gives_the_figures_of_an_evaluation(predictions: Predictions) -> None:
    found = evaluate(predictions.probs, predictions.gold, LABELS, None, np.random.default_rng(0))
    known = {"macro-F1": found.macro_f1, "accuracy": found.accuracy, "ECE": found.ece}
    for name, measure in MEASURES.items():
        assert measure(predictions, np.ones((1, 300)))[0] == pytest.approx(known[name].value, abs=1e-6)


def test_weights_are_repeated_rows(predictions: Predictions) -> None:
    weights = np.random.default_rng(1).integers(0, 3, 300)
    repeated = np.repeat(np.arange(300), weights)
    again = Predictions(predictions.probs[repeated], predictions.gold[repeated])
    for measure in MEASURES.values():
        weighted = measure(predictions, weights[None, :].astype(np.float64))[0]
        assert weighted == pytest.approx(measure(again, np.ones((1, len(repeated))))[0], abs=1e-9)
