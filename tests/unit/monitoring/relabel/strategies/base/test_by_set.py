from __future__ import annotations

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.by_set import SetCandidates, SetStrategy
from monitoring.relabel.strategies.base.pool import Arm, Models, Pool


class First(SetStrategy):
    """Chooses the first candidates, and remembers what it was given."""

    name = "first"
    source = "drawn"
    turn = 1
    chance = math.nan
    given: SetCandidates | None = None

    def choose(self, candidates: SetCandidates, _rng: np.random.Generator) -> NDArray[np.int64]:
        First.given = candidates
        return np.arange(min(candidates.count, len(candidates.vectors)))


def embed(texts: pl.Series) -> NDArray[np.float32]:
    return texts.str.slice(2).cast(pl.Float32).to_numpy()[:, None]


MODELS = Models(embed, lambda _: np.zeros((0, 0, 0), np.float32), None)


def pool(group: list[int], asked: set[int] | None = None) -> Pool:
    rows = len(group)
    return Pool(
        texts=pl.Series("text", [f"文本{row}" for row in range(rows)]),
        probs=np.arange(2 * rows, dtype=np.float32).reshape(rows, 2),
        stratum=("a",) * rows,
        group=np.array(group),
        asked=frozenset(asked or ()),
        given=np.full(rows, -1),
    )


def rank(candidates: Pool, rows: list[int], picked: list[int], count: int = 2) -> tuple[list[int], NDArray[np.float64]]:
    arm = Arm("first", count, np.array(rows, np.int64), np.zeros(0), {})
    ranking = First().rank(arm, candidates, MODELS, np.array(picked, np.int64), np.random.default_rng(1))
    return arm.rows[ranking.order].tolist(), ranking.chance


def test_it_sees_one_of_each_group_and_none_that_was_asked_or_picked() -> None:
    chosen, chance = rank(pool([0, 0, 1, 2, 3, 3], asked={1}), [5, 4, 3, 2, 1, 0], picked=[3], count=9)
    assert chosen == [5, 1]
    assert np.isnan(chance).all()
    assert First.given is not None
    assert First.given.vectors[:, 0].tolist() == [5.0, 1.0]
    assert First.given.probs[:, 0].tolist() == [10.0, 2.0]
    assert First.given.picked_vectors()[:, 0].tolist() == [3.0]


def test_without_candidates_nothing_is_chosen_or_embedded() -> None:
    First.given = None
    assert rank(pool([0, 0], asked={0}), [0, 1], picked=[])[0] == []
    assert First.given is None
