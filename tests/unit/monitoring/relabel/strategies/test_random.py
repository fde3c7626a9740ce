from __future__ import annotations

import numpy as np
import polars as pl

from monitoring.relabel.strategies.base.pool import Arm, Models, Pool
from monitoring.relabel.strategies.base.registry import STRATEGIES


def pool(rows: int) -> Pool:
    return Pool(
        texts=pl.Series("text", [f"文本{row}" for row in range(rows)]),
        probs=np.full((rows, 2), 0.5, np.float32),
        stratum=("a",) * rows,
        group=np.arange(rows),
        asked=frozenset(),
        given=np.full(rows, -1),
    )


def test_the_drawn_order_and_its_chances_stay() -> None:
    chance = np.array([0.1, 0.2, 0.3])
    arm = Arm("random", 2, np.array([4, 0, 2]), chance, {})
    models = Models(None, lambda _: np.zeros((0, 0, 0), np.float32), None)
    strategy = STRATEGIES.get("random")
    ranking = strategy.rank(arm, pool(5), models, np.zeros(0, np.int64), np.random.default_rng(1))
    assert strategy.is_sample
    assert ranking.order.tolist() == [0, 1, 2]
    assert ranking.chance is chance
    assert np.isnan(ranking.score).all()
