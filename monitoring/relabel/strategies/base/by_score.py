"""Strategies that give each row a score and ask for the largest ones."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.pool import Arm, Models, Pool, Probabilities
from monitoring.relabel.strategies.base.strategy import Ranking, Strategy

_SPREAD: Final = "+clusters"


class ScoreStrategy(Strategy):
    """Asks for the rows with the largest scores."""

    by_score = True

    @abstractmethod
    def score(self, pool: Pool, models: Models, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scores of candidates, float64[M]; the larger, the more worth asking."""

    def rank(
        self, arm: Arm, pool: Pool, models: Models, picked: NDArray[np.int64], rng: np.random.Generator
    ) -> Ranking:
        """The largest scores first."""
        del picked, rng
        score = self.score(pool, models, arm.rows)
        return Ranking(np.argsort(-score, kind="stable"), score, np.ones(len(arm.rows)), self.name)


class UncertaintyStrategy(ScoreStrategy):
    """Asks for the rows that the model is least sure of, by their probabilities alone.

    Where there are embeddings the picks are spread over clusters of them. Settles, "Active Learning Literature Survey"
    (2009), section 3.1.
    """

    source = "uncertain"

    @abstractmethod
    def uncertainty(self, probs: Probabilities) -> NDArray[np.float64]:
        """Uncertainty float64[M] of probabilities float[M, C]."""

    def score(self, pool: Pool, models: Models, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The uncertainty."""
        del models
        return self.uncertainty(pool.probs[rows])

    def rank(
        self, arm: Arm, pool: Pool, models: Models, picked: NDArray[np.int64], rng: np.random.Generator
    ) -> Ranking:
        """The largest scores first; with embeddings the largest of each cluster."""
        if models.embed is None:
            return super().rank(arm, pool, models, picked, rng)
        from monitoring.relabel.strategies.base.clusters import spread  # scikit-learn takes a second to import

        score = self.score(pool, models, arm.rows)
        order = spread(models.embed(pool.texts_at(arm.rows)), score, arm.count, rng)
        return Ranking(order, score, np.ones(len(arm.rows)), self.name + _SPREAD)
