from __future__ import annotations

import pyarrow as pa

from monitoring.metrics.samples import both_texts, distinct_texts, probs_tonight, sampled_probs
from tests.support.measured_nights import inputs, night, without_sample


def test_texts_are_distinct_not_empty_and_in_order() -> None:
    sample = pa.table({"text": ["b", "", "a", "b", None, "c"]})
    assert distinct_texts(sample).to_list() == ["b", "a", "c"]


def test_both_sides_or_nothing() -> None:
    texts = both_texts(night())
    assert texts is not None
    assert [each.n_unique() == len(each) > 100 for each in texts] == [True, True]
    assert both_texts(without_sample()) is None
    assert both_texts(night(baseline=None)) is None


def test_rows_without_a_label_have_no_probabilities() -> None:
    sample = pa.table({"probs": pa.array([[0.2, 0.8], None, [0.5, 0.5]], pa.list_(pa.float32()))})
    assert sampled_probs(sample, 2).round(3).tolist() == [[0.2, 0.8], [0.5, 0.5]]
    labelled = inputs().sample["label"].drop_null()
    assert probs_tonight(night()).shape == (len(labelled), 2)
