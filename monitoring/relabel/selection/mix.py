"""Which strategies share a batch, and how its rows are dealt out to them and to strata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from storage.warehouse.relabel_scope import SUSPECTED_ARM
from storage.warehouse.relabel_texts import Measure

Source = Literal["drawn", "doubtful", "both", "labelled"]
"""Where a strategy looks: a uniform sample of the texts, those that the model is least sure of, half and half, or what
has a label."""
RANDOM: Final = "random"


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to pick rows.

    Attributes:
        source: Where it looks.
        measure: How doubtful rows are found there; None where it looks at none.
        by_score: The best scores are taken, each stratum's share; else it chooses a set of rows as a whole.
    """

    source: Source
    measure: Measure | None = None
    by_score: bool = False


STRATEGIES: Final[Mapping[str, Strategy]] = {
    RANDOM: Strategy("drawn"),
    SUSPECTED_ARM: Strategy("labelled"),
    "margin": Strategy("doubtful", "margin", by_score=True),
    "least_confidence": Strategy("doubtful", "confidence", by_score=True),
    "entropy": Strategy("doubtful", "entropy", by_score=True),
    "bald": Strategy("doubtful", "entropy", by_score=True),
    "disagreement": Strategy("both", "margin", by_score=True),
    "coreset": Strategy("drawn"),
    "badge": Strategy("both", "margin"),
    "typiclust": Strategy("drawn"),
}
"""All strategies, in the order in which they take their rows: what one has taken the next ones do without."""
DEFAULT_MIX: Final[Mapping[str, float]] = {"margin": 0.6, SUSPECTED_ARM: 0.15, RANDOM: 0.25}


def deal(budget: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Deal a budget out by shares; the largest remainders get what rounding down leaves over.

    Args:
        budget: Rows, at least 0.
        shares: Numbers of at least 0, of which one is above 0; they need not add up to 1.

    Returns:
        Rows of each name, in the order of `shares`; they add up to the budget.
    """
    total = sum(shares.values())
    exact = {name: budget * share / total for name, share in shares.items()}
    dealt = {name: int(rows) for name, rows in exact.items()}
    left = budget - sum(dealt.values())
    for name in sorted(exact, key=lambda each: dealt[each] - exact[each])[:left]:
        dealt[name] += 1
    return dealt


def deal_to_strata(budget: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Deal a budget out to strata by the square roots of their sizes, none more than it has.

    Power allocation (Bankier, "Power Allocations: Determining Sample Sizes for Subnational Areas", 1988) with the
    power 1/2: large strata get more than small ones, but not so much that rare classes are never seen.

    Returns:
        Rows of each stratum; they add up to the budget, or to all rows where there are fewer.
    """
    dealt = dict.fromkeys(sizes, 0)
    left = min(budget, sum(sizes.values()))
    while left:
        open_ones = {name: float(np.sqrt(size)) for name, size in sizes.items() if dealt[name] < size}
        for name, rows in deal(left, open_ones).items():
            dealt[name] = min(dealt[name] + rows, sizes[name])
        left = min(budget, sum(sizes.values())) - sum(dealt.values())
    return dealt
