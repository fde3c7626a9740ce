"""Which windows share a batch."""

from __future__ import annotations

import numpy as np

from batch.forward.buckets import Buckets, fill_buckets, fill_packed


def test_by_hand() -> None:
    buckets = fill_buckets(np.array([3, 9, 3, 4, 30, 3]), 12)
    assert [buckets.batch(index).tolist() for index in range(len(buckets))] == [[4], [1], [3, 0, 2], [5]]


def test_ties_keep_their_order() -> None:
    assert fill_buckets(np.array([5, 5, 5, 5]), 10).order.tolist() == [0, 1, 2, 3]


def test_nothing() -> None:
    assert len(fill_buckets(np.zeros(0, np.int64), 100)) == 0


def test_windows_without_a_token() -> None:
    buckets = fill_buckets(np.zeros(5, np.int64), 2)
    assert [len(buckets.batch(index)) for index in range(len(buckets))] == [2, 2, 1]


def batches(buckets: Buckets) -> list[list[int]]:
    return [buckets.batch(index).tolist() for index in range(len(buckets))]


class TestPacked:
    def test_by_hand(self) -> None:
        assert batches(fill_packed(np.array([3, 9, 3, 4, 30, 3]), 12)) == [[4], [1], [3, 0, 2], [5]]
        assert batches(fill_packed(np.array([3, 9, 3, 4, 30, 3]), 13)) == [[4], [1, 3], [0, 2, 5]]

    def test_wastes_less_than_padding(self) -> None:
        lengths = np.array([100, *[10] * 90])
        assert (len(fill_packed(lengths, 1000)), len(fill_buckets(lengths, 1000))) == (1, 2)

    def test_ties_keep_their_order(self) -> None:
        assert fill_packed(np.array([5, 5, 5, 5]), 10).order.tolist() == [0, 1, 2, 3]

    def test_nothing(self) -> None:
        assert len(fill_packed(np.zeros(0, np.int64), 100)) == 0

    def test_a_budget_that_fits_nobody(self) -> None:
        assert batches(fill_packed(np.array([5, 9, 7]), 1)) == [[1], [2], [0]]
