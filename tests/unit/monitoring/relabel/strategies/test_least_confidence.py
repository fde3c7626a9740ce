from __future__ import annotations

import numpy as np
import pytest

from monitoring.relabel.strategies.least_confidence import least_confidence


def test_by_hand() -> None:
    assert least_confidence(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])) == pytest.approx([0.5, 0.2])
