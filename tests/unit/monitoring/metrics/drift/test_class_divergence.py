from __future__ import annotations

from monitoring.metrics.drift.class_divergence import class_js, class_psi
from tests.support.measured_nights import counts, only, pair


def test_both_divergences_see_classes_that_move() -> None:
    before = counts(rows=10_000, class_counts=(8_000, 2_000))
    same, moved = counts(rows=10_000, class_counts=(8_010, 1_990)), counts(rows=10_000, class_counts=(6_000, 4_000))
    for metric in (class_psi, class_js):
        assert only(metric(pair(before, same))).estimate.p_value > 0.5
        assert only(metric(pair(before, moved))).estimate.p_value < 1e-6
    assert only(class_psi(pair(before, moved))).estimate.effect > 0.1
    assert only(class_js(pair(before, moved))).estimate.value < 1


def test_a_class_alone_is_no_distribution() -> None:
    alone = counts(rows=10, class_counts=(10, 0))
    assert only(class_psi(pair(alone, alone))).estimate.reason == "only one cell has counts"
