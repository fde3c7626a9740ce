from __future__ import annotations

import math

import numpy as np
import pytest

from monitoring.relabel.strategies.bald import bald

SURE, OTHER, UNSURE = [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]


def test_bald_tells_doubt_from_noise() -> None:
    """Passes that contradict each other teach a bit; passes that all shrug teach nothing."""
    passes = np.array([[SURE, UNSURE, SURE], [OTHER, UNSURE, SURE]])
    assert bald(passes) == pytest.approx([math.log(2), 0.0, 0.0])
