from __future__ import annotations

import math

from monitoring.metrics.sides import side_of
from storage.profiles.profile import empty
from storage.records import STATUSES
from tests.support.measured_nights import inputs
from tests.support.synthetic_population import LABELS


def test_everything_that_was_counted_is_there() -> None:
    profile = inputs().profile
    side = side_of(profile)
    assert side.rows == sum(side.statuses.values()) == 2_000
    assert tuple(side.statuses) == STATUSES
    assert [each.label for each in side.classes] == list(LABELS)
    assert side.labelled == profile.total.labelled
    assert all(sum(each.confidences) == each.rows for each in side.classes)
    assert math.isclose(sum(each.expected for each in side.classes), side.labelled, abs_tol=1e-3)
    assert side.mean_tokens == profile.total.n_tokens / 2_000


def test_a_night_without_rows_has_no_mean() -> None:
    assert math.isnan(side_of(empty(LABELS)).mean_tokens)
