"""The order of training: documents of like size share a batch, batches come in random order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

_POOL_BATCHES = 50
"""Batches are cut from sorted pools of so many: large enough to save padding, small enough to stay random."""


def grouped_order(sizes: NDArray[np.int64], batch_docs: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Order documents so that consecutive runs of `batch_docs` are of like size.

    transformers' own sampler walks each pool from its longest to its shortest documents; where length and label
    go together, the loss then swings with that walk. Here the batches are shuffled once more.

    Args:
        sizes: int64[D], tokens of each document.
        batch_docs: Documents in a batch; the last batch may be smaller.
        generator: Decides the order.

    Returns:
        int64[D], each document once.
    """
    shuffled = generator.permutation(len(sizes))
    pool = np.arange(len(sizes)) // (batch_docs * _POOL_BATCHES)
    grouped = shuffled[np.lexsort((sizes[shuffled], pool))]
    whole = len(sizes) // batch_docs * batch_docs
    batches = grouped[:whole].reshape(-1, batch_docs)
    return np.concatenate([generator.permutation(batches).reshape(-1), grouped[whole:]])


class GroupedSampler(Sampler[int]):
    """A new `grouped_order` each epoch.

    Args:
        sizes: int64[D].
        batch_docs: Documents in a batch.
        seed: The first epoch's order follows from it, the next epochs' from there on.
    """

    def __init__(self, sizes: NDArray[np.int64], batch_docs: int, seed: int) -> None:
        self._sizes = sizes
        self._batch_docs = batch_docs
        self._generator = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._sizes)

    def __iter__(self) -> Iterator[int]:
        return iter(grouped_order(self._sizes, self._batch_docs, self._generator).tolist())
