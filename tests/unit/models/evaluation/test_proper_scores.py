from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.proper_scores import brier_losses, log_losses

PROBS = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
GOLD = np.array([0, 0, 0])


def test_losses_grow_with_what_the_gold_class_lacks() -> None:
    assert brier_losses(PROBS, GOLD).tolist() == [0.0, 0.5, 2.0]
    right, half, wrong = log_losses(PROBS, GOLD)
    assert right == 0.0
    assert half == pytest.approx(np.log(2))
    assert wrong == pytest.approx(15.94, abs=0.01)  # clipped, not infinite


def test_the_true_probability_costs_least() -> None:
    gold = np.array([0] * 7 + [1] * 3)
    for losses in (brier_losses, log_losses):
        cost = {p: losses(np.tile([p, 1 - p], (10, 1)), gold).mean() for p in (0.6, 0.7, 0.8)}
        assert min(cost, key=lambda p: cost[p]) == 0.7
