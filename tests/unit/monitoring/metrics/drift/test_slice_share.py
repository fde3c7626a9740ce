from __future__ import annotations

import pytest

from monitoring.metrics.drift.slice_share import slice_share
from tests.support.measured_nights import night


def test_each_value_has_its_share_of_all_rows() -> None:
    found = {each.slice: each for each in slice_share(night())}
    assert set(found) == {"source=app", "source=web", "source=mini"}
    assert sum(each.level for each in found.values()) == pytest.approx(1.0)
    assert found["source=app"].level == pytest.approx(0.5, abs=0.05)
    assert all(each.estimate.p_value > 1e-3 for each in found.values())


def test_without_a_reference_there_is_nothing_to_compare() -> None:
    assert list(slice_share(night(baseline=None))) == []
