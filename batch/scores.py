"""Scores of texts, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCORED, EMPTY, SHORT, FAILED = range(4)
"""Codes of `storage.records.STATUSES`."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of U texts.

    Attributes:
        status: int8[U], index into `storage.records.STATUSES`.
        probs: float32[U, C], calibrated; NaN where the status is `empty` or `failed`.
        text_hash: uint64[U], of the cleaned text.
        n_tokens: int32[U], tokens of the whole document, special tokens not counted.
        n_unknown: int32[U], how many of them are [UNK].
        n_windows: int32[U].
        truncated: bool[U].
        top: int32[K], windows with the largest logits of the label, best first.
        top_offsets: int64[U + 1], those of text u are `top[top_offsets[u]:top_offsets[u + 1]]`.
    """

    status: NDArray[np.int8]
    probs: NDArray[np.float32]
    text_hash: NDArray[np.uint64]
    n_tokens: NDArray[np.int32]
    n_unknown: NDArray[np.int32]
    n_windows: NDArray[np.int32]
    truncated: NDArray[np.bool_]
    top: NDArray[np.int32]
    top_offsets: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Scores:
        """Scores of chosen texts; a text may be chosen many times."""
        counts = np.diff(self.top_offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
        return Scores(
            status=self.status[rows],
            probs=self.probs[rows],
            text_hash=self.text_hash[rows],
            n_tokens=self.n_tokens[rows],
            n_unknown=self.n_unknown[rows],
            n_windows=self.n_windows[rows],
            truncated=self.truncated[rows],
            top=self.top[np.repeat(self.top_offsets[rows], counts) + within],
            top_offsets=offsets,
        )


def join(pieces: Sequence[Scores]) -> Scores:
    """Put the scores of several sets of texts one after the other."""
    counts = np.concatenate([np.diff(piece.top_offsets) for piece in pieces])
    plain = ("status", "probs", "text_hash", "n_tokens", "n_unknown", "n_windows", "truncated", "top")
    joined = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in plain}
    return Scores(**joined, top_offsets=np.concatenate([[0], np.cumsum(counts)]))
