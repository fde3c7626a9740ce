from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.predictions import read_predictions
from models.evaluation.record import UNSCORED
from storage.errors import InputError

PROBS = np.array([[0.6, 0.4], [0.5, 0.5], [np.nan, 0.2]], np.float32)


def test_the_first_of_equal_classes_is_predicted_and_a_hole_is_unscored() -> None:
    read = read_predictions(PROBS, np.array([1, 0, 0]))
    assert read.predicted.tolist() == [0, 0, UNSCORED]
    assert read.correct.tolist() == [False, True, False]
    assert read.scored.tolist() == [True, True, False]
    assert np.isnan(read.confidence[2])
    assert np.isnan(read.probs[2]).all()
    assert read.take(np.array([1])).gold.tolist() == [0]


@pytest.mark.parametrize(
    ("probs", "gold", "said"),
    [
        (np.zeros((0, 2)), np.zeros(0, np.int64), "shape"),
        (PROBS, np.array([0, 1]), "shape"),
        (PROBS, np.array([0, 1, 2]), "outside the classes"),
        (PROBS, np.array([0.0, 1.0, 0.0]), "outside the classes"),
        (np.array([[2.0, -1.0]]), np.array([0]), "no probability distribution"),
        (np.array([[3.0, 1.0]]), np.array([0]), "no probability distribution"),
    ],
)
def test_what_is_no_prediction_is_refused(probs: np.ndarray, gold: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_predictions(probs, gold)
