from __future__ import annotations

import math
from dataclasses import replace

import pytest

from monitoring.metrics.drift.label_shift import class_share_bbse, class_share_em, prior_shift
from tests.support.measured_nights import night, only, reference
from tests.support.synthetic_population import LABELS, Draw

MOVED = Draw(rows=4_000, prior=0.2)


def test_a_moved_prior_is_found_with_its_shares() -> None:
    measured = night(MOVED)
    shift = only(prior_shift(measured)).estimate
    assert shift.value == shift.effect > 0.1
    assert shift.p_value < 1e-6
    assert shift.low < shift.value < shift.high
    for metric in (class_share_em, class_share_bbse):
        shares = list(metric(measured))
        assert [each.item for each in shares] == list(LABELS)
        assert shares[1].level == pytest.approx(0.2, abs=0.04)
        assert sum(each.level_before for each in shares) == pytest.approx(1.0)


def test_a_usual_night_has_not_shifted() -> None:
    assert only(prior_shift(night())).estimate.effect < 0.1


def test_without_confusion_counts_nothing_is_estimated() -> None:
    lacking = night(confusion=None)
    assert "confused" in only(prior_shift(lacking)).estimate.reason
    assert list(class_share_em(lacking)) == list(class_share_bbse(lacking)) == []


def test_a_frozen_reference_is_estimated_itself_and_needs_its_texts() -> None:
    baseline = reference()[0]
    frozen = replace(baseline, note=replace(baseline.note, kind="dates"))
    assert only(prior_shift(night(baseline=frozen))).estimate.known
    bare = night(baseline=replace(frozen, sample=None))
    assert only(prior_shift(bare)).estimate.reason == "the reference has no sample of texts"
    assert all(math.isnan(each.level_before) for each in class_share_em(bare))
