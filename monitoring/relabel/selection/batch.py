"""A batch: every arm takes its rows, none that another took and no near duplicate of one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.pool import Arm, Models, Pool
from monitoring.relabel.strategies.base.registry import STRATEGIES
from monitoring.relabel.strategies.base.strategy import Ranking, Strategy, check_needs
from storage.errors import ExtraMissing


@dataclass(frozen=True, slots=True)
class PickedItem:
    """A row of the batch.

    Attributes:
        row: Its place in the pool.
        arm: The strategy whose share it belongs to.
        strategy: How it was picked, in full.
        score: The larger the more worth asking; None where there is none.
        probability: Chance of being picked: k/N at random, 1 by its score; None where it is not known.
        copies: People who are to label it.
    """

    row: int
    arm: str
    strategy: str
    score: float | None
    probability: float | None
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What was picked.

    Attributes:
        items: In an order that does not depend on their arms.
        notes: What was not done as asked, and why.
    """

    items: tuple[PickedItem, ...]
    notes: tuple[str, ...]


def pick_batch(pool: Pool, arms: Sequence[Arm], models: Models, double_share: float, rng: np.random.Generator) -> Batch:
    """Mix a batch.

    A uniform sample takes rows as they were drawn: near duplicates are left in, because to take them out would change
    the chances that estimates rest on. All others do without what is near to a taken row or to an earlier
    batch. An arm that finds too few leaves the rest of its share to those that pick by score.

    Args:
        pool: All candidates.
        arms: The shares.
        models: What networks can say of the candidates.
        double_share: Share of the rows that two people are to label.
        rng: Draws what is drawn.

    Raises:
        ConfigError: A strategy needs a model that is not there.
    """
    basket = _Basket(pool)
    ranked: list[tuple[Arm, Strategy, Ranking]] = []
    strategies = {arm.strategy: STRATEGIES.get(arm.strategy) for arm in arms}
    for arm in sorted(arms, key=lambda each: (strategies[each.strategy].turn, each.strategy)):
        strategy = strategies[arm.strategy]
        check_needs(strategy, models)
        try:
            ranking = strategy.rank(arm, pool, models, basket.rows, rng)
        except ExtraMissing as error:
            basket.notes.append(error.got)
            continue
        ranked.append((arm, strategy, ranking))
        if strategy.is_sample:
            basket.take_sample(arm, ranking, arm.count)
        else:
            basket.take(arm, ranking, arm.count)
    wanted = sum(arm.count for arm in arms)
    for arm, strategy, ranking in ranked:
        if strategy.by_score:
            basket.take(replace(arm, quotas={}), ranking, wanted - len(basket.items))
    basket.note_lacking(arms)
    items = [basket.items[place] for place in rng.permutation(len(basket.items))]
    twice = set(rng.choice(len(items), round(double_share * len(items)), replace=False).tolist()) if items else set()
    copies = [replace(item, copies=2) if place in twice else item for place, item in enumerate(items)]
    return Batch(tuple(copies), tuple(basket.notes))


@dataclass(slots=True)
class _Basket:
    """What has been taken so far."""

    pool: Pool
    items: list[PickedItem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)

    @property
    def rows(self) -> NDArray[np.int64]:
        """int64[P], the rows taken so far."""
        return np.array([item.row for item in self.items], np.int64)

    def take(self, arm: Arm, ranking: Ranking, count: int) -> None:
        """Take the first rows that are free: first each stratum's quota, then whatever comes."""
        stop = len(self.items) + count
        open_quotas = Counter(arm.quotas)
        for place in ranking.order.tolist():
            stratum = self.pool.stratum[arm.rows[place]]
            if len(self.items) < stop and open_quotas[stratum] > 0 and self._is_free(arm, place):
                open_quotas[stratum] -= 1
                self._add(arm, ranking, place, ranking.chance[place])
        for place in ranking.order.tolist():
            if len(self.items) < stop and self._is_free(arm, place):
                self._add(arm, ranking, place, ranking.chance[place])

    def take_sample(self, arm: Arm, ranking: Ranking, count: int) -> None:
        """Take the first rows, as drawn. The chance of a row is that of being reached: the same for all that were."""
        places = ranking.order[:count].tolist()
        for place in places:
            self._add(arm, ranking, place, ranking.chance[places[-1]])

    def note_lacking(self, arms: Sequence[Arm]) -> None:
        """Note which arms got another number of rows than they should."""
        got = Counter(item.arm for item in self.items)
        for arm in arms:
            if got[arm.strategy] != arm.count:
                self.notes.append(f"{arm.strategy}: {got[arm.strategy]} rows in place of {arm.count}")

    def _is_free(self, arm: Arm, place: int) -> bool:
        row = int(arm.rows[place])
        group = int(self.pool.group[row])
        asked_before = self.pool.given[row] < 0 and group in self.pool.asked  # what has a label was asked before
        return group not in self._taken and not asked_before

    def _add(self, arm: Arm, ranking: Ranking, place: int, chance: float) -> None:
        row, score = int(arm.rows[place]), float(ranking.score[place])
        self._taken.add(int(self.pool.group[row]))
        self.items.append(PickedItem(row, arm.strategy, ranking.strategy, _known(score), _known(float(chance))))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
