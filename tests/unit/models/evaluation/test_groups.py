from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.groups import group_scores
from models.evaluation.predictions import read_predictions
from storage.errors import InputError

PROBS = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [np.nan, np.nan]])
PREDICTIONS = read_predictions(PROBS, np.array([0, 1, 1, 1]))


def test_groups_come_largest_first_and_equals_by_name() -> None:
    found = group_scores(PREDICTIONS, ["b", "a", "a", "b"], np.random.default_rng(0))
    assert [(each.group, each.rows, each.correct, each.unscored) for each in found] == [
        ("a", 2, 1, 0),
        ("b", 2, 1, 1),
    ]
    lopsided = group_scores(PREDICTIONS, ["z", "z", "z", "a"], np.random.default_rng(0))
    assert [each.group for each in lopsided] == ["z", "a"]
    assert lopsided[1].accuracy.value == 0.0


def test_each_row_needs_a_group() -> None:
    with pytest.raises(InputError, match="3 groups for 4 rows"):
        group_scores(PREDICTIONS, ["a"] * 3, np.random.default_rng(0))
