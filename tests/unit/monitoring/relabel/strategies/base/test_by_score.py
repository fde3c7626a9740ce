from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.relabel.strategies.entropy import entropy
from monitoring.relabel.strategies.least_confidence import least_confidence
from monitoring.relabel.strategies.margin import margin

PROBS = np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])


def test_by_hand() -> None:
    assert least_confidence(PROBS) == pytest.approx([0.5, 0.0, 2 / 3])
    assert margin(PROBS) == pytest.approx([0.75, 0.0, 1.0])
    assert entropy(PROBS) == pytest.approx([1.5 * math.log(2), 0.0, math.log(3)])


@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_order_of_classes_does_not_matter_and_bounds_hold(classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(classes, 0.3), 20)
    mixed = probs[:, rng.permutation(classes)]
    for score, largest in ((least_confidence, 1 - 1 / classes), (margin, 1.0), (entropy, math.log(classes))):
        assert score(mixed) == pytest.approx(score(probs))
        assert (score(probs) >= 0).all()
        assert (score(probs) <= largest + 1e-9).all()


def test_with_two_classes_all_three_rank_alike() -> None:
    probs = np.random.default_rng(1).dirichlet([1, 1], 100)
    orders = [np.argsort(score(probs)).tolist() for score in (least_confidence, margin, entropy)]
    assert orders[0] == orders[1] == orders[2]


def test_no_rows() -> None:
    for score in (least_confidence, margin, entropy):
        assert score(np.zeros((0, 3))).shape == (0,)
