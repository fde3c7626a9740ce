"""Which windows share a batch: sorted by length, cut by a token budget, longest first.

A padded batch costs its windows times the longest of them (`fill_buckets`), a packed one only its tokens
(`fill_packed`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Buckets:
    """Batches over W windows.

    Attributes:
        order: int64[W], windows from the longest to the shortest; ties keep their order.
        bounds: int64[B + 1], batch b is `order[bounds[b]:bounds[b + 1]]`.
    """

    order: NDArray[np.int64]
    bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def batch(self, index: int) -> NDArray[np.int64]:
        """Windows of one batch."""
        return self.order[self.bounds[index] : self.bounds[index + 1]]


def fill_buckets(lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
    """Fill batches so that windows times the longest of them stays within the budget.

    The longest batch comes first: if memory cannot hold a batch, the run learns it at once.

    Args:
        lengths: int64[W], tokens per window, special tokens included.
        max_tokens: Padded tokens in one batch; a longer window gets a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    bounds = [0]
    while bounds[-1] < len(order):
        longest = max(1, int(lengths[order[bounds[-1]]]))
        bounds.append(min(len(order), bounds[-1] + max(1, max_tokens // longest)))
    return Buckets(order, np.asarray(bounds, np.int64))


def fill_packed(lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
    """Fill batches so that the sum of their windows' lengths stays within the budget; longest first.

    Args:
        lengths: int64[W], tokens per window, special tokens included.
        max_tokens: Tokens in one batch; a longer window gets a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    bounds = [0]
    while bounds[-1] < len(order):
        done = int(ends[bounds[-1] - 1]) if bounds[-1] else 0
        bounds.append(max(bounds[-1] + 1, int(np.searchsorted(ends, done + max_tokens, side="right"))))
    return Buckets(order, np.asarray(bounds, np.int64))
