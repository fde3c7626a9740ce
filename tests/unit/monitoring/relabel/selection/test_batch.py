"""A batch from a pool of made-up candidates."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from monitoring.relabel.selection.batch import Batch, pick_batch
from monitoring.relabel.strategies.base.pool import Arm, Models, Pool
from monitoring.relabel.strategies.base.registry import STRATEGIES
from monitoring.relabel.strategies.entropy import entropy
from monitoring.relabel.strategies.margin import margin
from storage.errors import ConfigError

ROWS = 400


def embed(texts: pl.Series) -> np.ndarray:
    """Two figures of the text's number."""
    numbers = texts.str.extract(r"(\d+)").cast(pl.Int64).to_numpy()
    return np.stack([numbers % 7, numbers // 7], axis=1).astype(np.float32)


def passes(texts: pl.Series) -> np.ndarray:
    numbers = texts.str.extract(r"(\d+)").cast(pl.Int64).to_numpy()
    return np.random.default_rng(9).dirichlet(np.ones(3), (4, ROWS))[:, numbers].astype(np.float32)


def rival(texts: pl.Series) -> np.ndarray:
    return passes(texts)[0]


MODELS = Models(embed, passes, rival)


def pool(**changed: object) -> Pool:
    rng = np.random.default_rng(1)
    made = Pool(
        texts=pl.Series("text", [f"文本{row}" for row in range(ROWS)]),
        probs=rng.dirichlet(np.full(3, 0.4), ROWS).astype(np.float32),
        stratum=tuple("ab"[row % 4 == 0] for row in range(ROWS)),
        group=np.arange(ROWS),
        asked=frozenset(),
        given=np.full(ROWS, -1),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def arm(strategy: str, count: int, rows: range = range(ROWS), **quotas: int) -> Arm:
    chance = np.arange(1, len(rows) + 1) / 1000 if strategy == "random" else np.zeros(0)
    return Arm(strategy, count, np.array(rows, np.int64), chance, quotas)


def pick(candidates: Pool, *arms: Arm, models: Models = MODELS, double: float = 0.0, seed: int = 1) -> Batch:
    return pick_batch(candidates, arms, models, double, np.random.default_rng(seed))


def rows_of(batch: Batch, strategy: str) -> list[int]:
    return [item.row for item in batch.items if item.arm == strategy]


def test_each_arm_gets_its_share_and_no_row_comes_twice() -> None:
    names = [name for name in STRATEGIES.names() if name != "suspected_errors"]
    batch = pick(pool(), *(arm(name, 10) for name in names))
    assert Counter(item.arm for item in batch.items) == dict.fromkeys(names, 10)
    assert len({item.row for item in batch.items}) == 10 * len(names)
    assert batch.notes == ()


def test_the_random_arm_is_the_beginning_of_the_draw_and_knows_its_chance() -> None:
    drawn = Arm("random", 3, np.array([7, 3, 9, 1]), np.array([1, 2, 5, 6]) / 1000, {})
    batch = pick(pool(group=np.zeros(ROWS, np.int64), asked=frozenset({0})), drawn)
    assert sorted(rows_of(batch, "random")) == [3, 7, 9]
    assert {item.probability for item in batch.items} == {0.005}


def test_without_embeddings_the_best_scores_are_taken() -> None:
    candidates = pool()
    for name, score in (("margin", margin), ("entropy", entropy)):
        batch = pick(candidates, arm(name, 20), models=replace(MODELS, embed=None))
        best = np.argsort(-score(candidates.probs), kind="stable")[:20]
        assert sorted(rows_of(batch, name)) == sorted(best)
        assert {item.strategy for item in batch.items} == {name}
        assert {item.probability for item in batch.items} == {1.0}
        assert {item.row: item.score for item in batch.items} == pytest.approx(
            {int(row): score(candidates.probs)[row] for row in best}
        )


def test_margin_is_spread_over_clusters() -> None:
    """All the least margins lie in one place: without clusters they would be the whole batch."""
    probs = np.full((ROWS, 2), [0.7, 0.3], np.float32)
    probs[:50] = [0.51, 0.49]
    vectors = np.where(np.arange(ROWS) < 50, 0, np.arange(ROWS) % 5 + 1)[:, None] * [[10.0, 0.0]]
    models = replace(MODELS, embed=lambda texts: vectors[texts.str.extract(r"(\d+)").cast(pl.Int64).to_numpy()])
    batch = pick(pool(probs=probs), arm("margin", 6), models=models)
    assert {item.strategy for item in batch.items} == {"margin+clusters"}
    assert len({vectors[item.row, 0] for item in batch.items}) == 6


def test_quotas_are_kept_and_what_a_stratum_lacks_is_filled_up() -> None:
    candidates = pool()
    batch = pick(candidates, arm("margin", 40, a=25, b=15))
    assert Counter(candidates.stratum[item.row] for item in batch.items) == {"a": 25, "b": 15}
    few = pick(candidates, arm("margin", 40, range(80), a=10, b=30))  # of 80 rows 20 are of b
    assert Counter(candidates.stratum[item.row] for item in few.items) == {"a": 20, "b": 20}


def test_near_duplicates_are_asked_once_and_not_after_an_earlier_batch() -> None:
    group = np.arange(ROWS) // 10
    for name in ("margin", "bald", "coreset", "typiclust", "badge"):
        batch = pick(pool(group=group, asked=frozenset({0, 1})), arm("random", 5, range(20, 25)), arm(name, 30))
        chosen = [group[row] for row in rows_of(batch, name)]
        assert len(set(chosen)) == len(chosen) == 30
        assert not {0, 1, 2} & set(chosen)


def test_suspected_errors_have_labels_and_may_be_asked_again() -> None:
    pytest.importorskip("cleanlab")
    probs = np.full((ROWS, 2), 0.05, np.float32)
    gold = np.arange(ROWS) % 2
    probs[np.arange(ROWS), gold] = 0.95
    given = np.full(ROWS, -1)
    given[:100] = gold[:100]
    given[[4, 9]] = 1 - gold[[4, 9]]
    candidates = pool(probs=probs, given=given, asked=frozenset(range(100)))
    batch = pick(candidates, arm("suspected_errors", 10, range(100)), arm("margin", 10, range(100, 400)))
    assert sorted(rows_of(batch, "suspected_errors")) == [4, 9]
    assert len(rows_of(batch, "margin")) == 18  # what it lacks goes to those that pick by score
    assert batch.notes == ("suspected_errors: 2 rows in place of 10", "margin: 18 rows in place of 10")


def test_fewer_candidates_than_asked_for_is_told() -> None:
    batch = pick(pool(), arm("margin", 50, range(30)))
    assert len(batch.items) == 30
    assert batch.notes == ("margin: 30 rows in place of 50",)


def test_nothing_to_pick() -> None:
    none = range(0)
    batch = pick(pool(), *(arm(name, 3, none) for name in STRATEGIES.names() if name != "disagreement"))
    assert batch.items == ()


def test_two_people_get_a_share_of_all_arms_alike() -> None:
    batch = pick(pool(), arm("random", 50), arm("margin", 150), double=0.1)
    assert Counter(item.copies for item in batch.items) == {1: 180, 2: 20}


def test_the_order_says_nothing_of_the_arm() -> None:
    batch = pick(pool(), arm("random", 100), arm("margin", 100))
    first_half = Counter(item.arm for item in batch.items[:100])
    assert 35 <= first_half["random"] <= 65


def test_a_seed_gives_one_batch_and_another_seed_another() -> None:
    arms = [arm("random", 20), arm("badge", 20), arm("typiclust", 20), arm("margin", 20)]
    assert pick(pool(), *arms, double=0.2) == pick(pool(), *arms, double=0.2)
    assert pick(pool(), *arms, double=0.2) != pick(pool(), *arms, double=0.2, seed=2)


@pytest.mark.parametrize(("strategy", "word"), [("coreset", "embed"), ("disagreement", "--against")])
def test_a_strategy_without_its_model_says_what_is_missing(strategy: str, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        pick(pool(), arm(strategy, 3), models=Models(None, passes, None))
