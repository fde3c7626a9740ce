"""Strategies that choose a set of rows as a whole, by where they lie in the space of embeddings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.pool import Arm, Models, Pool
from monitoring.relabel.strategies.base.strategy import Need, Ranking, Strategy


@dataclass(frozen=True, slots=True)
class SetCandidates:
    """M rows to choose from, none near to another or to a picked one.

    Attributes:
        vectors: float32[M, H].
        probs: float32[M, C].
        count: How many to choose.
        picked_vectors: Embeds the rows that other arms have taken, float32[P, H].
    """

    vectors: NDArray[np.float32]
    probs: NDArray[np.float32]
    count: int
    picked_vectors: Callable[[], NDArray[np.float32]]


class SetStrategy(Strategy):
    """Asks for a set of rows.

    Near duplicates are left out before: a set that is chosen as a whole has no second best to fall back on.

    Attributes:
        chance: Chance of a chosen row to be picked; NaN where rows are drawn by chances that are not known.
    """

    needs = frozenset({Need.EMBEDDINGS})
    chance: ClassVar[float] = 1.0

    @abstractmethod
    def choose(self, candidates: SetCandidates, rng: np.random.Generator) -> NDArray[np.int64]:
        """Choose places of candidates, int64[K], K at most `count`, in the order of choice; there is a candidate."""

    def rank(
        self, arm: Arm, pool: Pool, models: Models, picked: NDArray[np.int64], rng: np.random.Generator
    ) -> Ranking:
        """The chosen rows alone."""
        places = _distinct_places(arm, pool, picked)
        rows = arm.rows[places]
        chosen = np.zeros(0, np.int64)
        if len(rows):
            candidates = SetCandidates(
                vectors=models.vectors(pool.texts_at(rows)),
                probs=pool.probs[rows],
                count=arm.count,
                picked_vectors=lambda: models.vectors(pool.texts_at(picked)),
            )
            chosen = self.choose(candidates, rng)
        none = np.full(len(arm.rows), np.nan)
        return Ranking(places[chosen], none, np.full(len(arm.rows), self.chance), self.name)


def _distinct_places(arm: Arm, pool: Pool, picked: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first candidate of each group of near duplicates that no batch and no other arm has asked of."""
    taken = pool.asked | set(pool.group[picked].tolist())
    _, first = np.unique(pool.group[arm.rows], return_index=True)
    return np.array([place for place in np.sort(first) if int(pool.group[arm.rows[place]]) not in taken], np.int64)
