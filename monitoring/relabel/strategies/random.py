"""Random rows: what figures without bias rest on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.pool import Arm, Models, Pool
from monitoring.relabel.strategies.base.registry import register
from monitoring.relabel.strategies.base.strategy import Ranking, Strategy
from storage.relabel.arms import RANDOM_ARM


@register
class Random(Strategy):
    """Rows as the warehouse drew them."""

    name = RANDOM_ARM
    source = "sample"
    turn = 0

    def rank(
        self, arm: Arm, pool: Pool, models: Models, picked: NDArray[np.int64], rng: np.random.Generator
    ) -> Ranking:
        """The drawn order; there is no score."""
        del pool, models, picked, rng
        rows = len(arm.rows)
        return Ranking(np.arange(rows), np.full(rows, np.nan), arm.chance, RANDOM_ARM)
