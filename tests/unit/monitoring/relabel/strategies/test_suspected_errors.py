from __future__ import annotations

import numpy as np
import pytest

from monitoring.relabel.strategies.suspected_errors import find_label_errors


def answers(gold: np.ndarray, classes: int, sure: float = 0.9) -> np.ndarray:
    probs = np.full((len(gold), classes), (1 - sure) / (classes - 1), np.float32)
    probs[np.arange(len(gold)), gold] = sure
    return probs


def test_wrong_labels_are_found_and_right_ones_left_alone() -> None:
    pytest.importorskip("cleanlab")
    gold = np.arange(120) % 3
    given = gold.copy()
    wrong = [5, 40, 77]
    given[wrong] = (given[wrong] + 1) % 3
    probs = answers(gold, 3)
    probs[40] = [0.01, 0.98, 0.01]
    found, doubt = find_label_errors(probs, given)
    assert sorted(found) == wrong
    assert found[0] == 40
    assert doubt[[0, 5, 40]] == pytest.approx([0.1, 0.95, 0.99])


def test_a_class_that_nobody_gave_is_no_trouble() -> None:
    pytest.importorskip("cleanlab")
    gold = np.arange(60) % 2
    given = gold.copy()
    given[7] = 0
    assert find_label_errors(answers(gold, 6), given)[0].tolist() == [7]


def test_labels_of_one_class_or_none_have_no_errors_to_find() -> None:
    assert find_label_errors(answers(np.zeros(5, np.int64), 3), np.zeros(5, np.int64))[0].tolist() == []
    assert find_label_errors(np.zeros((0, 3)), np.zeros(0, np.int64))[1].shape == (0,)
