from __future__ import annotations

import math

import numpy as np
import pytest

from monitoring.relabel.strategies.entropy import entropy


def test_by_hand() -> None:
    found = entropy(np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]], np.float32))
    assert found == pytest.approx([1.5 * math.log(2), 0.0])
    assert found.dtype == np.float64
    assert not np.signbit(found).any()


def test_leading_axes_stay() -> None:
    passes = np.full((3, 4, 2), 0.5)
    assert entropy(passes) == pytest.approx(np.full((3, 4), math.log(2)))
