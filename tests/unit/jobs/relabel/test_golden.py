from __future__ import annotations

import numpy as np

from jobs.relabel.golden import _unseen_first

DOCS = ["a", "b", "a", "c", "d"]


def test_rows_that_no_batch_had_come_first_and_each_document_once() -> None:
    for seed in range(10):
        order = _unseen_first(DOCS, {"a", "c"}, np.random.default_rng(seed)).tolist()
        assert sorted(order) == [0, 1, 3, 4]
        assert set(order[:2]) == {1, 4}


def test_the_order_is_drawn() -> None:
    orders = {tuple(_unseen_first(DOCS, set(), np.random.default_rng(seed)).tolist()) for seed in range(20)}
    assert len(orders) > 5
    assert _unseen_first([], set(), np.random.default_rng(1)).tolist() == []
