from __future__ import annotations

import pytest

from monitoring.metrics.drift.unknown_tokens import unk_share
from tests.support.measured_nights import inputs, night, only


def test_the_level_is_the_share_of_all_tokens() -> None:
    total = inputs().profile.total
    measured = only(unk_share(night()))
    assert measured.level == pytest.approx(total.unk_tokens / total.n_tokens)
    assert 0 < measured.estimate.m <= total.n_tokens


def test_without_a_reference_there_is_nothing() -> None:
    assert list(unk_share(night(baseline=None))) == []
