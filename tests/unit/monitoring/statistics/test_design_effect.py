from __future__ import annotations

import numpy as np
import pytest

from monitoring.statistics.design_effect import INDEPENDENT, DesignEffect

CLUSTERED = DesignEffect(mean=3.0, shares=(1e-4, 1e-2), means=(2.0, 4.0))


def test_independent_tokens_come_alone() -> None:
    assert INDEPENDENT.bursts(np.array([1.0, 50.0]), 100.0).tolist() == [1.0, 1.0]


def test_a_token_seen_once_is_no_burst_and_a_frequent_one_reaches_its_design_effect() -> None:
    sizes = DesignEffect(mean=3.0).bursts(np.array([1.0, 10.0, 1e6]), 1e7)
    assert sizes[0] == pytest.approx(1.0)
    assert sizes[0] < sizes[1] < sizes[2]
    assert sizes[2] == pytest.approx(3.0, abs=1e-3)


def test_the_design_effect_of_a_token_is_interpolated_by_its_share() -> None:
    sizes = CLUSTERED.bursts(np.array([1e5, 1e6, 1e7]), 1e9)
    assert sizes.tolist() == pytest.approx([2.0, 3.0, 4.0], abs=1e-3)


def test_stretching_multiplies_what_is_above_one() -> None:
    stretched = CLUSTERED.stretched(2.0)
    assert (stretched.mean, stretched.means) == (5.0, (3.0, 7.0))
    assert CLUSTERED.stretched(0.5) == CLUSTERED
