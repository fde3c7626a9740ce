"""The order of training."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.training.sampler import GroupedSampler, grouped_order


@given(
    sizes=st.lists(st.integers(1, 500), min_size=1, max_size=300),
    batch_docs=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_each_document_once(sizes: list[int], batch_docs: int, seed: int) -> None:
    order = grouped_order(np.array(sizes), batch_docs, np.random.default_rng(seed))
    assert sorted(order.tolist()) == list(range(len(sizes)))


def test_batches_are_of_like_size_and_come_in_random_order() -> None:
    sizes = np.random.default_rng(0).integers(1, 1000, 1000)
    batches = sizes[grouped_order(sizes, 10, np.random.default_rng(1))].reshape(-1, 10)
    spread = (batches.max(1) - batches.min(1)).mean()
    assert spread < 0.1 * (sizes.max() - sizes.min())
    means = batches.mean(1)
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3
    assert abs(np.corrcoef(means[1:], means[:-1])[0, 1]) < 0.3


def test_epochs_differ_and_seeds_decide() -> None:
    sizes = np.random.default_rng(0).integers(1, 100, 64)
    one, again, other = (GroupedSampler(sizes, 8, seed) for seed in (1, 1, 2))
    first, second = list(one), list(one)
    assert first != second
    assert [list(again), list(again)] == [first, second]
    assert list(other) != first
    assert len(one) == 64
