"""Which rows go wrong."""

from __future__ import annotations

import numpy as np

from models.evaluation.errors import confidently_wrong

PROBS = np.array(
    [
        [0.9, 0.1, 0.0],  # right
        [0.8, 0.2, 0.0],  # 1 as 0
        [0.95, 0.05, 0.0],  # 1 as 0
        [np.nan, np.nan, np.nan],
        [0.1, 0.8, 0.1],  # 2 as 1
        [0.0, 0.3, 0.7],  # right
        [0.5, 0.2, 0.3],  # 1 as 0
    ]
)
GOLD = np.array([0, 1, 1, 1, 2, 2, 1])


def test_confidently_wrong_rows_come_surest_first() -> None:
    assert confidently_wrong(PROBS, GOLD, 10).tolist() == [2, 1, 4, 6]
    assert confidently_wrong(PROBS, GOLD, 2).tolist() == [2, 1]


def test_equally_sure_rows_keep_their_order() -> None:
    assert confidently_wrong(np.full((5, 2), 0.5), np.array([1, 0, 1, 1, 0]), 9).tolist() == [0, 2, 3]


def test_a_perfect_model_has_none() -> None:
    assert confidently_wrong(np.eye(3), np.arange(3), 5).tolist() == []
