from __future__ import annotations

import math

import numpy as np
import pytest

from monitoring.relabel.strategies.disagreement import disagreement

SURE, OTHER, UNSURE = [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]


def test_disagreement_by_hand() -> None:
    found = disagreement(np.array([SURE, UNSURE, SURE]), np.array([OTHER, UNSURE, UNSURE]))
    middle = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) - math.log(2) / 2
    assert found == pytest.approx([math.log(2), 0.0, middle])


def test_disagreement_is_symmetric_and_bounded() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.dirichlet(np.full(4, 0.2), (2, 500))
    found = disagreement(one, other)
    assert found == pytest.approx(disagreement(other, one))
    assert (found >= 0).all()
    assert (found <= math.log(2) + 1e-12).all()
