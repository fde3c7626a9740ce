from __future__ import annotations

from monitoring.metrics.drift.class_share import class_share
from tests.support.measured_nights import counts, pair
from tests.support.synthetic_population import LABELS


def test_there_is_one_for_each_class_of_the_rows_that_have_a_label() -> None:
    before = counts(rows=120, class_counts=(60, 40))
    now = counts(rows=150, class_counts=(30, 70))
    found = list(class_share(pair(before, now)))
    assert [each.item for each in found] == list(LABELS)
    assert [each.level for each in found] == [0.3, 0.7]
    assert [each.level_before for each in found] == [0.6, 0.4]
    assert found[0].estimate.effect < 0 < found[1].estimate.effect
