"""The candidates of a batch, and what can be asked about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Texts = pl.Series
Embed = Callable[[Texts], NDArray[np.float32]]
"""Cleaned texts String[N] to vectors float32[N, H]."""
Passes = Callable[[Texts], NDArray[np.float32]]
"""Cleaned texts String[N] to probabilities of T passes with dropout, float32[T, N, C]."""
Rival = Callable[[Texts], NDArray[np.float32]]
"""Cleaned texts String[N] to another model's probabilities, float32[N, C], the classes in the same order."""


@dataclass(frozen=True, slots=True)
class Models:
    """What the networks can say; asked only by strategies that need it, and only of their candidates.

    Attributes:
        embed: Vectors; None where there are none: then picks are not spread.
        passes: Passes with dropout.
        rival: The challenger; None where there is none.
    """

    embed: Embed | None
    passes: Passes
    rival: Rival | None


@dataclass(frozen=True, slots=True)
class Pool:
    """N candidates of all arms.

    Attributes:
        texts: String[N], cleaned.
        probs: float32[N, C]; NaN where the model could not tell.
        stratum: Each row's stratum, N words.
        group: int64[N], near duplicates have the same number.
        asked: Groups with a text of an earlier batch.
        given: int64[N], class index of the label that a row has; -1: none.
    """

    texts: Texts
    probs: NDArray[np.float32]
    stratum: tuple[str, ...]
    group: NDArray[np.int64]
    asked: frozenset[int]
    given: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arm:
    """A share of the batch.

    Attributes:
        strategy: Its name.
        count: How many rows it should get.
        rows: int64[M], its candidates in the pool; for `random` in the drawn order.
        chance: float64[M], for `random` alone: the chance of each to have been looked at so far; else empty.
        quotas: Rows of each stratum; empty where strata don't matter.
    """

    strategy: str
    count: int
    rows: NDArray[np.int64]
    chance: NDArray[np.float64]
    quotas: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PickedItem:
    """A row of the batch.

    Attributes:
        row: Its place in the pool.
        arm: The strategy whose share it belongs to.
        strategy: How it was picked, in full.
        score: The larger the more worth asking; None where there is none.
        probability: Chance of being picked: k/N at random, 1 for its score; None where nobody knows.
        copies: People who are to label it.
    """

    row: int
    arm: str
    strategy: str
    score: float | None
    probability: float | None
    copies: int = 1
