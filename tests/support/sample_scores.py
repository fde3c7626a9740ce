"""Answers from which one can tell their texts."""

from __future__ import annotations

import numpy as np

from batch.prediction_cache.cache import TextKeys
from batch.scores import SCORED, Scores

LARGE = 1 << 20


def keys_of(*numbers: int) -> TextKeys:
    lower = np.array(numbers, np.uint64) * np.uint64(7_919)
    return TextKeys(lower, lower + np.uint64(1))


def scores_of(*numbers: int, status: int = SCORED) -> Scores:
    """Scores from which one can tell the text: number n has n tokens and n % 4 top windows."""
    tops = [np.arange(n % 4, dtype=np.int32) + n for n in numbers]
    return Scores(
        status=np.full(len(numbers), status, np.int8),
        probs=np.array([[n, n + 0.5, n + 0.25] for n in numbers], np.float32).reshape(-1, 3),
        text_hash=keys_of(*numbers).lower,
        n_tokens=np.array(numbers, np.int32),
        n_unknown=np.array(numbers, np.int32) // 2,
        n_windows=np.array(numbers, np.int32) % 5,
        truncated=np.array(numbers) % 2 == 0,
        top=np.concatenate([*tops, np.zeros(0, np.int32)]),
        top_offsets=np.concatenate([[0], np.cumsum([len(top) for top in tops])]).astype(np.int64),
    )


def same(one: Scores | None, other: Scores) -> None:
    assert one is not None
    for name in Scores.__slots__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)
