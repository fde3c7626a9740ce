from __future__ import annotations

import numpy as np
import pytest

from monitoring.relabel.strategies.margin import margin


def test_by_hand() -> None:
    probs = np.array([[0.5, 0.25, 0.25], [0.1, 0.45, 0.45], [1.0, 0.0, 0.0]])
    assert margin(probs) == pytest.approx([0.75, 1.0, 0.0])
