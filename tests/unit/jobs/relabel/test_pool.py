from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from jobs.relabel.candidates import Found
from jobs.relabel.pool import make_arms, make_pool
from storage.warehouse.relabel_candidates import DOUBTED_SCHEMA

LABELS = ("差", "好")
HASHES = [11, 22, 33, 44]
ROWS = pa.table(
    {
        "text_hash": pa.array(HASHES, pa.uint64()),
        "probs": pa.array([[0.25, 0.75], None, [0.5, 0.5], [1.0, 0.0]], pa.list_(pa.float32())),
        "stratum": ["a", "b", "a", "b"],
        "given_label": pa.array([None, None, None, "好"], pa.string()),
        "cleaned": ["物流很快下次还来", "太差了再也不买", "物流很快下次还来", "一般"],
    }
)
EARLIER = pa.chunked_array([pa.array(["太差了再也不买"])])
NONE = DOUBTED_SCHEMA.empty_table()


def found(**hashes: list[int]) -> Found:
    arrays = {name: np.array(each, np.uint64) for name, each in hashes.items()}
    return Found(100, NONE, NONE, NONE, arrays, {"margin": {"a": 2}})


def test_the_pool_has_groups_across_batches_and_nan_without_probabilities() -> None:
    pool = make_pool(ROWS, EARLIER, LABELS)
    assert pool.probs[[0, 3]].tolist() == [[0.25, 0.75], [1.0, 0.0]]
    assert np.isnan(pool.probs[1]).all()
    assert pool.group[0] == pool.group[2] != pool.group[3]
    assert pool.asked == {int(pool.group[1])}
    assert pool.given.tolist() == [-1, -1, -1, 1]
    assert pool.stratum == ("a", "b", "a", "b")


def test_a_sample_keeps_its_order_its_chances_and_unscored_rows() -> None:
    (arm,) = make_arms(ROWS, found(random=[33, 99, 22, 11]), {"random": 2})
    assert arm.rows.tolist() == [2, 1, 0]  # the text 99 is gone, and still counts as looked at
    assert arm.chance == pytest.approx([0.01, 0.03, 0.04])
    assert arm.quotas == {}


def test_other_arms_take_scored_rows_and_strata() -> None:
    margin, labelled = make_arms(ROWS, found(margin=[22, 33, 44]), {"margin": 5, "suspected_errors": 1})
    assert (margin.rows.tolist(), margin.count, margin.quotas) == ([2], 5, {"a": 2})
    assert margin.chance.tolist() == []
    assert labelled.rows.tolist() == [3]
