"""The candidates of a batch, and what can be asked about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Texts = pl.Series
Probabilities = NDArray[np.floating[Any]]
"""Floating[..., C], one row of C numbers that add up to 1 for each text."""
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

    def vectors(self, texts: Texts) -> NDArray[np.float32]:
        """Vectors of texts, float32[N, H].

        Raises:
            ValueError: There are no embeddings; see `check_needs`.
        """
        if self.embed is None:
            raise ValueError("embeddings are switched off; expected a strategy that declares to need them")
        return self.embed(texts)

    def rival_probs(self, texts: Texts) -> NDArray[np.float32]:
        """The challenger's probabilities, float32[N, C].

        Raises:
            ValueError: There is no challenger; see `check_needs`.
        """
        if self.rival is None:
            raise ValueError("there is no challenger; expected a strategy that declares to need it")
        return self.rival(texts)


@dataclass(frozen=True, slots=True)
class Pool:
    """N candidates of all arms.

    Attributes:
        texts: String[N], cleaned.
        probs: float32[N, C]; NaN where the model has none.
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

    def texts_at(self, rows: NDArray[np.int64]) -> Texts:
        """The texts of some rows."""
        return self.texts.gather(rows)


@dataclass(frozen=True, slots=True)
class Arm:
    """A share of the batch.

    Attributes:
        strategy: Its name.
        count: How many rows it should get.
        rows: int64[M], its candidates in the pool; of a uniform sample in the drawn order.
        chance: float64[M], for a uniform sample alone: the chance of each to have been looked at so far; else empty.
        quotas: Rows of each stratum; empty where strata don't matter.
    """

    strategy: str
    count: int
    rows: NDArray[np.int64]
    chance: NDArray[np.float64]
    quotas: Mapping[str, int]
