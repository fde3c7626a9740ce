from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from monitoring.metrics.input import SampleLimits
from tests.support.measured_nights import inputs


def test_randomness_follows_from_the_night_and_the_name() -> None:
    first = inputs()
    drawn = first.rng("token_js").random()
    assert first.rng("token_js").random() == drawn
    others = (
        first.rng("token_kl"),
        replace(first, task="weibo").rng("token_js"),
        replace(first, bundle="b2").rng("token_js"),
        replace(first, logical_date=first.logical_date + timedelta(days=1)).rng("token_js"),
    )
    assert all(each.random() != drawn for each in others)


@pytest.mark.parametrize(("below", "classes", "first"), [(None, 2, 15), (None, 10, 11), (0.6, 2, 12)])
def test_rows_are_unsure_half_way_between_a_guess_and_certainty(below: float | None, classes: int, first: int) -> None:
    assert SampleLimits(unsure_below=below).unsure_bin(classes) == first
