"""Whatever the lengths and the budget: every window once, within the budget, longest first."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from batch.forward.buckets import fill_buckets, fill_packed


@given(lengths=st.lists(st.integers(1, 300), max_size=80), max_tokens=st.integers(1, 1000))
def test_buckets(lengths: list[int], max_tokens: int) -> None:
    sizes = np.array(lengths, np.int64)
    buckets = fill_buckets(sizes, max_tokens)
    batches = [buckets.batch(index) for index in range(len(buckets))]
    assert sorted(window for batch in batches for window in batch) == list(range(len(lengths)))
    assert sizes[buckets.order].tolist() == sorted(lengths, reverse=True)
    for batch in batches:
        assert len(batch) * sizes[batch].max() <= max_tokens or len(batch) == 1
    for batch, following in itertools.pairwise(batches):
        assert (len(batch) + 1) * sizes[batch].max() > max_tokens  # no batch is smaller than it need be
        assert sizes[batch].min() >= sizes[following].max()
    if lengths:
        assert len(batches[0]) * sizes[batches[0]].max() >= min(max_tokens // 2, sizes.sum() // 2) or len(batches) == 1


@given(lengths=st.lists(st.integers(1, 300), max_size=80), max_tokens=st.integers(1, 1000))
def test_packed_buckets(lengths: list[int], max_tokens: int) -> None:
    sizes = np.array(lengths, np.int64)
    buckets = fill_packed(sizes, max_tokens)
    batches = [buckets.batch(index) for index in range(len(buckets))]
    assert sorted(window for batch in batches for window in batch) == list(range(len(lengths)))
    assert sizes[buckets.order].tolist() == sorted(lengths, reverse=True)
    for batch in batches:
        assert sizes[batch].sum() <= max_tokens or len(batch) == 1
    for batch, following in itertools.pairwise(batches):
        assert sizes[batch].sum() + sizes[following[0]] > max_tokens  # no batch is smaller than it need be
    assert len(batches) <= len(fill_buckets(sizes, max_tokens))
