"""From the logits of a document's windows to the logits of the document.

The same three ways exist for numpy (scoring, evaluation) and for torch (the document-level loss in
`models.training.documents`); a test holds them equal.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Aggregation = Literal["mean", "max", "logsumexp"]

TOP_WINDOWS = 3
"""How many windows are kept for review, at most."""


def aggregate(logits: NDArray[np.float32], offsets: NDArray[np.int64], how: Aggregation) -> NDArray[np.float32]:
    """Reduce window logits to document logits.

    Args:
        logits: float32[W, C], windows in document order.
        offsets: int64[D + 1], windows of document d are `offsets[d]:offsets[d + 1]`; none may be empty.
        how: `mean`, `max` or `logsumexp` over the windows, class by class.

    Returns:
        float32[D, C].
    """
    if len(offsets) <= 1:
        return np.zeros((0, logits.shape[1]), np.float32)
    if len(logits) == len(offsets) - 1:
        return logits
    first = offsets[:-1]
    if how == "max":
        return np.maximum.reduceat(logits, first, axis=0)
    if how == "mean":
        summed = np.add.reduceat(logits, first, axis=0)
        return (summed / np.diff(offsets)[:, None]).astype(np.float32)
    # Not np.logaddexp.reduceat: 31 % of its values differ in the last bits, and it takes twice as long.
    top = np.maximum.reduceat(logits, first, axis=0)
    with np.errstate(invalid="ignore"):  # inf - inf is NaN: the document failed, and is marked so
        per_window = np.exp(logits - np.repeat(top, np.diff(offsets), axis=0))
    return (top + np.log(np.add.reduceat(per_window, first, axis=0))).astype(np.float32)


def top_windows(
    logits: NDArray[np.float32], offsets: NDArray[np.int64], label: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Find the windows with the largest logits of each document's label.

    Args:
        logits: float32[W, C], windows in document order.
        offsets: int64[D + 1].
        label: int64[D], the label chosen for each document.

    Returns:
        Flat window indices within their documents, int32[K], best first, and their offsets, int64[D + 1].
    """
    counts = np.diff(offsets)
    doc = np.repeat(np.arange(len(counts)), counts)
    score = logits[np.arange(len(logits)), label[doc]]
    order = np.lexsort((-score, doc))
    rank = np.arange(len(logits)) - offsets[doc]
    kept = np.minimum(counts, TOP_WINDOWS)
    top = (order - offsets[doc])[rank < TOP_WINDOWS]
    return top.astype(np.int32), np.concatenate([[0], np.cumsum(kept)])
