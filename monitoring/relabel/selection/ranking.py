"""In which order a strategy asks for its candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.selection.mix import RANDOM
from monitoring.relabel.selection.pool import Arm, Models, Pool
from monitoring.relabel.strategies.committee import bald, disagreement
from monitoring.relabel.strategies.diversity import Vectors, badge, k_center_greedy, spread, typiclust
from monitoring.relabel.strategies.label_errors import doubtful_labels
from monitoring.relabel.strategies.uncertainty import entropy, least_confidence, margin
from storage.errors import ConfigError
from storage.warehouse.relabel_scope import SUSPECTED_ARM

_UNCERTAINTY: Final[Mapping[str, Callable[[NDArray[np.float32]], NDArray[np.float64]]]] = {
    "margin": margin,
    "least_confidence": least_confidence,
    "entropy": entropy,
}
_SPREAD: Final = "+clusters"


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order of asking.

    Attributes:
        order: int64[K], places among the arm's candidates, the first to be asked first.
        score: float64[M] of all candidates; NaN where there is none.
        chance: float64[M], the chance of being picked, NaN where nobody knows.
        strategy: How, in full.
    """

    order: NDArray[np.int64]
    score: NDArray[np.float64]
    chance: NDArray[np.float64]
    strategy: str


def rank(arm: Arm, pool: Pool, models: Models, picked: NDArray[np.int64], rng: np.random.Generator) -> Ranking:
    """Rank the candidates of an arm.

    Args:
        arm: The arm.
        pool: All candidates.
        models: What networks can say of them.
        picked: int64[P], rows that other arms have taken.
        rng: For what is drawn.

    Raises:
        ConfigError: The strategy needs a model that is not there.
        ExtraMissing: It needs a library that is not installed.
    """
    name, rows = arm.strategy, arm.rows
    if name == RANDOM:
        return Ranking(np.arange(len(rows)), np.full(len(rows), np.nan), arm.chance, RANDOM)
    if name == SUSPECTED_ARM:
        order, doubt = doubtful_labels(pool.probs[rows], pool.given[rows])
        return Ranking(order, doubt, np.ones(len(rows)), "confident_learning")
    if name in ("coreset", "badge", "typiclust"):
        return _covering(arm, pool, models, picked, rng)
    score = _score(name, pool, models, rows)
    if name in _UNCERTAINTY and models.embed is not None:
        vectors = models.embed(pool.texts.gather(rows))
        return Ranking(spread(vectors, score, arm.count, rng), score, np.ones(len(rows)), name + _SPREAD)
    return Ranking(np.argsort(-score, kind="stable"), score, np.ones(len(rows)), name)


def _score(name: str, pool: Pool, models: Models, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    if name in _UNCERTAINTY:
        return _UNCERTAINTY[name](pool.probs[rows])
    if name == "bald":
        return bald(models.passes(pool.texts.gather(rows)))
    if models.rival is None:
        raise ConfigError(
            "disagreement needs two models, and there is one",
            expected="a challenger that the bundle in use is compared with",
            action="name one with --against, such as a version of `yeban bundles list`; or choose another strategy",
        )
    return disagreement(pool.probs[rows], models.rival(pool.texts.gather(rows)))


def _covering(arm: Arm, pool: Pool, models: Models, picked: NDArray[np.int64], rng: np.random.Generator) -> Ranking:
    """Near duplicates are left out before: a set that is chosen as a whole has no second best to fall back on."""
    if models.embed is None:
        raise ConfigError(
            f"{arm.strategy} needs embeddings, and they are switched off",
            expected="`embed = true` under [relabel] in yeban.toml",
            action="switch them on, or choose another strategy",
        )
    taken = pool.asked | set(pool.group[picked].tolist())
    _, first = np.unique(pool.group[arm.rows], return_index=True)
    places = np.array([place for place in np.sort(first) if int(pool.group[arm.rows[place]]) not in taken], np.int64)
    vectors = models.embed(pool.texts.gather(arm.rows[places]))
    chosen = _cover(arm, pool.probs[arm.rows[places]], vectors, _vectors(models, pool, picked), rng)
    chance = np.full(len(arm.rows), np.nan if arm.strategy == "badge" else 1.0)
    return Ranking(places[chosen], np.full(len(arm.rows), np.nan), chance, arm.strategy)


def _vectors(models: Models, pool: Pool, rows: NDArray[np.int64]) -> Vectors:
    assert models.embed is not None  # the caller's check
    return models.embed(pool.texts.gather(rows))


def _cover(
    arm: Arm, probs: NDArray[np.float32], vectors: Vectors, given: Vectors, rng: np.random.Generator
) -> NDArray[np.int64]:
    if not len(vectors):
        return np.zeros(0, np.int64)
    if arm.strategy == "coreset":
        return k_center_greedy(vectors, arm.count, given)
    if arm.strategy == "badge":
        return badge(vectors, probs, arm.count, rng)
    return typiclust(vectors, arm.count, rng)
