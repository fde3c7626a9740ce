from __future__ import annotations

import pytest

from monitoring.findings.record import NOT_JUDGED
from monitoring.metrics.input import SampleLimits
from monitoring.metrics.missing import missing_inputs, unknown_labels
from storage.profiles.profile import empty
from tests.support.measured_nights import LIMITS, night, without_sample
from tests.support.synthetic_population import LABELS


def test_a_whole_night_lacks_nothing() -> None:
    assert list(missing_inputs(night().inputs, LIMITS)) == []


def test_a_reference_is_missing_or_has_no_texts() -> None:
    (none,) = missing_inputs(night(baseline=None).inputs, LIMITS)
    assert (none.what, none.why.zh) == ("drift", "没有可比较的基准")
    assert "--freeze-reference" in none.action.zh
    (bare,) = missing_inputs(without_sample().inputs, LIMITS)
    assert "tfidf_kl" in bare.what
    assert bare.action == none.action


def test_few_rows_on_either_side_are_not_judged() -> None:
    gaps = list(missing_inputs(night().inputs, SampleLimits(min_rows=1_800)))
    assert [(gap.what, gap.why.en) for gap in gaps] == [
        (NOT_JUDGED, "the reference has 1,500 rows; expected at least 1,800")
    ]
    both = [gap.why.zh for gap in missing_inputs(night().inputs, SampleLimits(min_rows=5_000))]
    assert both == ["基准只有 1,500 行，至少需要 5,000 行", "只有 2,000 行，至少需要 5,000 行"]


def test_rows_without_any_label_are_told_apart_from_few_rows() -> None:
    gaps = list(missing_inputs(night(profile=empty(LABELS)).inputs, LIMITS))
    assert [gap.what for gap in gaps] == [NOT_JUDGED]
    unscored = list(missing_inputs(night(profile=empty(LABELS)).inputs, SampleLimits(min_rows=0)))
    assert [gap.what for gap in unscored] == ["predictions, confidence"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_unknown_labels_are_named_in_both_languages(lang: str) -> None:
    gap = unknown_labels(("中立", "混合"), LABELS)
    assert all(label in getattr(gap.why, lang) for label in ("中立", "混合"))
    assert all(label in getattr(gap.action, lang) for label in LABELS)
