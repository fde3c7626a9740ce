"""Predictions of earlier units and nights, so that a text that comes again is not computed again."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from batch.scores import FAILED, Scores, join

_UNITS_APART = 2
"""A level is merged into the one before it unless that one is at least so many times larger."""


@dataclass(frozen=True, slots=True)
class TextKeys:
    """128-bit digests of cleaned texts.

    Attributes:
        lower: uint64[D].
        upper: uint64[D].
    """

    lower: NDArray[np.uint64]
    upper: NDArray[np.uint64]

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> TextKeys:
        """Keys of chosen texts."""
        return TextKeys(self.lower[rows], self.upper[rows])


@dataclass(frozen=True, slots=True)
class CachedPredictions:
    """Scores of texts, sorted by the lower half of their keys."""

    keys: TextKeys
    scores: Scores

    def __len__(self) -> int:
        return len(self.keys.lower)

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        columns = [getattr(self.scores, field.name) for field in fields(self.scores)]
        return int(sum(column.nbytes for column in (self.keys.lower, self.keys.upper, *columns)))

    def find(self, keys: TextKeys) -> NDArray[np.int64]:
        """Row of each key, int64[D], -1 where it is not there."""
        if not len(self):
            return np.full(len(keys.lower), -1)
        place = np.minimum(np.searchsorted(self.keys.lower, keys.lower), len(self) - 1)
        same = (self.keys.lower[place] == keys.lower) & (self.keys.upper[place] == keys.upper)
        return np.where(same, place, -1)

    def head(self, max_bytes: int) -> CachedPredictions:
        """The first predictions, about `max_bytes` of them; they are in the order of digests, so those of any texts."""
        rows = min(len(self), max(max_bytes, 0) * len(self) // max(self.nbytes, 1))
        return CachedPredictions(self.keys.take(np.arange(rows)), self.scores.take(np.arange(rows)))


def sort_predictions(keys: TextKeys, scores: Scores) -> CachedPredictions:
    """Sort scores by key; of texts that are there twice the first stays, and of keys whose lower halves agree."""
    _, first = np.unique(keys.lower, return_index=True)
    return CachedPredictions(keys.take(first), scores.take(first))


class PredictionCache:
    """Predictions in memory, up to a bound; when it is full the oldest runs are dropped, then nothing more is kept.

    New predictions come as a small level on top of the large ones and are merged downwards, so that both finding and
    adding stay cheap. One thread may find while another adds.

    Args:
        max_bytes: How much memory the predictions may take.
        known: Predictions of earlier runs, the newest first.

    Attributes:
        asked: Distinct texts that were looked up.
        found: How many of them were there.
    """

    def __init__(self, max_bytes: int, known: tuple[CachedPredictions, ...] = ()) -> None:
        self._max_bytes = max_bytes
        self._levels = known
        self._fresh: tuple[CachedPredictions, ...] = ()
        self.asked = 0
        self.found = 0

    @property
    def nbytes(self) -> int:
        """Memory that all predictions take."""
        return sum(level.nbytes for level in (*self._levels, *self._fresh))

    @property
    def fresh(self) -> CachedPredictions | None:
        """What was added since the beginning."""
        return _merge(self._fresh) if self._fresh else None

    def find(self, keys: TextKeys) -> tuple[NDArray[np.bool_], Scores | None]:
        """Look texts up.

        Returns:
            bool[D], which texts are known, and the scores of those, in order; None where there is none.
        """
        found = np.zeros(len(keys.lower), np.bool_)
        pieces, places = [], []
        for level in (*self._levels, *self._fresh):
            rows = level.find(keys)
            new = (rows >= 0) & ~found
            if new.any():
                pieces.append(level.scores.take(rows[new]))
                places.append(np.flatnonzero(new))
                found |= new
        self.asked += len(found)
        self.found += int(found.sum())
        if not pieces:
            return found, None
        return found, join(pieces).take(np.argsort(np.concatenate(places), kind="stable"))

    def add(self, keys: TextKeys, scores: Scores) -> None:
        """Keep scores of texts; failures are not kept, they may go better another time."""
        kept = np.flatnonzero(scores.status != FAILED)
        if not len(kept):
            return
        new = sort_predictions(keys.take(kept), scores.take(kept))
        while self._levels and self.nbytes + new.nbytes > self._max_bytes:
            self._levels = self._levels[:-1]
        if self.nbytes + new.nbytes > self._max_bytes:
            return
        levels = (*self._fresh, new)
        while len(levels) > 1 and len(levels[-2]) < _UNITS_APART * len(levels[-1]):
            levels = (*levels[:-2], _merge(levels[-2:]))
        self._fresh = levels


def _merge(levels: tuple[CachedPredictions, ...]) -> CachedPredictions:
    keys = TextKeys(
        np.concatenate([level.keys.lower for level in levels]),
        np.concatenate([level.keys.upper for level in levels]),
    )
    return sort_predictions(keys, join([level.scores for level in levels]))
